import { encodeAckWithReason, MAX_ACK_BYTES, writeAck } from "../packets/acks.ts";
import type { Context } from "./context.ts";
import type { Connection } from "./session.ts";
import { reserve, sendBytes } from "./writer.ts";

/** Acknowledgements that wait until what they acknowledge is stored; used with the journal mode "always" only. */
export interface HeldAcks {
  /** In the order they have to leave. */
  waiting: HeldAck[];
  /** Whether a write was asked for that will release `waiting`. */
  isAsked: boolean;
}

interface HeldAck {
  readonly connection: Connection;
  readonly type: number;
  readonly packetId: number;
  readonly code: number;
  readonly endsHandshake: boolean;
  readonly reason: string | null;
}

/** Starts with nothing held. */
export function createHeldAcks(): HeldAcks {
  return { waiting: [], isAsked: false };
}

/**
 * Acknowledges a PUBLISH or PUBREL of the client. `endsHandshake`: its place in the receive maximum is free again.
 * `reason` is sent to clients of MQTT 5 that want to know.
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
  const { journal, heldAcks } = context;
  // behind one that waits all others wait too: acknowledgements keep the order of what they acknowledge [MQTT-4.6.0-2]
  const isHolding = heldAcks.isAsked || heldAcks.waiting.length > 0;
  if (journal !== null && journal.mode === "always" && (journal.hasUnstored || isHolding)) {
    heldAcks.waiting.push({ connection, type, packetId, code, endsHandshake, reason });
    return;
  }
  if (endsHandshake) connection.inboundOpen--;
  writeNow(context, connection, type, packetId, code, reason);
}

/** Asks for the write that releases what is held; called at the end of a turn, so that many share one write. */
export function releaseHeldAcks(context: Context, flush: () => void): void {
  const { journal, heldAcks } = context;
  if (journal === null || heldAcks.isAsked || heldAcks.waiting.length === 0) return;
  const batch = heldAcks.waiting;
  heldAcks.waiting = [];
  heldAcks.isAsked = true;
  journal.afterStored(() => {
    heldAcks.isAsked = false;
    for (const { connection, type, packetId, code, endsHandshake, reason } of batch) {
      if (connection.isClosed) continue;
      if (endsHandshake) connection.inboundOpen--;
      writeNow(context, connection, type, packetId, code, reason);
    }
    flush();
  });
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
      sendBytes(context.acks, connection, reasoned);
      return;
    }
  }
  const at = reserve(context.acks, connection, MAX_ACK_BYTES);
  context.acks.end = writeAck(context.acks.slab, at, type, packetId, code, connection.version);
}
