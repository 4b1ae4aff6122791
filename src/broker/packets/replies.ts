import type { ProtocolVersion } from "../../core/types.ts";
import { PACKET } from "./types.ts";

/** Reason codes of MQTT 5 that the edge sends by itself. */
export const CODE = {
  success: 0x00,
  malformed: 0x81,
  protocolError: 0x82,
  notAuthorized: 0x87,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
} as const;

/** A refusing CONNACK. */
export function connack(version: ProtocolVersion, returnCode: number, reasonCode: number): Buffer {
  return version === 5
    ? Buffer.from([PACKET.connack << 4, 3, 0, reasonCode, 0])
    : Buffer.from([PACKET.connack << 4, 2, 0, returnCode]);
}

/** A DISCONNECT of MQTT 5; older versions have none from the server. */
export function disconnect(reasonCode: number): Buffer {
  return Buffer.from([PACKET.disconnect << 4, 1, reasonCode]);
}

/** PUBACK, PUBREC or PUBCOMP. A code other than success needs MQTT 5 and takes the form without properties. */
export function acknowledgement(
  type: typeof PACKET.puback | typeof PACKET.pubrec | typeof PACKET.pubcomp,
  packetId: number,
  reasonCode: number,
): Buffer {
  const id = [packetId >> 8, packetId & 0xff];
  return reasonCode === CODE.success
    ? Buffer.from([type << 4, 2, ...id])
    : Buffer.from([type << 4, 3, ...id, reasonCode]);
}
