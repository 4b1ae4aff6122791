import { PacketType } from "./codes.ts";

/** CONNECT, SUBSCRIBE, UNSUBSCRIBE and AUTH: what mosquitto takes of them since 2.1. */
const LONG_CONTROL_BYTES = 100_000;
/** Everything else that carries no message; with a long reason string and user properties it is far below. */
const SHORT_CONTROL_BYTES = 10_000;

/**
 * Bytes of a whole packet that are taken, by its first byte: only a message may be as large as `maxPacketSize`, so that
 * nobody fills memory with packets that have no use for it, a client that is not logged in least of all.
 */
export function packetLimit(firstByte: number, maxPacketSize: number): number {
  switch (firstByte >> 4) {
    case PacketType.publish:
      return maxPacketSize;
    case PacketType.connect:
    case PacketType.subscribe:
    case PacketType.unsubscribe:
    case PacketType.auth:
      return Math.min(maxPacketSize, LONG_CONTROL_BYTES);
    default:
      return Math.min(maxPacketSize, SHORT_CONTROL_BYTES);
  }
}
