import type { Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";
import { Code, PacketType } from "../packets/codes.ts";
import { isExpired, type StoredMessage } from "../routing/stored-message.ts";
import type { Context } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { dropForMemory, dropFromQueue, dropTooLarge, dropUnsent } from "./drops.ts";
import { createQueue, dequeue, enqueue, peek } from "./delivery-queue.ts";
import { type HeldPublish, holdPublish, sendAck } from "./held-packets.ts";
import { createInflight, inflightOf, release, takePacketId } from "./inflight.ts";
import { mayReceive } from "./permissions.ts";
import { sendPublish } from "./send.ts";
import { type Connection, isPersistent, type Session } from "./session.ts";

/** Bytes waiting for a connection above which QoS 1, QoS 2 and retained messages stay in the queue. */
export const SEND_AHEAD_BYTES = 256 * 1024;

/**
 * Delivers a message to a session: now, or from its queue when the client's window opens. `qos` is the lower one of
 * message and subscription.
 */
export function deliver(
  context: Context,
  session: Session,
  message: StoredMessage,
  qos: Qos,
  retain: boolean,
  subscriptionIds: ByteString,
  group: string | null,
): void {
  const { connection } = session;
  if (qos === 0) {
    if (connection !== null && !session.isHeld) sendQos0(context, connection, message, retain, subscriptionIds);
    else if (connection !== null || context.limits.queueQos0)
      enqueueDelivery(context, session, message, 0, retain, subscriptionIds, group);
    else context.counters.droppedOffline++;
    return;
  }
  if (connection === null || !canSend(context, connection) || session.queue !== null) {
    enqueueDelivery(context, session, message, qos, retain, subscriptionIds, group);
    return;
  }
  const delivery = createDelivery(session, message, qos, retain, subscriptionIds, group);
  sendDelivery(context, connection, delivery);
}

/** The QoS of a delivery: the lower one of message and subscription [MQTT-3.8.4-8], or as it was configured. */
export function deliveryQos({ limits }: Context, granted: Qos, published: Qos): Qos {
  return granted < published || limits.upgradeQos ? granted : published;
}

/** Whether a QoS 1 or 2 message can go out at once. */
export function canSend(context: Context, connection: Connection): boolean {
  if (
    !connection.hasBegun ||
    connection.session.isHeld ||
    !isWindowOpen(context, connection) ||
    connection.resend !== null
  )
    return false;
  if (connection.output.bytesUnsent() < SEND_AHEAD_BYTES) return true;
  connection.waitsForDrain = true;
  return false;
}

function isWindowOpen({ limits }: Context, { outstanding, outstandingBytes, window }: Connection): boolean {
  return outstanding < window && outstandingBytes < limits.maxInflightBytes;
}

/** What counts for the window, as in mosquitto; the queue, which bounds memory, counts topic and properties too. */
function payloadBytes({ message }: Delivery): number {
  return message.body.length - message.propertiesLength;
}

/** Counts a delivery as on its way, until `end`. */
function count(connection: Connection, delivery: Delivery): void {
  delivery.isCounted = true;
  connection.outstanding++;
  connection.outstandingBytes += payloadBytes(delivery);
}

function sendQos0(
  context: Context,
  connection: Connection,
  message: StoredMessage,
  retain: boolean,
  subscriptionIds: ByteString,
): void {
  if (!connection.hasBegun || connection.output.bytesUnsent() > context.limits.maxUnsentBytes) {
    dropUnsent(context, connection, 1);
    return;
  }
  if (!sendPublish(context, connection, message, 0, retain, false, 0, subscriptionIds))
    dropTooLarge(context, connection);
}

function createDelivery(
  session: Session,
  message: StoredMessage,
  qos: Qos,
  retain: boolean,
  subscriptionIds: ByteString,
  group: string | null,
): Delivery {
  const order = ++session.lastOrder;
  return { message, qos, retain, subscriptionIds, group, order, state: "queued", packetId: 0, isCounted: false };
}

function enqueueDelivery(
  context: Context,
  session: Session,
  message: StoredMessage,
  qos: Qos,
  retain: boolean,
  subscriptionIds: ByteString,
  group: string | null,
): void {
  if (context.isMemoryFull) {
    dropForMemory(context, session);
    return;
  }
  const delivery = createDelivery(session, message, qos, retain, subscriptionIds, group);
  const queue = (session.queue ??= createQueue());
  const full = enqueue(queue, delivery, context.limits);
  if (queue.count === 0) session.queue = null;
  if (full !== null) dropFromQueue(context, session, full);
  else if (isPersistent(session)) context.journal?.delivery(session, delivery);
}

/** Sends what may go out now: first what an earlier connection left unacknowledged, then the queue. */
export function pump(context: Context, session: Session): void {
  const { connection } = session;
  if (connection === null || !connection.hasBegun || connection.isClosed || session.isHeld) return;
  if (connection.resend !== null && !resendInflight(context, connection)) return;
  while (session.queue !== null && canSend(context, connection)) {
    const next = peek(session.queue);
    if (next === null || session.queue.count === 0) {
      session.queue = null;
      return;
    }
    dequeue(session.queue);
    if (session.queue.count === 0) session.queue = null;
    if (isDue(context, session, next)) sendDelivery(context, connection, next);
    else forget(context, session, next);
  }
}

/** Whether a message that waited may still be delivered. */
function isDue(context: Context, session: Session, delivery: Delivery): boolean {
  if (isExpired(delivery.message, context.now())) {
    context.counters.droppedExpired++;
    return false;
  }
  return mayReceive(context, session, delivery.message.topic);
}

function sendDelivery(context: Context, connection: Connection, delivery: Delivery): void {
  const { session } = connection;
  if (delivery.qos === 0) {
    sendQos0(context, connection, delivery.message, delivery.retain, delivery.subscriptionIds);
    forget(context, session, delivery);
    return;
  }
  const inflight = (session.inflight ??= createInflight());
  takePacketId(inflight, delivery);
  delivery.state = "sent";
  count(connection, delivery);
  if (isPersistent(session)) context.journal?.delivery(session, delivery);
  if (!holdPublish(context, connection, delivery, false)) publishNow(context, connection, delivery, false);
}

/** Sends what was held until it was stored, unless its handshake is over by now. */
export function sendHeld(context: Context, { connection, delivery, isRepeated }: HeldPublish): void {
  if (inflightOf(connection.session.inflight, delivery.packetId) !== delivery || delivery.state !== "sent") return;
  publishNow(context, connection, delivery, isRepeated);
  // one that was too large has left its place
  if (connection.session.queue !== null) pump(context, connection.session);
}

function publishNow(context: Context, connection: Connection, delivery: Delivery, isRepeated: boolean): void {
  const { message, qos, retain, packetId, subscriptionIds } = delivery;
  // DUP on every repetition [MQTT-3.3.1-1]
  if (sendPublish(context, connection, message, qos, retain, isRepeated, packetId, subscriptionIds)) return;
  dropTooLarge(context, connection);
  if (isRepeated) giveUpRepeating(context, connection, delivery);
  else end(context, connection, delivery);
}

/** Ends a handshake that an earlier connection began, without the message. */
function giveUpRepeating(context: Context, connection: Connection, delivery: Delivery): void {
  const { session } = connection;
  if (delivery.qos === 1) {
    end(context, connection, delivery);
    return;
  }
  // The client may hold this id as received: reused, it would swallow another message. PUBREL frees it.
  delivery.state = "released";
  if (isPersistent(session)) context.journal?.delivery(session, delivery);
  sendPubrel(context, connection, delivery.packetId, Code.success);
}

/**
 * Sends again, in the original order [MQTT-4.6.0-1], with their ids [MQTT-4.4.0-1], and within the client's window.
 * False while some are left.
 */
function resendInflight(context: Context, connection: Connection): boolean {
  const { session } = connection;
  for (const delivery of connection.resend?.slice(connection.resent) ?? []) {
    if (inflightOf(session.inflight, delivery.packetId) === delivery) {
      if (delivery.state === "released") {
        // counted again, or handshakes that a client never ends would grow with each of its connections
        count(connection, delivery);
        sendPubrel(context, connection, delivery.packetId, Code.success);
      } else if (!isWindowOpen(context, connection)) return false;
      else resendPublish(context, connection, delivery);
    }
    connection.resent++;
  }
  connection.resend = null;
  return true;
}

function resendPublish(context: Context, connection: Connection, delivery: Delivery): void {
  if (!isDue(context, connection.session, delivery)) {
    giveUpRepeating(context, connection, delivery);
    return;
  }
  delivery.state = "sent";
  count(connection, delivery);
  if (!holdPublish(context, connection, delivery, true)) publishNow(context, connection, delivery, true);
}

/** Takes a PUBACK, PUBREC or PUBCOMP from the client. */
export function acknowledge(
  context: Context,
  connection: Connection,
  type: number,
  packetId: number,
  code: number,
): void {
  const { session } = connection;
  const delivery = inflightOf(session.inflight, packetId);
  if (type === PacketType.pubrec) {
    receivePubrec(context, connection, packetId, code, delivery);
    return;
  }
  // an id nobody waits for: late after a take-over, or a client that counts wrongly; nothing to do
  if (delivery === null || (delivery.qos === 1) !== (type === PacketType.puback)) return;
  if (type === PacketType.pubcomp && delivery.state !== "released") return;
  complete(context, connection, delivery);
}

function receivePubrec(
  context: Context,
  connection: Connection,
  packetId: number,
  code: number,
  delivery: Delivery | null,
): void {
  if (delivery === null || delivery.qos !== 2) {
    if (code < 0x80) sendPubrel(context, connection, packetId, Code.packetIdNotFound);
    return;
  }
  if (code >= 0x80) {
    complete(context, connection, delivery); // the client refused it: the handshake is over (4.3.3)
    return;
  }
  delivery.state = "released"; // the message must not be sent again [MQTT-4.3.3-5]
  if (isPersistent(connection.session)) context.journal?.delivery(connection.session, delivery);
  sendPubrel(context, connection, packetId, Code.success);
}

function complete(context: Context, connection: Connection, delivery: Delivery): void {
  const { session } = connection;
  end(context, connection, delivery);
  if (session.queue !== null || connection.resend !== null) pump(context, session);
  if (session.replays !== null) context.replays.ready.add(session);
}

/** Frees the packet id and the place in the window. */
function end(context: Context, connection: Connection, delivery: Delivery): void {
  const { session } = connection;
  if (session.inflight !== null) release(session.inflight, delivery);
  if (delivery.isCounted) {
    connection.outstanding--;
    connection.outstandingBytes -= payloadBytes(delivery);
  }
  forget(context, session, delivery);
}

function forget(context: Context, session: Session, delivery: Delivery): void {
  if (isPersistent(session)) context.journal?.delivered(session, delivery);
}

function sendPubrel(context: Context, connection: Connection, packetId: number, code: number): void {
  sendAck(context, connection, PacketType.pubrel, packetId, code, false);
}
