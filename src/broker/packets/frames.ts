/** Receives whole packets, in place: nothing is copied for a packet that arrived in one piece. */
export interface FrameHandler {
  /** Bytes of a whole packet with this first byte that are accepted now. */
  maxBytes(firstByte: number): number;
  /**
   * One packet: `bytes[start]` is its first byte, its body is `[body, end)`.
   * The answer false stops reading until `resume()`.
   */
  frame(bytes: Buffer, start: number, body: number, end: number): boolean;
  /** The stream is of no more use. `size` is what the packet announced and `limit` what it may have, for "oversize". */
  fault(fault: FrameFault, size: number, limit: number): void;
}

export type FrameFault = "malformed" | "oversize";

/** Cuts a byte stream into MQTT packets. */
export interface FrameReader {
  push(chunk: Buffer): void;
  /** Goes on with what was left when a handler answered false. */
  resume(): void;
  /** Whether something waits for `resume()`. */
  hasRest(): boolean;
}

/** A remaining length has at most four bytes [MQTT-1.5.5-1], so the fixed header has at most five. */
const LONGEST_HEADER = 5;
/**
 * Up to this size the whole packet is allocated at once; above it the buffer grows with what really arrives, so that
 * announcing a packet costs nothing.
 */
const ALLOCATE_AT_ONCE = 4_096;

/** Makes a reader; it keeps at most one unfinished packet, which is never longer than it may be. */
export function createFrameReader(handler: FrameHandler): FrameReader {
  let partial: Buffer | null = null;
  let filled = 0;
  /** Size of the unfinished packet; 0 while its fixed header is incomplete. */
  let needed = 0;
  let rest: Buffer | null = null;
  let stopped = false;
  let broken = false;

  const push = (chunk: Buffer): void => {
    if (broken) return;
    if (stopped) {
      rest = rest === null ? chunk : Buffer.concat([rest, chunk]);
    } else if (partial === null) {
      read(chunk, 0);
    } else if (needed === 0) {
      const joined = Buffer.concat([partial.subarray(0, filled), chunk]);
      partial = null;
      read(joined, 0);
    } else {
      complete(partial, chunk);
    }
  };

  const complete = (packet: Buffer, chunk: Buffer): void => {
    const taken = Math.min(needed - filled, chunk.length);
    const grown = grow(packet, filled, filled + taken, needed);
    chunk.copy(grown, filled, 0, taken);
    filled += taken;
    partial = grown;
    if (filled < needed) return;
    partial = null;
    if (handler.frame(grown, 0, bodyOf(grown, 0), needed)) read(chunk, taken);
    else stop(chunk.subarray(taken));
  };

  const read = (bytes: Buffer, from: number): void => {
    let start = from;
    while (start < bytes.length) {
      const size = sizeOf(bytes, start);
      if (size === MALFORMED) return fail("malformed", 0, 0);
      // The announced size is judged before anything of the body is kept.
      const limit = handler.maxBytes(bytes[start] ?? 0);
      if (size > limit) return fail("oversize", size, limit);
      const end = start + size;
      if (size === 0 || end > bytes.length) return keep(bytes.subarray(start), size);
      if (!handler.frame(bytes, start, bodyOf(bytes, start), end)) return stop(bytes.subarray(end));
      start = end;
    }
  };

  const keep = (bytes: Buffer, size: number): void => {
    filled = bytes.length;
    needed = size;
    partial = Buffer.allocUnsafe(size === 0 ? LONGEST_HEADER : Math.max(filled, Math.min(size, ALLOCATE_AT_ONCE)));
    bytes.copy(partial);
  };

  const stop = (bytes: Buffer): void => {
    stopped = true;
    rest = bytes.length > 0 ? bytes : null;
  };

  const fail = (fault: FrameFault, size: number, limit: number): void => {
    broken = true;
    handler.fault(fault, size, limit);
  };

  return {
    push,
    resume: () => {
      const waiting = rest;
      stopped = false;
      rest = null;
      if (waiting !== null) push(waiting);
    },
    hasRest: () => rest !== null,
  };
}

const MALFORMED = -1;

/** Size of the whole packet at `start`; 0 when more bytes are needed to tell, MALFORMED when there can be none. */
function sizeOf(bytes: Buffer, start: number): number {
  let length = 0;
  let factor = 1;
  for (let at = start + 1; at < start + LONGEST_HEADER; at++) {
    const byte = bytes[at];
    if (byte === undefined) return 0;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return at + 1 - start + length;
    factor *= 128;
  }
  return MALFORMED;
}

/** Where the body begins, behind a fixed header known to be complete. */
function bodyOf(bytes: Buffer, start: number): number {
  let at = start + 1;
  while ((bytes[at] ?? 0) >= 0x80) at++;
  return at + 1;
}

/** A buffer with room for `wanted` bytes of a packet of `size`, doubling so that slow senders cost no more. */
function grow(packet: Buffer, filled: number, wanted: number, size: number): Buffer {
  if (packet.length >= wanted) return packet;
  const grown = Buffer.allocUnsafe(Math.min(size, Math.max(wanted, packet.length * 2)));
  packet.copy(grown, 0, 0, filled);
  return grown;
}
