import { signal, type ReadonlySignal } from "@preact/signals";
import type { Channel, LiveFrame, LiveRequest } from "../../core/api/live.ts";
import { urlOf } from "./api.ts";

export type LiveState = "connecting" | "live" | "paused";

/** One WebSocket that tells what changes, and connects again by itself. */
export interface Live {
  readonly state: ReadonlySignal<LiveState>;
  /** Says which channels are looked at. */
  watch(channels: readonly Channel[]): void;
  /** Asks for messages that match; null: no more. */
  tail(request: { readonly filter: string; readonly max: number } | null): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/** Opens the connection and keeps it open as long as the page is shown; `onFrame` hears all that comes. */
export function createLive(page: Window, onFrame: (frame: LiveFrame) => void): Live {
  const state = signal<LiveState>("connecting");
  let socket: WebSocket | null = null;
  let channels: readonly Channel[] = [];
  let tail: { readonly filter: string; readonly max: number } | null = null;
  let waitMs = FIRST_WAIT_MS;

  const send = (request: LiveRequest): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
  };
  const open = (): void => {
    const url = urlOf(page, "live");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const opened = new WebSocket(url);
    socket = opened;
    opened.addEventListener("open", () => {
      waitMs = FIRST_WAIT_MS;
      state.value = "live";
      send({ sub: channels });
      if (tail !== null) send({ tail });
    });
    opened.addEventListener("message", (event) => {
      const frame = frameIn(event.data);
      if (frame !== null) onFrame(frame);
    });
    opened.addEventListener("close", () => {
      state.value = "paused";
      page.setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    });
  };
  open();

  return {
    state,
    watch(next) {
      if (next.join() === channels.join()) return;
      channels = next;
      send({ sub: channels });
    },
    tail(next) {
      tail = next;
      send({ tail });
    },
  };
}

function frameIn(data: unknown): LiveFrame | null {
  try {
    return typeof data === "string" ? JSON.parse(data) : null;
  } catch {
    return null;
  }
}
