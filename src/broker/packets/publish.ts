import { isUtf8 } from "node:buffer";
import type { ProtocolVersion, Qos } from "../../core/types.ts";
import { findProperty, PROPERTY, propertyBlock } from "./properties.ts";
import type { Property, PropertyBlock } from "./properties.ts";
import { writeVarint } from "./varint.ts";

/** The head of a PUBLISH, read in place; the payload is `[payloadAt, end)` of the packet. */
export interface PublishHeader {
  /** Empty when an alias stands for it. */
  readonly topic: string;
  readonly qos: Qos;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly alias: Property | null;
  readonly properties: PropertyBlock | null;
  readonly topicEnd: number;
  readonly payloadAt: number;
}

export type PublishFault = "malformed" | "topic" | "alias";

/** Reads a PUBLISH whose first byte is at `start` and whose body is `[at, end)`. */
export function readPublish(
  bytes: Buffer,
  start: number,
  at: number,
  end: number,
  version: ProtocolVersion,
): PublishHeader | PublishFault {
  const qos = qosOf(bytes[start] ?? 0);
  if (qos === null || at + 2 > end) return "malformed"; // [MQTT-3.3.1-4]
  const topicEnd = at + 2 + bytes.readUInt16BE(at);
  const idEnd = qos === 0 ? topicEnd : topicEnd + 2;
  if (idEnd > end) return "malformed";
  if (!isTopicName(bytes, at + 2, topicEnd)) return "topic";
  const packetId = qos === 0 ? 0 : bytes.readUInt16BE(topicEnd);
  if (qos !== 0 && packetId === 0) return "malformed"; // [MQTT-2.2.1-3]
  const topic = bytes.toString("utf8", at + 2, topicEnd);
  if (version !== 5) {
    if (topic === "") return "topic"; // [MQTT-4.7.3-1]
    return { topic, qos, packetId, alias: null, properties: null, topicEnd, payloadAt: idEnd };
  }
  const properties = propertyBlock(bytes, idEnd, end);
  if (properties === null) return "malformed";
  const alias = findProperty(bytes, properties, PROPERTY.topicAlias);
  if (alias === "malformed") return "malformed";
  if (alias?.value === 0) return "alias"; // [MQTT-3.3.2-8]
  if (topic === "" && alias === null) return "topic";
  return { topic, qos, packetId, alias, properties, topicEnd, payloadAt: properties.end };
}

function qosOf(firstByte: number): Qos | null {
  const qos = (firstByte >> 1) & 0x03;
  return qos === 0 || qos === 1 || qos === 2 ? qos : null;
}

/** A topic name has no wildcard [MQTT-3.3.2-2], no U+0000 [MQTT-4.7.3-2], and is UTF-8 [MQTT-1.5.4-1]. */
function isTopicName(bytes: Buffer, at: number, end: number): boolean {
  let isAscii = true;
  for (let place = at; place < end; place++) {
    const byte = bytes[place] ?? 0;
    if (byte === 0x23 || byte === 0x2b || byte === 0) return false;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii || isUtf8(bytes.subarray(at, end));
}

/** Writes the same PUBLISH with its topic in full and without the alias, which is between one client and us. */
export function withTopic(bytes: Buffer, start: number, end: number, header: PublishHeader, topic: string): Buffer {
  const { alias, properties } = header;
  if (alias === null || properties === null) return bytes.subarray(start, end);
  const name = Buffer.from(topic, "utf8");
  const nameLength = Buffer.from([name.length >> 8, name.length & 0xff]);
  const kept = properties.end - properties.start - (alias.end - alias.at);
  const body = [
    nameLength,
    name,
    header.qos === 0 ? Buffer.alloc(0) : bytes.subarray(header.topicEnd, header.topicEnd + 2),
    writeVarint(kept),
    bytes.subarray(properties.start, alias.at),
    bytes.subarray(alias.end, end),
  ];
  const size = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([bytes.subarray(start, start + 1), writeVarint(size), ...body]);
}
