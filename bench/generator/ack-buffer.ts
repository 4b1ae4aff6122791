import { Type } from "./packets.ts";

/** Collects the acknowledgements for what was read at once, to be sent in one write. */
export interface AckBuffer {
  add(type: number, packetId: number): void;
  /** What was collected; null: nothing. */
  take(): Buffer | null;
}

const ACK_BYTES = 4;
const ROOM = 16_384;

/** Makes an empty buffer. */
export function createAckBuffer(): AckBuffer {
  const bytes = Buffer.alloc(ROOM * ACK_BYTES);
  let end = 0;
  return {
    add(type, packetId) {
      bytes[end] = (type << 4) | (type === Type.pubrel ? 2 : 0);
      bytes[end + 1] = 2;
      bytes[end + 2] = packetId >> 8;
      bytes[end + 3] = packetId & 0xff;
      end += ACK_BYTES;
    },
    take() {
      if (end === 0) return null;
      // A write may outlast this turn.
      const taken = Buffer.from(bytes.subarray(0, end));
      end = 0;
      return taken;
    },
  };
}
