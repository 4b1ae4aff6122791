import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Visit, Visitors } from "../../core/visit.ts";
import { filterFault } from "../../core/topic.ts";
import { objectOf, parseJson, textOf } from "../json.ts";
import { callIn } from "./call.ts";
import type { Channel } from "./live-channel.ts";
import { createTail, type Tail, type TailSource } from "./live-tail.ts";

/** Where pages hear what changes, on one WebSocket each. */
export interface LiveDesk {
  /** Takes what wants to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export interface LiveDeps {
  readonly visitors: Visitors;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Where messages are looked at; null: nowhere. */
  readonly tail: TailSource | null;
}

/** Between two looks at what has changed; nothing is looked at while nobody listens. */
const LOOK_MS = 1000;
const PING_MS = 20_000;
/** A page that has more than this to read gets nothing new, and then the whole picture. */
const MAX_UNSENT_BYTES = 256 * 1024;
const MAX_PAGES = 50;
const MAX_REQUEST_BYTES = 4096;

interface Page {
  readonly socket: WebSocket;
  /** Channels that it listens to, and the number of the last picture it has; null: it has none. */
  heard: Map<string, number | null>;
  readonly tail: Tail | null;
  isAlive: boolean;
}

/** Makes the desk. `sub` in what a page says names the channels that it listens to. */
export function createLiveDesk({ visitors, channels, tail }: LiveDeps): LiveDesk {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_REQUEST_BYTES, perMessageDeflate: false });
  const pages = new Map<Page, IncomingMessage>();
  let looking: NodeJS.Timeout | null = null;

  const look = (): void => {
    const wanted = new Set([...pages.keys()].flatMap(({ heard }) => [...heard.keys()]));
    for (const [name, channel] of channels) {
      if (!wanted.has(name)) continue;
      channel.look();
      for (const page of pages.keys()) tell(page, name, channel);
    }
  };

  const tell = (page: Page, name: string, channel: Channel): void => {
    const seen = page.heard.get(name);
    if (seen === undefined || seen === channel.seq) return;
    if (page.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      page.heard.set(name, null);
      return;
    }
    page.socket.send(seen === channel.seq - 1 ? channel.change() : channel.whole());
    page.heard.set(name, channel.seq);
  };

  const hear = (page: Page, data: RawData): void => {
    const said = objectOf(Buffer.isBuffer(data) ? parseJson(data) : null) ?? {};
    if ("tail" in said) page.tail?.set(tailIn(said["tail"]));
    const { sub } = said;
    if (!Array.isArray(sub)) return;
    page.heard = new Map([...channels.keys()].filter((name) => sub.includes(name)).map((name) => [name, null]));
    look();
  };

  const say = (page: Page, reason: string): void => {
    page.socket.send(JSON.stringify({ t: "bye", reason }));
    page.socket.close();
  };

  const ping = async (page: Page, request: IncomingMessage): Promise<void> => {
    if (!page.isAlive) return page.socket.terminate();
    page.isAlive = false;
    page.socket.ping();
    // rights that were taken away end what they had opened
    const visit = await visitOf(request);
    if (visit === null) say(page, "The broker made a mistake.");
    else if (visit.kind === "refused") say(page, visit.message);
  };

  /** null: it broke down, and nobody is let in for that. */
  const visitOf = async (request: IncomingMessage): Promise<Visit | null> => {
    try {
      return await visitors(callIn(request));
    } catch {
      return null;
    }
  };

  const welcome = (socket: WebSocket, request: IncomingMessage): void => {
    const lines = tail === null ? null : createTail(tail, (frame) => sendUnlessFull(socket, frame));
    const page: Page = { socket, heard: new Map(), tail: lines, isAlive: true };
    const pinging = setInterval(() => void ping(page, request), PING_MS);
    pages.set(page, request);
    looking ??= setInterval(look, LOOK_MS);
    socket.on("pong", () => {
      page.isAlive = true;
    });
    socket.on("message", (data) => hear(page, data));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      clearInterval(pinging);
      page.tail?.set(null);
      pages.delete(page);
      if (pages.size > 0 || looking === null) return;
      clearInterval(looking);
      looking = null;
    });
  };

  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on("error", () => socket.destroy());
    const refused = await refusalOf(request);
    if (refused !== null) {
      // who does not hang up must not keep one of the few places
      socket.once("finish", () => socket.destroy());
      return void socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\n\r\n`);
    }
    server.handleUpgrade(request, socket, head, (opened) => welcome(opened, request));
  };

  const refusalOf = async (request: IncomingMessage): Promise<string | null> => {
    if (URL.parse(request.url ?? "", "http://broker")?.pathname !== "/api/v1/live") return "404 Not Found";
    if (request.headers["sec-fetch-site"] === "cross-site") return "403 Forbidden";
    const visit = await visitOf(request);
    if (visit === null) return "503 Service Unavailable";
    if (visit.kind === "refused") return visit.status === 401 ? "401 Unauthorized" : "403 Forbidden";
    return pages.size < MAX_PAGES ? null : "503 Service Unavailable";
  };

  return {
    upgrade: (request, socket, head) => void admit(request, socket, head),
    close() {
      for (const page of pages.keys()) say(page, "The broker stops.");
      if (looking !== null) clearInterval(looking);
      server.close();
    },
  };
}

/** `{"filter": "home/#", "max": 5}`; anything else ends it. */
function tailIn(value: unknown): { readonly filter: string; readonly max: number } | null {
  const { filter, max } = objectOf(value) ?? {};
  const text = textOf(filter);
  return text === null || filterFault(text) !== null || typeof max !== "number" ? null : { filter: text, max };
}

/** Lines that a page has no time for are not worth keeping. */
function sendUnlessFull(socket: WebSocket, frame: string): void {
  if (socket.bufferedAmount <= MAX_UNSENT_BYTES) socket.send(frame);
}
