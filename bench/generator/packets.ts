export type Qos = 0 | 1 | 2;

/** Packet types, the upper four bits of the first byte. */
export const Type = {
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  suback: 9,
  pingresp: 13,
} as const;

export const PINGREQ: Buffer = Buffer.from([0xc0, 0]);

/** CONNECT of MQTT 3.1.1: clean session, no keep alive. */
export function encodeConnect(clientId: string, username: string, password: string): Buffer {
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xc2, 0, 0]);
  return packet(0x10, head, text(clientId), text(username), text(password));
}

/** SUBSCRIBE for several filters at one QoS. */
export function encodeSubscribe(packetId: number, filters: readonly string[], qos: Qos): Buffer {
  const body = filters.flatMap((filter) => [text(filter), Buffer.from([qos])]);
  return packet(0x82, Buffer.from([packetId >> 8, packetId & 0xff]), ...body);
}

/** One PUBLISH; its packet id is 0 and its payload zeros, both to be filled in. */
export function encodePublish(topic: string, payloadBytes: number, qos: Qos, retain: boolean): Buffer {
  const packetId = qos === 0 ? Buffer.alloc(0) : Buffer.alloc(2);
  return packet(0x30 | (qos << 1) | (retain ? 1 : 0), text(topic), packetId, Buffer.alloc(payloadBytes));
}

function packet(first: number, ...body: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(body);
  const length: number[] = [];
  let rest = bytes.length;
  do {
    const low = rest & 0x7f;
    rest >>= 7;
    length.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([first, ...length]), bytes]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
