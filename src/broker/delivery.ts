import type { ClientInfo, RecordEvent } from "../core/events.ts";
import type { ProtocolVersion, Reason } from "../core/types.ts";
import { megabytes } from "./megabytes.ts";
import type { Outbox, OutboxHandler } from "./outbox.ts";
import { OUTBOX_LIMITS } from "./outbox.ts";
import { readPublish } from "./packets/publish.ts";
import { acknowledgement, CODE } from "./packets/replies.ts";
import { PACKET } from "./packets/types.ts";
import { readVarint } from "./packets/varint.ts";
import type { PublishGate } from "./publish-gate.ts";

export interface DeliveryDeps {
  readonly client: () => ClientInfo;
  readonly record: RecordEvent;
  /** The engine answered the CONNECT with a refusal of its own. */
  readonly refused: (reason: Reason) => void;
  /** The engine said DISCONNECT. */
  readonly disconnecting: (reason: Reason) => void;
  readonly overflow: () => void;
  readonly toEngine: (packet: Buffer) => void;
}

/** The way out: looks at what the engine sends before it is written. */
export interface Delivery extends OutboxHandler {
  attach(outbox: Outbox): void;
  setClientLimits(version: ProtocolVersion, maxPacketSize: number | null): void;
  setGate(gate: PublishGate): void;
}

/** Makes the way out of one connection. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  let outbox: Outbox | null = null;
  let gate: PublishGate | null = null;
  let version: ProtocolVersion = 4;
  let maxPacketSize = Number.POSITIVE_INFINITY;

  const drop = (sentence: string): void => {
    deps.record({ kind: "dropped", client: deps.client(), reason: { kind: "queue_dropped", sentence } });
  };

  /** The server acts as if it had sent the message [MQTT-3.1.2-25]: the engine hears the acknowledgement from us. */
  const discard = (packet: Buffer): void => {
    drop(`a message of ${megabytes(packet.length)} is more than it takes (${megabytes(maxPacketSize)})`);
    const body = bodyOf(packet);
    const header = readPublish(packet, 0, body, packet.length, version);
    if (typeof header === "string" || header.qos === 0) return;
    deps.toEngine(
      header.qos === 1
        ? acknowledgement(PACKET.puback, header.packetId, CODE.success)
        : acknowledgement(PACKET.pubrec, header.packetId, CODE.quotaExceeded),
    );
  };

  const acknowledged = (packet: Buffer, qos: 1 | 2): void => {
    outbox?.send(packet);
    gate?.acknowledged(qos, packet.readUInt16BE(2));
  };

  return {
    attach(next) {
      outbox = next;
    },
    setClientLimits(negotiated, limit) {
      version = negotiated;
      maxPacketSize = limit ?? Number.POSITIVE_INFINITY;
    },
    setGate(next) {
      gate = next;
    },
    outgoing(parts, size) {
      switch ((parts[0]?.[0] ?? 0) >> 4) {
        case PACKET.publish:
          if (size <= maxPacketSize) return true;
          discard(Buffer.concat(parts));
          return false;
        case PACKET.puback:
          acknowledged(Buffer.concat(parts), 1);
          return false;
        case PACKET.pubrec:
          acknowledged(Buffer.concat(parts), 2);
          return false;
        case PACKET.connack: {
          const packet = Buffer.concat(parts);
          const code = packet[bodyOf(packet) + 1] ?? 0;
          if (code !== 0) deps.refused(refusalOf(code, version));
          return true;
        }
        case PACKET.disconnect: {
          const packet = Buffer.concat(parts);
          deps.disconnecting(endOf(packet[bodyOf(packet)] ?? 0));
          return true;
        }
        default:
          return true;
      }
    },
    dropped() {
      drop(`messages are dropped because it does not read them (${megabytes(OUTBOX_LIMITS.softBytes)} are waiting)`);
    },
    overflow: deps.overflow,
  };
}

function bodyOf(packet: Buffer): number {
  return readVarint(packet, 1, packet.length)?.next ?? 2;
}

/** What the engine refuses by itself: an empty client id for a kept session, and unusual MQTT 5 properties. */
function refusalOf(code: number, version: ProtocolVersion): Reason {
  if (code === (version === 5 ? 0x85 : 2))
    return {
      kind: "client_id_refused",
      sentence: "the client id cannot be used",
      hint: "A kept session needs a client id.",
    };
  if (code === 0x8c) return { kind: "not_allowed", sentence: "asked for a login method that is not offered" };
  return { kind: "protocol_error", sentence: `sent a CONNECT that is not allowed (code ${code})` };
}

function endOf(reasonCode: number): Reason {
  switch (reasonCode) {
    case 0x8e:
      return { kind: "taken_over", sentence: "replaced by a new connection" };
    case 0x8b:
      return { kind: "shutting_down", sentence: "the broker stops" };
    default:
      return { kind: "protocol_error", sentence: `broke the rules of MQTT (code ${reasonCode})` };
  }
}
