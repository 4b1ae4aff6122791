/** Packets and bytes of all clients in one direction. Plain fields: counting one costs next to nothing. */
export interface Traffic {
  /** By the first byte of a packet, which tells its type, QoS and flags. */
  readonly packets: Float64Array;
  /** Of everything, framing included, without TLS and WebSocket. */
  bytes: number;
  /** Of PUBLISH payloads. */
  payloadBytes: number;
}

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
