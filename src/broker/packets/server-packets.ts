import type { ProtocolVersion } from "../../core/types.ts";
import { reasonStringProperty } from "./acks.ts";
import { writeVarint } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { Property } from "./property-scan.ts";

/** PINGRESP, the same for everyone. */
export function encodePingresp(): Buffer {
  return Buffer.from([PacketType.pingresp << 4, 0]);
}

/** SUBACK: a granted QoS or a reason code for each filter, in the order asked [MQTT-3.8.4-5]. */
export function encodeSuback(packetId: number, codes: readonly number[], version: ProtocolVersion): Buffer {
  // before MQTT 5 there is one failure code
  const shown = version === 5 ? codes : codes.map((code) => (code < 0x80 ? code : 0x80));
  return packet(PacketType.suback, [packetId >> 8, packetId & 0xff, ...(version === 5 ? [0] : []), ...shown]);
}

/** UNSUBACK; before MQTT 5 it has no codes. */
export function encodeUnsuback(packetId: number, codes: readonly number[], version: ProtocolVersion): Buffer {
  return packet(PacketType.unsuback, [packetId >> 8, packetId & 0xff, ...(version === 5 ? [0, ...codes] : [])]);
}

/** DISCONNECT of MQTT 5; older versions know none from the server. `reason` is left out for clients that want none. */
export function encodeDisconnect(code: number, reason: string | null, serverReference: string | null = null): Buffer {
  if (reason === null && serverReference === null) return packet(PacketType.disconnect, [code]);
  const properties = [
    ...(reason === null ? [] : reasonStringProperty(reason)),
    ...text(Property.serverReference, serverReference),
  ];
  return packet(PacketType.disconnect, [code, ...varint(properties.length), ...properties]);
}

/** AUTH of MQTT 5: a step of an authentication exchange, or the end of one on an open connection (3.15). */
export function encodeAuth(code: number, method: string, data: Uint8Array): Buffer {
  const properties = [...text(Property.authMethod, method), ...binary(Property.authData, data)];
  return packet(PacketType.auth, [code, ...varint(properties.length), ...properties]);
}

/** What CONNACK of MQTT 5 tells; a property that is at its default is left out. */
export interface ConnackProperties {
  readonly sessionExpiryS: number | null;
  readonly receiveMaximum: number;
  readonly maximumQos: 0 | 1 | 2;
  readonly retainAvailable: boolean;
  /** Infinity: any. */
  readonly maximumPacketSize: number;
  readonly assignedClientId: string | null;
  readonly topicAliasMaximum: number;
  readonly reasonString: string | null;
  readonly wildcardAvailable: boolean;
  readonly sharedAvailable: boolean;
  readonly serverKeepaliveS: number | null;
  readonly responseInformation: string | null;
  readonly serverReference: string | null;
  readonly authMethod: string | null;
  readonly authData: Uint8Array | null;
}

/** CONNACK of MQTT 3.1 and 3.1.1. */
export function encodeConnackV3(sessionPresent: boolean, returnCode: number): Buffer {
  return packet(PacketType.connack, [sessionPresent && returnCode === 0 ? 1 : 0, returnCode]);
}

/** CONNACK of MQTT 5. */
export function encodeConnackV5(sessionPresent: boolean, code: number, told: ConnackProperties): Buffer {
  // In mosquitto's order: there are test suites and gateways that compare bytes.
  const properties = [
    ...(told.serverKeepaliveS === null ? [] : u16(Property.serverKeepAlive, told.serverKeepaliveS)),
    ...(told.sessionExpiryS === null ? [] : u32(Property.sessionExpiry, told.sessionExpiryS)),
    ...(told.topicAliasMaximum === 0 ? [] : u16(Property.topicAliasMaximum, told.topicAliasMaximum)),
    ...text(Property.assignedClientId, told.assignedClientId),
    ...(told.retainAvailable ? [] : [Property.retainAvailable, 0]),
    ...(told.maximumPacketSize === Infinity ? [] : u32(Property.maximumPacketSize, told.maximumPacketSize)),
    ...(told.reasonString === null ? [] : reasonStringProperty(told.reasonString)),
    ...text(Property.responseInfo, told.responseInformation),
    ...text(Property.serverReference, told.serverReference),
    ...text(Property.authMethod, told.authMethod),
    ...binary(Property.authData, told.authData),
    ...(told.receiveMaximum === 65_535 ? [] : u16(Property.receiveMaximum, told.receiveMaximum)),
    ...(told.maximumQos === 2 ? [] : [Property.maximumQos, told.maximumQos]),
    ...(told.wildcardAvailable ? [] : [Property.wildcardAvailable, 0]),
    ...(told.sharedAvailable ? [] : [Property.sharedAvailable, 0]),
  ];
  // session present goes with success only [MQTT-3.2.2-6]
  const flags = sessionPresent && code === 0 ? 1 : 0;
  return packet(PacketType.connack, [flags, code, ...varint(properties.length), ...properties]);
}

function packet(type: number, body: readonly number[]): Buffer {
  return Buffer.from([type << 4, ...varint(body.length), ...body]);
}

function varint(value: number): number[] {
  const target = Buffer.alloc(4);
  return [...target.subarray(0, writeVarint(target, 0, value))];
}

function u16(identifier: number, value: number): number[] {
  return [identifier, value >> 8, value & 0xff];
}

function u32(identifier: number, value: number): number[] {
  return [identifier, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function text(identifier: number, value: string | null): number[] {
  return value === null ? [] : binary(identifier, Buffer.from(value, "utf8"));
}

function binary(identifier: number, value: Uint8Array | null): number[] {
  return value === null ? [] : [...u16(identifier, value.length), ...value];
}
