import { encodeAckWithReason, MAX_ACK_BYTES, writeAck } from "../packets/acks.ts";
import { PacketType } from "../packets/codes.ts";
import type { Context } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { type Connection, isPersistent, type Session } from "./session.ts";
import { countPacket, countPackets } from "./traffic.ts";
import { reserve, sendBytes } from "./writer.ts";

/** Packets that wait until what they tell is stored. */
export interface HeldPackets {
  /** In the order they have to leave. */
  waiting: HeldPacket[];
  /** Whether a write was asked for that will release some. */
  isAsked: boolean;
}

type HeldPacket =
  | {
      readonly kind: "ack";
      readonly connection: Connection;
      readonly type: number;
      readonly packetId: number;
      readonly code: number;
      readonly endsHandshake: boolean;
      readonly reason: string | null;
    }
  | { readonly kind: "bytes"; readonly connection: Connection; readonly bytes: Buffer }
  | HeldPublish;

/** A QoS 2 message that goes out when it is stored with its packet id. */
export interface HeldPublish {
  readonly kind: "publish";
  readonly connection: Connection;
  readonly delivery: Delivery;
  readonly isRepeated: boolean;
}

/** Starts with nothing held. */
export function createHeldPackets(): HeldPackets {
  return { waiting: [], isAsked: false };
}

/**
 * Acknowledges a packet of the client. `endsHandshake`: its place in the receive maximum is free again. `reason` is sent
 * to clients of MQTT 5 that want to know.
 */
export function sendAck(
  context: Context,
  connection: Connection,
  type: number,
  packetId: number,
  code: number,
  endsHandshake: boolean,
  reason: string | null = null,
): void {
  const isStep = type !== PacketType.puback && isPersistent(connection.session);
  if (isStep ? stepWaits(context, connection.session) : acknowledgementWaits(context)) {
    context.held.waiting.push({ kind: "ack", connection, type, packetId, code, endsHandshake, reason });
    return;
  }
  if (endsHandshake) connection.inboundOpen--;
  writeNow(context, connection, type, packetId, code, reason);
}

/** Sends an acknowledgement that is encoded already: SUBACK, UNSUBACK. */
export function sendEncodedAck(context: Context, connection: Connection, bytes: Buffer): void {
  if (acknowledgementWaits(context)) context.held.waiting.push({ kind: "bytes", connection, bytes });
  else sendAtOnce(context, connection, bytes);
}

/** Holds a QoS 2 message back if it has to be; false when it can go out now. */
export function holdPublish(
  context: Context,
  connection: Connection,
  delivery: Delivery,
  isRepeated: boolean,
): boolean {
  if (delivery.qos !== 2 || !stepWaits(context, connection.session)) return false;
  context.held.waiting.push({ kind: "publish", connection, delivery, isRepeated });
  return true;
}

/**
 * Whether a step of a QoS 2 handshake waits for the disk. In a session that outlives this process each one does, in every
 * mode: an id that one side holds and the other forgot in a crash would repeat a message, or swallow the next one with
 * that id [MQTT-4.3.3-5], [MQTT-4.3.3-10].
 */
function stepWaits(context: Context, session: Session): boolean {
  return context.journal !== null && isPersistent(session) && isBehind(context);
}

function acknowledgementWaits(context: Context): boolean {
  return context.journal?.mode === "always" && isBehind(context);
}

/** Behind one that waits all others wait too: acknowledgements keep the order of what they acknowledge [MQTT-4.6.0-2]. */
function isBehind({ journal, held }: Context): boolean {
  return journal?.hasUnstored === true || held.isAsked || held.waiting.length > 0;
}

/** Asks for the write that releases what is held; called at the end of a turn, so that many share one write. */
export function releaseHeldPackets(
  context: Context,
  publish: (context: Context, held: HeldPublish) => void,
  flush: () => void,
): void {
  const { journal, held } = context;
  if (journal === null || held.isAsked || held.waiting.length === 0) return;
  const batch = held.waiting;
  held.waiting = [];
  held.isAsked = true;
  journal.afterStored(() => {
    held.isAsked = false;
    for (const packet of batch) {
      if (!packet.connection.isClosed) release(context, packet, publish);
    }
    flush();
  });
}

function release(context: Context, packet: HeldPacket, publish: (context: Context, held: HeldPublish) => void): void {
  switch (packet.kind) {
    case "ack": {
      const { connection, type, packetId, code, endsHandshake, reason } = packet;
      if (endsHandshake) connection.inboundOpen--;
      writeNow(context, connection, type, packetId, code, reason);
      return;
    }
    case "bytes":
      sendAtOnce(context, packet.connection, packet.bytes);
      return;
    case "publish":
      publish(context, packet);
  }
}

function writeNow(
  context: Context,
  connection: Connection,
  type: number,
  packetId: number,
  code: number,
  reason: string | null,
): void {
  if (reason !== null && connection.version === 5 && connection.wantsReasons) {
    const reasoned = encodeAckWithReason(type, packetId, code, reason);
    // [MQTT-3.4.2-2], [MQTT-3.5.2-2]
    if (reasoned.length <= connection.maximumPacketSize) {
      sendAtOnce(context, connection, reasoned);
      return;
    }
  }
  const at = reserve(context.acks, connection, MAX_ACK_BYTES);
  context.acks.end = writeAck(context.acks.slab, at, type, packetId, code, connection.version);
  countPackets(context.sent, context.acks.slab[at] ?? 0, 1);
}

/** Sends a packet that is encoded already and waits for nothing: PINGRESP, DISCONNECT. */
export function sendAtOnce(context: Context, connection: Connection, packet: Buffer): void {
  countPacket(context.sent, packet);
  sendBytes(context.acks, connection, packet);
}
