import { isUtf8 } from "node:buffer";
import { topicFault } from "../../core/topic.ts";
import { Code, PacketType } from "../packets/codes.ts";
import { FAULTS, type Fault } from "../packets/fault.ts";
import { decodePublish } from "../packets/publish-header.ts";
import { topicNameFault } from "../packets/utf8-text.ts";
import { sameBytes, type TopicEntry } from "../routing/topic-table.ts";
import type { Context } from "./context.ts";
import { distribute, retain } from "./distribute.ts";
import { sendAck } from "./held-packets.ts";
import { messageOf } from "./message-of.ts";
import {
  isInTime,
  isTopicUndecided,
  mayPublish,
  payloadFault,
  type Refusal,
  refusePublish,
  retainedFault,
} from "./permissions.ts";
import { extendRun, flushRun } from "./run.ts";
import { type Connection, isPersistent, type Session } from "./session.ts";
import { countReceived } from "./traffic.ts";

/** Takes the PUBLISH in [start, end). A fault means that the connection has to be closed. */
export function receivePublish(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Fault | null {
  const { header, limits } = context;
  const fault = decodePublish(header, chunk, start, end, connection.version);
  if (fault !== null) return fault;
  const entry = topicOf(context, connection, chunk);
  if ("sentence" in entry) return entry;
  countReceived(context, connection.session, header.payloadEnd - header.payloadStart);
  const isPlain =
    header.qos === 0 &&
    !header.retain &&
    header.alias === 0 &&
    header.expiryS < 0 &&
    !entry.isControl &&
    !limits.upgradeQos &&
    // the bytes of a run are sent as they came
    connection.session.publishPrefix === "";
  if (isPlain && !header.isTextPayload && header.payloadEnd - header.payloadStart <= limits.maxPayloadBytes) {
    if (!mayPublishAgain(context, connection, entry)) return faultOf(context, refusalOf(connection, entry));
    if (isInTime(context, connection.session, entry.text)) {
      extendRun(context, connection, entry, chunk, start, end);
    }
    return null;
  }
  flushRun(context);
  const { terms } = connection;
  if (header.retain && !terms.retainAvailable) return FAULTS.retainNotSupported; // [MQTT-3.2.2-14]
  if (header.qos > terms.maximumQos) return FAULTS.qosNotSupported; // [MQTT-3.2.2-11]
  if (header.qos === 0) {
    return faultOf(context, accept(context, connection, chunk, entry));
  }
  return receiveAcknowledged(context, connection, chunk, entry);
}

/** The topic of the packet in the header, by alias, by its bytes, or checked and entered as a new one. */
export function topicOf(context: Context, connection: Connection, chunk: Buffer): TopicEntry<Session> | Fault {
  const { topicStart, topicEnd, alias } = context.header;
  // [MQTT-3.3.2-9]
  if (alias > connection.terms.topicAliasMaximum) return FAULTS.topicAlias;
  if (topicStart === topicEnd) return connection.aliasesIn?.[alias] ?? FAULTS.unknownAlias; // 3.3.4
  if (connection.session.publishPrefix !== "") return prefixedTopicOf(context, connection, chunk);
  const last = connection.lastTopic;
  if (alias === 0 && last !== null && sameBytes(last.bytes, chunk, topicStart, topicEnd)) return last;
  let entry = context.router.topics.find(chunk, topicStart, topicEnd);
  if (entry === null) {
    const fault = topicNameFault(chunk, topicStart, topicEnd, context.limits.maxTopicLevels);
    if (fault !== null) return fault;
    entry = context.router.topics.enter(chunk, topicStart, topicEnd);
  }
  if (alias > 0) (connection.aliasesIn ??= [])[alias] = entry;
  return entry;
}

/** The topic behind the prefix of its publisher. */
function prefixedTopicOf(context: Context, connection: Connection, chunk: Buffer): TopicEntry<Session> | Fault {
  const { topicStart, topicEnd, alias } = context.header;
  const { publishPrefix } = connection.session;
  const fault = topicNameFault(chunk, topicStart, topicEnd, context.limits.maxTopicLevels);
  if (fault !== null) return fault;
  const topic = publishPrefix + chunk.toString("utf8", topicStart, topicEnd);
  // too long to be written into a packet
  if (topicFault(topic) !== null) return FAULTS.topicTooLong;
  const entry = context.router.entryOf(topic);
  if (alias > 0) (connection.aliasesIn ??= [])[alias] = entry;
  return entry;
}

/** mayPublish() with the answer for the last topic at hand. */
function mayPublishAgain(context: Context, connection: Connection, entry: TopicEntry<Session>): boolean {
  if (connection.lastTopic === entry && connection.lastTopicAllowed) return true;
  connection.lastTopic = entry;
  connection.lastTopicAllowed = mayPublish(context, connection.session, entry.text);
  return connection.lastTopicAllowed;
}

/** QoS 1 and 2: the packet is acknowledged after the message was accepted, and stored when it must be. */
function receiveAcknowledged(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  entry: TopicEntry<Session>,
): Fault | null {
  const { session } = connection;
  const { qos, packetId } = context.header;
  const { receiveMaximum } = connection.terms;
  const { maxInboundQos2 } = context.limits;
  if (qos === 1) {
    // The id stands for a QoS 2 message whose handshake is open: what one side knows is not what the other does (4.4).
    if (connection.version === 5 && session.inbound?.has(packetId) === true) {
      sendAck(context, connection, PacketType.puback, packetId, Code.packetIdInUse, false);
      return null;
    }
    // [MQTT-3.3.4-9]; only acknowledgements that wait for the disk can fill it here
    if (isFull(connection, receiveMaximum)) return FAULTS.receiveMaximum;
    connection.inboundOpen++;
    const answer = accept(context, connection, chunk, entry);
    const fault = faultOf(context, answer);
    if (fault !== null) return fault;
    const { code, reason } = answer;
    sendAck(context, connection, PacketType.puback, packetId, codeFor(connection, code), true, reason);
    return null;
  }
  const isOpen = session.inbound?.get(packetId);
  if (isOpen !== true) {
    if (isFull(connection, receiveMaximum)) return FAULTS.receiveMaximum;
    if (isOpen === undefined && (session.inbound?.size ?? 0) >= maxInboundQos2) return FAULTS.receiveMaximum;
    connection.inboundOpen++;
  }
  const answer = isOpen === undefined ? accept(context, connection, chunk, entry) : ACCEPTED;
  const fault = faultOf(context, answer);
  if (fault !== null) return fault;
  const { code, reason } = answer;
  const isRefused = connection.version === 5 && code >= 0x80;
  if (!isRefused) {
    // the id stands for the message until PUBREL: no repetition of it is delivered [MQTT-4.3.3-10]
    (session.inbound ??= new Map()).set(packetId, true);
    if (isOpen === undefined && isPersistent(session)) context.journal?.inbound(session, packetId, true);
  }
  sendAck(context, connection, PacketType.pubrec, packetId, codeFor(connection, code), isRefused, reason);
  return null;
}

/**
 * Whether a client of MQTT 5 has as many messages open as it may. A bridge of our own has more behind a mosquitto that
 * takes up a session: it repeats all it has in flight at once, and to end that connection would only have it begin anew.
 */
function isFull(connection: Connection, receiveMaximum: number): boolean {
  return connection.version === 5 && connection.inboundOpen >= receiveMaximum && !connection.isBridge;
}

/** What a PUBLISH is answered; constants, so that answering allocates nothing. */
interface Answer {
  readonly code: number;
  /** Tells the client in words why it was refused. */
  readonly reason: string | null;
}

const ACCEPTED: Answer = { code: Code.success, reason: null };
const NOBODY: Answer = { code: Code.noMatchingSubscribers, reason: null };
/** Without a reason string, byte for byte as from mosquitto; which rule it was is the owner's to know. */
const DENIED: Answer = { code: Code.notAuthorized, reason: null };
/** Nobody could be asked: it is no answer about the rights of the client, which may try again. */
const UNDECIDED: Answer = { code: Code.implementationSpecific, reason: null };
// mosquitto answers 0x95, which PUBACK and PUBREC do not have (MQTT 5, table 3-4); strict clients break off over it
const TOO_LARGE: Answer = { code: Code.quotaExceeded, reason: "the payload is larger than this broker takes" };
const TOO_FAST: Answer = { code: Code.quotaExceeded, reason: "published faster than this user may" };
const NOT_TEXT: Answer = {
  code: Code.payloadFormatInvalid,
  reason: "the payload is not the UTF-8 text it claims to be",
};
const NO_ROOM: Answer = { code: Code.quotaExceeded, reason: "this broker keeps no more retained messages" };
const NO_MEMORY: Answer = {
  code: Code.quotaExceeded,
  reason: "this broker is short of memory and keeps no message for clients that cannot take it now",
};
const BAD_TEXT: Refusal = {
  counter: "refusedText",
  reason: { kind: "malformed", sentence: "the payload is not the UTF-8 text it claims to be" },
};

/** Checks, keeps and distributes the message in the header. */
function accept(context: Context, connection: Connection, chunk: Buffer, entry: TopicEntry<Session>): Answer {
  const { header } = context;
  const { session } = connection;
  if (!mayPublishAgain(context, connection, entry)) return refusalOf(connection, entry);
  if (!isInTime(context, session, entry.text)) return TOO_FAST;
  const oversize = payloadFault(context, header.payloadEnd - header.payloadStart);
  if (oversize !== null) {
    refusePublish(context, session, entry.text, oversize);
    return TOO_LARGE;
  }
  if (header.isTextPayload && !isUtf8(chunk.subarray(header.payloadStart, header.payloadEnd))) {
    refusePublish(context, session, entry.text, BAD_TEXT);
    return NOT_TEXT;
  }
  if (entry.isControl) {
    context.control(entry.text, Buffer.from(chunk.subarray(header.payloadStart, header.payloadEnd)), session.identity);
    return ACCEPTED;
  }
  const message = messageOf(context, header, chunk, entry, session);
  if (message.retain && !retain(context, message, entry)) {
    refusePublish(context, session, entry.text, retainedFault(context));
    return NO_ROOM;
  }
  // before anything is delivered: that may read another packet into the header
  context.observer?.seen(
    entry.text,
    session.client,
    chunk,
    header.payloadStart,
    header.payloadEnd,
    message.qos,
    message.retain,
    1,
  );
  const { counters } = context;
  const dropped = counters.droppedMemory;
  const hasReceivers = distribute(context, entry, message, session);
  if (counters.droppedMemory > dropped) return NO_MEMORY;
  return hasReceivers ? ACCEPTED : NOBODY;
}

function refusalOf({ session }: Connection, { text }: TopicEntry<Session>): Answer {
  return isTopicUndecided(session, text) ? UNDECIDED : DENIED;
}

/** Why the connection is to be closed over an answer; null: it is not. */
function faultOf(context: Context, answer: Answer): Fault | null {
  return answer === DENIED && context.endsDenied() ? FAULTS.publishDenied : null;
}

/** Before MQTT 5 a refused message is acknowledged like any other and dropped, as mosquitto does. */
function codeFor(connection: Connection, code: number): number {
  return connection.version === 5 ? code : Code.success;
}

/** Takes a PUBREL of the client: the handshake is over, and its id is free. */
export function receivePubrel(context: Context, connection: Connection, packetId: number): void {
  const { session } = connection;
  const isCounted = session.inbound?.get(packetId);
  if (isCounted === undefined) {
    sendAck(context, connection, PacketType.pubcomp, packetId, codeFor(connection, Code.packetIdNotFound), false);
    return;
  }
  session.inbound?.delete(packetId);
  if (session.inbound?.size === 0) session.inbound = null;
  if (isPersistent(session)) context.journal?.inbound(session, packetId, false);
  sendAck(context, connection, PacketType.pubcomp, packetId, Code.success, isCounted);
}
