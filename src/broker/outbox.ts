import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Flusher } from "./flusher.ts";
import type { Output } from "./sessions/output.ts";

export interface OutboxHandler {
  /** Nothing of what was taken over is left here: the stream has it, and takes more. Called after each write. */
  drained(): void;
  /** More waits than the hard limit: the client does not read, not even acknowledgements. */
  overflow(): void;
  /** Bytes of the longest packet. */
  maxPacketSize(): number;
  /** Counts what is handed to the stream. */
  readonly sent: { bytes: number };
}

/** Collects what goes to one client and writes it once per turn of the event loop. Never blocks, never waits. */
export interface Outbox {
  /** Takes over bytes of whole packets, or parts of one in order. */
  write(bytes: Buffer): void;
  /** Bytes taken over and not yet given to the operating system. A getter would give each outbox a shape of its own. */
  bytesUnsent(): number;
  flush(): void;
  /** Writes what is left and closes our half. */
  end(): void;
}

/** An outbox as the engine writes to it, by way of `write`; `end` is what becomes of the connection. */
export function outputOf(outbox: Outbox, write: Output["write"], end: Output["end"]): Output {
  return { write, bytesUnsent: outbox.bytesUnsent, end };
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
  /** How many pieces at the front of the queue may stay for long. */
  let kept = 0;
  /** The last piece of the queue has room behind it. */
  let tail: Buffer | null = null;
  let tailEnd = 0;
  let isScheduled = false;
  let isEnded = false;
  /** After the last write the stream held something, or wanted to drain: only then there is something to ask it. */
  let isStreamBusy = false;

  // One message may be as large as it is allowed to be.
  const isOverflowing = (): boolean => queuedBytes > HARD_BYTES && queuedBytes > HARD_BYTES + handler.maxPacketSize();

  const needsDrain = (): boolean => isStreamBusy && stream.writableNeedDrain;

  const schedule = (): void => {
    if (isScheduled || (needsDrain() && !isOverflowing())) return;
    isScheduled = true;
    flusher.add(outbox);
  };

  /**
   * Queues bytes that wait for a client to read. A small piece is copied: it may be a few bytes of a large buffer, all
   * of which would stay in memory for them.
   */
  const keep = (bytes: Buffer): void => {
    if (bytes.length >= JOIN_BELOW) {
      queue.push(bytes);
      tail = null;
    } else {
      if (tail === null || tailEnd + bytes.length > tail.length) {
        tail = Buffer.allocUnsafeSlow(JOIN_BELOW);
        tailEnd = 0;
        queue.push(tail);
      }
      tailEnd += bytes.copy(tail, tailEnd);
      queue[queue.length - 1] = tail.subarray(0, tailEnd);
    }
    kept = queue.length;
  };

  /** Writes until everything is out or the stream wants to drain first; `force` does not care for that. */
  const writeOut = (force: boolean): void => {
    if (queue.length === 0 || stream.destroyed) return;
    tail = null;
    let at = 0;
    let isCorked = false;
    while (at < queue.length) {
      if (!force && needsDrain()) break;
      const next = gatherFrom(queue, at, gathers);
      if (gathers && !isCorked && next.end < queue.length) {
        isCorked = true;
        stream.cork();
      }
      stream.write(next.bytes);
      isStreamBusy = true;
      at = next.end;
      queuedBytes -= next.bytes.length;
      handler.sent.bytes += next.bytes.length;
    }
    if (at === queue.length) {
      queue = [];
      kept = 0;
    } else {
      const fresh = queue.slice(Math.max(at, kept));
      queue = queue.slice(at, Math.max(at, kept));
      kept = queue.length;
      for (const piece of fresh) keep(piece);
    }
    if (isCorked) stream.uncork();
    isStreamBusy = stream.writableLength > 0 || stream.writableNeedDrain;
  };

  const outbox: Outbox = {
    write(bytes) {
      if (isEnded) return;
      queuedBytes += bytes.length;
      if (needsDrain()) keep(bytes);
      else queue.push(bytes);
      schedule();
    },
    bytesUnsent: () => (isStreamBusy ? queuedBytes + stream.writableLength : queuedBytes),
    flush() {
      isScheduled = false;
      writeOut(false);
      if (isOverflowing()) handler.overflow();
      else if (queue.length === 0 && !needsDrain()) handler.drained();
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
