import type { Duplex } from "node:stream";

/** How a connection ended that was closed by nobody here. */
export const CLOSED_BY_CLIENT = "connection closed by the client";

/** How long a peer may take to read our last words. */
const LINGER_MS = 2_000;

/** Says our last words, waits until the peer has read them and closes; cuts it off when that takes too long. */
export function linger(stream: Duplex, sayLast: () => void): void {
  sayLast();
  // What still comes is read and thrown away: unread bytes would make the system reset what we said last.
  stream.resume();
  const cutOff = setTimeout(() => stream.destroy(), LINGER_MS).unref();
  stream.once("close", () => clearTimeout(cutOff));
}
