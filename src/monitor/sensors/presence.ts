import type { RecordEvent } from "../../core/events.ts";

export interface PresenceDeps {
  /** Those who are connected now. */
  readonly connected: () => Iterable<{ readonly clientId: string; readonly username: string | null }>;
  /** Says that one of the devices is there, or is not any more. */
  readonly tell: (device: string, isThere: boolean) => void;
  readonly now: () => number;
}

/** Looks which of some devices are connected. A device is a client id or a user name. */
export interface Presence {
  readonly record: RecordEvent;
  /** Watches these from now on, and tells of each at most every `intervalMs`. */
  update(devices: readonly string[], intervalMs: number): void;
  stop(): void;
}

/** So soon a device that has come is told, with others that come at the same time. */
const SOON_MS = 1_000;
/** So long a device may be away without a word: it comes back when the network, or the broker, has paused. */
const GRACE_MS = 30_000;

interface Watched {
  awaySinceMs: number;
  told: boolean | null;
  toldAtMs: number;
}

/** Makes it; nobody is watched before the first update(). */
export function createPresence({ connected, tell, now }: PresenceDeps): Presence {
  let watched = new Map<string, Watched>();
  let intervalMs = 0;
  let timer: NodeJS.Timeout | null = null;
  let dueMs = Infinity;

  const lookAt = (atMs: number): void => {
    if (watched.size === 0 || atMs >= dueMs) return;
    if (timer !== null) clearTimeout(timer);
    dueMs = atMs;
    timer = setTimeout(look, Math.max(0, atMs - now())).unref();
  };

  const look = (): void => {
    timer = null;
    dueMs = Infinity;
    const here = new Set<string>();
    for (const { clientId, username } of connected()) {
      if (watched.has(clientId)) here.add(clientId);
      if (username !== null && watched.has(username)) here.add(username);
    }
    const nowMs = now();
    for (const [device, state] of watched) {
      const isThere = here.has(device);
      if (isThere) state.awaySinceMs = Infinity;
      else if (state.awaySinceMs === Infinity) state.awaySinceMs = nowMs;
      if (state.told === isThere) continue;
      const earliestMs = Math.max(isThere ? 0 : state.awaySinceMs + GRACE_MS, state.toldAtMs + intervalMs);
      if (nowMs < earliestMs) {
        lookAt(earliestMs);
        continue;
      }
      state.told = isThere;
      state.toldAtMs = nowMs;
      tell(device, isThere);
    }
  };

  return {
    record(event) {
      if (event.kind !== "connected" && event.kind !== "disconnected") return;
      const { clientId, username } = event.client;
      if (!watched.has(clientId) && (username === null || !watched.has(username))) return;
      lookAt(now() + SOON_MS);
    },
    update(devices, nextMs) {
      intervalMs = nextMs;
      const before = watched;
      watched = new Map(
        devices.map((device) => [
          device,
          before.get(device) ?? { awaySinceMs: now(), told: null, toldAtMs: -Infinity },
        ]),
      );
      lookAt(now() + SOON_MS);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      dueMs = Infinity;
      watched = new Map();
    },
  };
}
