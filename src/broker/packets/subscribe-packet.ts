import type { ProtocolVersion, Qos } from "../../core/types.ts";
import { bodyOffset, readU16 } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import { numberProperty, Property, type PropertyScan, scanProperties } from "./property-scan.ts";
import { fieldEnd, isText } from "./utf8-text.ts";

export interface SubscribePacket {
  readonly kind: "subscribe";
  readonly packetId: number;
  /** Subscription identifier; 0: none. */
  readonly identifier: number;
  readonly requests: readonly SubscribeRequest[];
}

/** One filter of a SUBSCRIBE with its options (MQTT 5, 3.8.3.1). Before MQTT 5 all options but the QoS are off. */
export interface SubscribeRequest {
  /** UTF-8, not yet checked to be a valid filter. */
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: send retained messages, 1: only for a new subscription, 2: never. */
  readonly retainHandling: 0 | 1 | 2;
}

export interface UnsubscribePacket {
  readonly kind: "unsubscribe";
  readonly packetId: number;
  readonly filters: readonly string[];
}

interface Refused {
  readonly kind: "fault";
  readonly fault: Fault;
}

const refuse = (fault: Fault): Refused => ({ kind: "fault", fault });

/** Reads the SUBSCRIBE in [start, end). */
export function decodeSubscribe(
  scan: PropertyScan,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): SubscribePacket | Refused {
  const head = readHead(scan, source, start, end, version);
  if (typeof head !== "number") return refuse(head);
  const requests: SubscribeRequest[] = [];
  let at = head;
  while (at < end) {
    const next = fieldEnd(source, at, end);
    if (next < 0 || next >= end) return refuse(FAULTS.tooShort);
    if (!isText(source, at + 2, next)) return refuse(FAULTS.text);
    const options = source[next] ?? 0;
    const fault = optionsFault(options, version);
    if (fault !== null) return refuse(fault);
    const filter = source.toString("utf8", at + 2, next);
    // [MQTT-3.8.3-4]
    if (version === 5 && (options & 4) !== 0 && filter.startsWith("$share/")) return refuse(FAULTS.noLocalOnShared);
    requests.push(requestOf(filter, version === 5 ? options : options & 3));
    at = next + 1;
  }
  if (requests.length === 0) return refuse(FAULTS.noFilters); // [MQTT-3.8.3-2]
  const packetId = readU16(source, bodyOffset(source, start));
  return {
    kind: "subscribe",
    packetId,
    identifier: version === 5 ? numberProperty(scan, Property.subscriptionId, 0) : 0,
    requests,
  };
}

/** Reads the UNSUBSCRIBE in [start, end). */
export function decodeUnsubscribe(
  scan: PropertyScan,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): UnsubscribePacket | Refused {
  const head = readHead(scan, source, start, end, version);
  if (typeof head !== "number") return refuse(head);
  const filters: string[] = [];
  let at = head;
  while (at < end) {
    const next = fieldEnd(source, at, end);
    if (next < 0) return refuse(FAULTS.tooShort);
    if (!isText(source, at + 2, next)) return refuse(FAULTS.text);
    filters.push(source.toString("utf8", at + 2, next));
    at = next;
  }
  if (filters.length === 0) return refuse(FAULTS.noFilters); // [MQTT-3.10.3-2]
  return { kind: "unsubscribe", packetId: readU16(source, bodyOffset(source, start)), filters };
}

/** Checks what both packets begin with; gives the offset of the first filter. */
function readHead(
  scan: PropertyScan,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): number | Fault {
  const first = source[start] ?? 0;
  // [MQTT-3.8.1-1], [MQTT-3.10.1-1]; MQTT 3.1 lets its clients set DUP here
  if ((first & 15) !== 2 && !(version === 3 && (first & 7) === 2)) return FAULTS.flags;
  const at = bodyOffset(source, start);
  if (at + 2 > end) return FAULTS.tooShort;
  if (readU16(source, at) === 0) return FAULTS.packetIdZero; // [MQTT-2.2.1-3]
  if (version < 5) return at + 2;
  const fault = scanProperties(
    scan,
    source,
    at + 2,
    end,
    first >> 4 === PacketType.subscribe ? PacketType.subscribe : PacketType.unsubscribe,
  );
  return fault ?? scan.end;
}

function optionsFault(options: number, version: ProtocolVersion): Fault | null {
  if ((options & 3) === 3) return FAULTS.qos; // [MQTT-3.8.3-5]
  if (version < 5) return (options & 0xfc) === 0 ? null : FAULTS.subscribeOptions; // [MQTT-3-8.3-4] of 3.1.1
  if ((options & 0xc0) !== 0) return FAULTS.subscribeOptions;
  return (options & 0x30) === 0x30 ? FAULTS.retainHandling : null;
}

function requestOf(filter: string, options: number): SubscribeRequest {
  const qos = options & 3;
  const handling = (options >> 4) & 3;
  return {
    filter,
    qos: qos === 0 ? 0 : qos === 1 ? 1 : 2,
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: handling === 0 ? 0 : handling === 1 ? 1 : 2,
  };
}
