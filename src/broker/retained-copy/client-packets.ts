import { writeU16, writeVarint } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";

/** A login for another broker. */
export interface Login {
  readonly username: string | null;
  readonly password: string | null;
}

/** What is spoken with another broker: MQTT 5, or 3.1.1 where that is not understood. */
export type ClientVersion = 4 | 5;

const CLEAN = 0x02;
const WITH_PASSWORD = 0x40;
const WITH_USERNAME = 0x80;
const KEEPALIVE_S = 120;

/** A CONNECT with a clean session and a name that the other broker gives. */
export function encodeConnect({ username, password }: Login, version: ClientVersion): Buffer {
  const flags = CLEAN | (username === null ? 0 : WITH_USERNAME) | (password === null ? 0 : WITH_PASSWORD);
  return packet(PacketType.connect << 4, [
    text("MQTT"),
    Buffer.from([version, flags]),
    u16(KEEPALIVE_S),
    noProperties(version),
    text(""),
    ...(username === null ? [] : [text(username)]),
    ...(password === null ? [] : [text(password)]),
  ]);
}

/** A SUBSCRIBE for all filters at one QoS. */
export function encodeSubscribe(
  packetId: number,
  filters: readonly string[],
  qos: number,
  version: ClientVersion,
): Buffer {
  const wanted = filters.flatMap((filter) => [text(filter), Buffer.from([qos])]);
  return packet((PacketType.subscribe << 4) | 2, [u16(packetId), noProperties(version), ...wanted]);
}

/** An UNSUBSCRIBE of all filters. */
export function encodeUnsubscribe(packetId: number, filters: readonly string[], version: ClientVersion): Buffer {
  return packet((PacketType.unsubscribe << 4) | 2, [u16(packetId), noProperties(version), ...filters.map(text)]);
}

/** A packet without a body: PINGREQ, DISCONNECT. */
export function encodeEmpty(type: number): Buffer {
  return packet(type << 4, []);
}

function packet(first: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(5);
  header[0] = first;
  return Buffer.concat([header.subarray(0, writeVarint(header, 1, body.length)), body]);
}

function noProperties(version: ClientVersion): Buffer {
  return Buffer.alloc(version === 5 ? 1 : 0);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u16(bytes.length), bytes]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  writeU16(bytes, 0, value);
  return bytes;
}
