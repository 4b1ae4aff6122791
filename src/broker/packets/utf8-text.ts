import { isUtf8 } from "node:buffer";
import { readU16 } from "./bytes.ts";
import { FAULTS, type Fault } from "./fault.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

/** Whether bytes are a text MQTT allows: UTF-8 without surrogates [MQTT-1.5.4-1] and without U+0000 [MQTT-1.5.4-2]. */
export function isText(source: Buffer, start: number, end: number): boolean {
  let plain = true;
  for (let at = start; at < end; at++) {
    const byte = source[at] ?? 0;
    if (byte === 0) return false;
    if (byte > 0x7f) plain = false;
  }
  return plain || isUtf8(source.subarray(start, end));
}

/** What is wrong with the bytes of a topic name in a PUBLISH or a will; null when it can be used. */
export function topicNameFault(source: Buffer, start: number, end: number, maxLevels: number): Fault | null {
  let levels = 1;
  let wildcard = false;
  for (let at = start; at < end; at++) {
    const byte = source[at] ?? 0;
    if (byte === SLASH) levels++;
    // [MQTT-3.3.2-2]
    else if (byte === PLUS || byte === HASH) wildcard = true;
  }
  if (!isText(source, start, end)) return FAULTS.text;
  if (wildcard) return FAULTS.topicName;
  return levels > maxLevels ? FAULTS.topicLevels : null;
}

/** Offset behind a length-prefixed field, or -1 when it runs over `end`. */
export function fieldEnd(source: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const next = at + 2 + readU16(source, at);
  return next > end ? -1 : next;
}
