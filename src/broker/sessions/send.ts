import type { Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";
import { writeByteString } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";
import {
  publishFlags,
  publishPropertiesLength,
  publishSizeV3,
  publishSizeV5,
  writePublishHeadV3,
  writePublishHeadV5,
} from "../packets/publish-encoder.ts";
import { payloadOf, propertiesOf, remainingS, type StoredMessage } from "../routing/stored-message.ts";
import { aliasFor, hasAlias } from "./aliases-out.ts";
import type { Context } from "./context.ts";
import { unmounted } from "./mount-point.ts";
import type { Connection } from "./session.ts";
import { countSent } from "./traffic.ts";
import { LARGE_BYTES, reserve, sendBytes } from "./writer.ts";

/** First byte of a PUBLISH without its flags. */
const PUBLISH = PacketType.publish << 4;

/** Encoded forms of the message that was sent last, to be shared by its receivers. */
export interface SentFrames {
  message: StoredMessage | null;
  /** Whole QoS 0 packets by version and RETAIN flag: [3.x, 3.x retained, 5, 5 retained]. */
  readonly whole: (Buffer | null)[];
  /** The payload of a large message. */
  payload: Buffer | null;
}

/** Makes the record of what was sent last. */
export function createSentFrames(): SentFrames {
  return { message: null, whole: [null, null, null, null], payload: null };
}

/** Forgets what was sent last, so that its memory goes. */
export function clearSentFrames(frames: SentFrames): void {
  if (frames.message !== null) useFrames(frames, null);
}

/** A message that is about to be sent to several is encoded to be shared from the first of them on. */
export function shareFrames({ sentFrames }: Context, message: StoredMessage): void {
  useFrames(sentFrames, message);
}

function useFrames(frames: SentFrames, message: StoredMessage | null): void {
  frames.message = message;
  frames.payload = null;
  const { whole } = frames;
  for (let index = 0; index < whole.length; index++) whole[index] = null;
}

/**
 * Writes a PUBLISH to a connection. False when it is larger than the client takes: then nothing is sent, and the
 * message counts as delivered [MQTT-3.1.2-25].
 */
export function sendPublish(
  context: Context,
  connection: Connection,
  accepted: StoredMessage,
  qos: Qos,
  retain: boolean,
  dup: boolean,
  packetId: number,
  subscriptionIds: ByteString,
): boolean {
  const { mountPoint } = connection.session;
  const message = mountPoint === "" ? accepted : unmounted(context.unmounted, mountPoint, accepted);
  const isPlain = qos === 0 && subscriptionIds === "" && connection.aliasMaximumOut === 0;
  // unless several are known to come, the second receiver is the first that something is shared with
  if (isPlain && context.sentFrames.message === message) return sendShared(context, connection, message, retain);
  framesOf(context.sentFrames, message);
  const flags = publishFlags(qos, retain, dup);
  const size = sizeFor(context, connection, message, qos, subscriptionIds);
  if (size > connection.maximumPacketSize) return false;
  if (size <= LARGE_BYTES) {
    const at = reserve(context.writer, connection, size);
    const body = writeHead(context, connection, context.writer.slab, at, message, flags, packetId, subscriptionIds);
    writePayload(context.writer.slab, body, message);
    // an alias makes the packet shorter than reserved
    context.writer.end = body + message.body.length - message.propertiesLength;
  } else {
    // what an alias saves shows only here, so the head is written first and cut to its length
    const head = Buffer.allocUnsafe(size - payloadLength(message));
    const end = writeHead(context, connection, head, 0, message, flags, packetId, subscriptionIds);
    sendBytes(context.writer, connection, head.subarray(0, end));
    connection.output.write(sharedPayload(context.sentFrames, message));
  }
  countSent(context, connection.session, PUBLISH | flags, 1, payloadLength(message));
  return true;
}

/** QoS 0 without anything of the receiver's own: encoded once for everyone of its version. */
function sendShared(context: Context, connection: Connection, message: StoredMessage, retain: boolean): boolean {
  const frames = framesOf(context.sentFrames, message);
  const index = (connection.version === 5 ? 2 : 0) + (retain ? 1 : 0);
  const frame = (frames.whole[index] ??= encodeWhole(context, connection, message, retain));
  if (frame.length > connection.maximumPacketSize) return false;
  sendBytes(context.writer, connection, frame);
  countSent(context, connection.session, frame[0] ?? 0, 1, payloadLength(message));
  return true;
}

function encodeWhole(context: Context, connection: Connection, message: StoredMessage, retain: boolean): Buffer {
  const size = sizeFor(context, connection, message, 0, "");
  const frame = Buffer.allocUnsafe(size);
  const flags = publishFlags(0, retain, false);
  writePayload(frame, writeHead(context, connection, frame, 0, message, flags, 0, ""), message);
  return frame;
}

/** Size of the packet without an alias, which is the largest it can be but for the three bytes that set one. */
function sizeFor(
  context: Context,
  connection: Connection,
  message: StoredMessage,
  qos: Qos,
  subscriptionIds: ByteString,
): number {
  const payload = payloadLength(message);
  if (connection.version < 5) return publishSizeV3(message.topicBytes.length, qos, payload);
  const expiryS = message.expiresAtMs === 0 ? -1 : remainingS(message, context.now());
  const alias = connection.aliasMaximumOut > 0 ? 1 : 0;
  const section = publishPropertiesLength(message.propertiesLength, expiryS, alias, subscriptionIds.length);
  return publishSizeV5(message.topicBytes.length, qos, section, payload);
}

function writeHead(
  context: Context,
  connection: Connection,
  target: Buffer,
  at: number,
  message: StoredMessage,
  flags: number,
  packetId: number,
  subscriptionIds: ByteString,
): number {
  const payload = payloadLength(message);
  if (connection.version < 5) return writePublishHeadV3(target, at, flags, message.topicBytes, packetId, payload);
  const isAliased = hasAlias(connection, message.topic);
  return writePublishHeadV5(
    target,
    at,
    flags,
    isAliased ? "" : message.topicBytes,
    packetId,
    propertiesOf(message),
    message.expiresAtMs === 0 ? -1 : remainingS(message, context.now()),
    aliasFor(connection, message.topic),
    subscriptionIds,
    payload,
  );
}

function payloadLength(message: StoredMessage): number {
  return message.body.length - message.propertiesLength;
}

function writePayload(target: Buffer, at: number, message: StoredMessage): void {
  writeByteString(target, at, payloadOf(message));
}

function framesOf(frames: SentFrames, message: StoredMessage): SentFrames {
  if (frames.message !== message) useFrames(frames, message);
  return frames;
}

function sharedPayload(frames: SentFrames, message: StoredMessage): Buffer {
  return (framesOf(frames, message).payload ??= Buffer.from(payloadOf(message), "latin1"));
}
