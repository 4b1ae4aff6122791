import type { Session } from "./session.ts";

/** Packets and bytes of all clients in one direction. Plain fields: counting one costs next to nothing. */
export interface Traffic {
  /** By the first byte of a packet, which tells its type, QoS and flags. */
  readonly packets: Float64Array;
  /** Of everything, framing included, without TLS and WebSocket. */
  bytes: number;
  /** Of PUBLISH payloads. */
  payloadBytes: number;
}

/** What a session knows of its own traffic. */
type Counted = Pick<Session, "messagesIn" | "bytesIn" | "messagesOut" | "bytesOut">;

/** Starts at 0. */
export function createTraffic(): Traffic {
  return { packets: new Float64Array(256), bytes: 0, payloadBytes: 0 };
}

/** Counts packets that begin with this byte. */
export function countPackets({ packets }: Traffic, firstByte: number, count: number): void {
  packets[firstByte] = (packets[firstByte] ?? 0) + count;
}

/** Counts a packet that is encoded already. */
export function countPacket(traffic: Traffic, packet: Uint8Array): void {
  countPackets(traffic, packet[0] ?? 0, 1);
}

/** Counts a PUBLISH from a client, whose packet the link has counted. */
export function countReceived({ received }: { readonly received: Traffic }, from: Counted, payloadBytes: number): void {
  received.payloadBytes += payloadBytes;
  from.messagesIn++;
  from.bytesIn += payloadBytes;
}

/** Counts PUBLISH packets to a client. */
export function countSent(
  { sent }: { readonly sent: Traffic },
  to: Counted,
  firstByte: number,
  count: number,
  payloadBytes: number,
): void {
  countPackets(sent, firstByte, count);
  sent.payloadBytes += payloadBytes;
  to.messagesOut += count;
  to.bytesOut += payloadBytes;
}
