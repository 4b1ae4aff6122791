import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Flusher } from "./flusher.ts";

export interface OutboxHandler {
  /** Everything taken over has been given to the operating system. */
  drained(): void;
  /** More waits than the hard limit: the client does not read, not even acknowledgements. */
  overflow(): void;
}

/** Collects what goes to one client and writes it once per turn of the event loop. Never blocks, never waits. */
export interface Outbox {
  /** Takes over bytes of whole packets, or parts of one in order. */
  write(bytes: Buffer): void;
  /** Bytes taken over and not yet given to the operating system. */
  readonly bytesUnsent: number;
  flush(): void;
  /** Writes what is left and closes our half. */
  end(): void;
}

/**
 * Bytes above which a client is cut off. The engine stops sending messages long before; what is left are
 * acknowledgements to a client that publishes and never reads.
 */
const HARD_BYTES = 32_000_000;
/** Smaller pieces are joined into one write; a larger one is written as it is, which saves the copy. */
const JOIN_BELOW = 16_384;
/** One joined write is at most about this long, so that little is copied for a client that does not read. */
const JOINED_BYTES = 65_536;

/** Makes the outbox of one connection. */
export function createOutbox(stream: Duplex, handler: OutboxHandler, flusher: Flusher): Outbox {
  // A socket gathers corked writes into one system call; a WebSocket would make each its own frame.
  const gathers = stream instanceof Socket;
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  let isScheduled = false;
  let isEnded = false;

  const schedule = (): void => {
    if (isScheduled || stream.writableNeedDrain) return;
    isScheduled = true;
    flusher.add(outbox);
  };

  /** Writes until everything is out or the stream wants to drain first; `force` does not care for that. */
  const writeOut = (force: boolean): void => {
    if (queue.length === 0 || stream.destroyed) return;
    if (queue.length === 1) {
      const [only] = queue;
      queue = [];
      queuedBytes = 0;
      stream.write(only);
      return;
    }
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
    write(bytes) {
      if (isEnded) return;
      queue.push(bytes);
      queuedBytes += bytes.length;
      schedule();
    },
    get bytesUnsent() {
      return queuedBytes + stream.writableLength;
    },
    flush() {
      isScheduled = false;
      writeOut(false);
      if (outbox.bytesUnsent > HARD_BYTES) handler.overflow();
    },
    end() {
      if (isEnded) return;
      isEnded = true;
      writeOut(true);
      if (!stream.destroyed) stream.end();
    },
  };
  stream.on("drain", () => {
    if (queue.length > 0) schedule();
    else handler.drained();
  });
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
