import type { Connection } from "./session.ts";

/**
 * Collects packets that go to the same connection one after the other, so that its Output gets them as one piece.
 * Packets are written straight into a large buffer that is never used twice.
 */
export interface Writer {
  slab: Buffer;
  /** What was written and not yet handed over: [start, end) of the slab. */
  start: number;
  end: number;
  connection: Connection | null;
}

const SLAB_BYTES = 64 * 1024;

/** Larger packets are not copied together. */
export const LARGE_BYTES = 8 * 1024;

/** Makes a writer; its first buffer is made when it is needed. */
export function createWriter(): Writer {
  return { slab: Buffer.alloc(0), start: 0, end: 0, connection: null };
}

/** Makes room for a packet of `size` bytes, at most LARGE_BYTES; it is to be written at the offset given. */
export function reserve(writer: Writer, connection: Connection, size: number): number {
  if (writer.connection !== connection) {
    flushWriter(writer);
    writer.connection = connection;
  }
  if (writer.slab.length - writer.end < size) {
    flushWriter(writer);
    writer.connection = connection;
    writer.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    writer.start = 0;
    writer.end = 0;
  }
  const at = writer.end;
  writer.end += size;
  return at;
}

/** Sends ready bytes behind what this writer holds for the connection. */
export function sendBytes(writer: Writer, connection: Connection, bytes: Buffer): void {
  if (writer.connection === connection) flushWriter(writer);
  connection.output.write(bytes);
}

/** Hands over what was collected. To be called before anything else may write, and at the end of every turn. */
export function flushWriter(writer: Writer): void {
  const { connection } = writer;
  writer.connection = null;
  if (connection === null || writer.start === writer.end) return;
  const { start, end } = writer;
  writer.start = end;
  if (!connection.isClosed) connection.output.write(writer.slab.subarray(start, end));
}
