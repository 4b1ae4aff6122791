/*
 * A payload: publisher (16 bit), sequence number of the publisher (32 bit), time of sending (64 bit float, where it is
 * asked for), then zeros.
 */
const SEQUENCE = 2;
const TIME = 6;
/** The shortest payload that holds everything. */
export const PAYLOAD_BYTES = 14;

/** Writes publisher and sequence number. */
export function stamp(target: Buffer, at: number, publisher: number, sequence: number): void {
  target.writeUInt16BE(publisher, at);
  target.writeUInt32BE(sequence, at + SEQUENCE);
}

/** Writes the time, in milliseconds of this process. */
export function stampTime(target: Buffer, at: number): void {
  target.writeDoubleBE(performance.now(), at + TIME);
}

/** The publisher of the payload at `at`. */
export function publisherAt(source: Buffer, at: number): number {
  return ((source[at] ?? 0) << 8) | (source[at + 1] ?? 0);
}

/** The sequence number of the payload at `at`. */
export function sequenceAt(source: Buffer, at: number): number {
  return (publisherAt(source, at + SEQUENCE) << 16) | publisherAt(source, at + SEQUENCE + 2);
}

/** Milliseconds since the payload at `at` was sent. */
export function ageMs(source: Buffer, at: number): number {
  return performance.now() - source.readDoubleBE(at + TIME);
}
