import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Flusher } from "./flusher.ts";
import { sizeOfParts } from "./packets/frames.ts";

/** How much may wait for one client, in bytes. */
export interface OutboxLimits {
  /** Above it QoS 0 messages are dropped. A single message may be larger when nothing else waits. */
  readonly softBytes: number;
  /** Above it the client is cut off; what it has to acknowledge stays in its session. */
  readonly hardBytes: number;
}

/** Room for bursts such as a "#" over thousands of retained messages, on a machine with 1 GB of memory. */
export const OUTBOX_LIMITS: OutboxLimits = { softBytes: 8_000_000, hardBytes: 32_000_000 };

export interface OutboxHandler {
  /** Looks at a whole packet on its way out, given as its pieces; false keeps it from being sent. */
  outgoing(parts: readonly Buffer[], size: number): boolean;
  /** A QoS 0 message was left out because too much waits. */
  dropped(size: number): void;
  /** More waits than the hard limit. */
  overflow(): void;
}

/** Collects what goes to one client and writes it once per turn of the event loop. Never blocks, never waits. */
export interface Outbox {
  /** Takes a piece of a packet; pieces become whole packets before anything is decided about them. */
  write(piece: Buffer): void;
  /** Takes a whole packet of our own making. */
  readonly send: (packet: Buffer) => void;
  flush(): void;
  /** Writes what is left and closes our half. */
  end(): void;
}

/** Smaller pieces are joined into one write; a larger one is written as it is, which saves the copy. */
const JOIN_BELOW = 16_384;
/** One joined write is at most about this long, so that little is copied for a client that does not read. */
const JOINED_BYTES = 65_536;

/** Makes the outbox of one connection. */
export function createOutbox(
  stream: Duplex,
  handler: OutboxHandler,
  flusher: Flusher,
  limits: OutboxLimits = OUTBOX_LIMITS,
): Outbox {
  // A socket gathers corked writes into one system call; a WebSocket would make each its own frame.
  const gathers = stream instanceof Socket;
  let packet: Buffer[] = [];
  let packetBytes = 0;
  let packetSize = 0;
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  let isScheduled = false;
  let isEnded = false;

  const write = (piece: Buffer): void => {
    if (isEnded || piece.length === 0) return;
    packet.push(piece);
    packetBytes += piece.length;
    if (packetSize === 0) packetSize = sizeOfParts(packet);
    if (packetSize === 0 || packetBytes < packetSize) return;
    const parts = packet;
    const size = packetBytes;
    packet = [];
    packetBytes = 0;
    packetSize = 0;
    if (handler.outgoing(parts, size)) enqueue(parts, size);
  };

  const enqueue = (parts: readonly Buffer[], size: number): void => {
    if (isEnded) return;
    const waiting = queuedBytes + stream.writableLength;
    if (waiting > 0 && waiting + size > limits.softBytes && isQos0Publish(parts)) return handler.dropped(size);
    if (waiting > limits.hardBytes) return handler.overflow();
    for (const part of parts) queue.push(part);
    queuedBytes += size;
    schedule();
  };

  const schedule = (): void => {
    if (isScheduled || stream.writableNeedDrain) return;
    isScheduled = true;
    flusher.add(outbox);
  };

  /** Writes until everything is out or the stream wants to drain first; `force` does not care for that. */
  const writeOut = (force: boolean): void => {
    if (queue.length === 0 || stream.destroyed) return;
    if (gathers) stream.cork();
    let at = 0;
    while (at < queue.length) {
      if (!force && stream.writableNeedDrain) break;
      const next = gatherFrom(queue, at, gathers);
      stream.write(next.bytes);
      at = next.end;
      queuedBytes -= next.bytes.length;
    }
    queue = at === queue.length ? [] : queue.slice(at);
    if (gathers) stream.uncork();
  };

  const outbox: Outbox = {
    write,
    send: (whole) => {
      enqueue([whole], whole.length);
    },
    flush() {
      isScheduled = false;
      writeOut(false);
    },
    end() {
      if (isEnded) return;
      isEnded = true;
      writeOut(true);
      if (!stream.destroyed) stream.end();
    },
  };
  stream.on("drain", schedule);
  return outbox;
}

/** Joins small pieces from `at` on into one buffer. */
function gatherFrom(queue: readonly Buffer[], at: number, gathers: boolean): { bytes: Buffer; end: number } {
  const first = queue[at] ?? Buffer.alloc(0);
  let end = at + 1;
  let size = first.length;
  for (; end < queue.length && size < JOINED_BYTES; end++) {
    const length = queue[end]?.length ?? 0;
    if (gathers && length >= JOIN_BELOW) break;
    size += length;
  }
  if (end === at + 1 || (gathers && first.length >= JOIN_BELOW)) return { bytes: first, end: at + 1 };
  return { bytes: Buffer.concat(queue.slice(at, end), size), end };
}

function isQos0Publish(parts: readonly Buffer[]): boolean {
  return ((parts[0]?.[0] ?? 0) & 0xf6) === 0x30;
}
