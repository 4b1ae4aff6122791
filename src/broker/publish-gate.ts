import type { RecordEvent } from "../core/events.ts";
import { deny } from "../core/reasons.ts";
import type { ProtocolVersion, Qos } from "../core/types.ts";
import type { Limits } from "../settings/types.ts";
import { createAckOrder } from "./ack-order.ts";
import { megabytes } from "./megabytes.ts";
import { readPublish, withTopic, type PublishHeader } from "./packets/publish.ts";
import { acknowledgement, CODE } from "./packets/replies.ts";
import { PACKET } from "./packets/types.ts";
import type { Session } from "./session.ts";

/** Topic aliases that a client may use, as mosquitto announces them. */
export const TOPIC_ALIAS_MAXIMUM = 10;
/** QoS 2 messages a client may leave half-way; the engine would take any number (GHSA-5jvp-3p2v-5qgf). */
const OPEN_QOS2_MAXIMUM = 1_000;

/** What becomes of a packet: the engine gets it as it is, gets another in its place, or never sees it. */
export type GateVerdict = "pass" | "taken" | Buffer;

export interface PublishGateDeps {
  readonly version: ProtocolVersion;
  readonly session: Session;
  readonly limits: () => Limits;
  readonly record: RecordEvent;
  readonly send: (packet: Buffer) => void;
  /** Ends the connection with a reason code of MQTT 5. */
  readonly fail: (reasonCode: number, sentence: string) => void;
}

/** Decides every PUBLISH of one client, and answers those that are not allowed. */
export interface PublishGate {
  publish(bytes: Buffer, start: number, body: number, end: number): GateVerdict;
  pubrel(bytes: Buffer, body: number): GateVerdict;
  /** A PUBACK or PUBREC of the engine went out. */
  acknowledged(qos: 1 | 2, packetId: number): void;
}

/** Makes the gate of one logged-in client. */
export function createPublishGate({ version, session, limits, record, send, fail }: PublishGateDeps): PublishGate {
  const aliases = new Map<number, string>();
  const order1 = createAckOrder(send);
  const order2 = createAckOrder(send);
  /** QoS 2 messages that the engine has and whose PUBREL is still to come. */
  const open = new Set<number>();
  /** QoS 2 messages that were not allowed; their PUBREL is ours to answer (MQTT 3.x only). */
  const refused = new Set<number>();

  /** The topic in full; null when an alias is not known [MQTT-3.3.2-8 to MQTT-3.3.2-10]. */
  const topicOf = ({ topic, alias }: PublishHeader): string | null => {
    if (alias === null) return topic;
    if (alias.value > TOPIC_ALIAS_MAXIMUM) return null;
    if (topic === "") return aliases.get(alias.value) ?? null;
    // Noted before anything is decided: later messages name the topic by this alias also when this one is refused.
    aliases.set(alias.value, topic);
    return topic;
  };

  /** Acknowledges without passing on; the connection stays, whatever the version. */
  const refuse = (qos: Qos, packetId: number, reasonCode: number): GateVerdict => {
    const code = version === 5 ? reasonCode : CODE.success;
    if (qos === 1) order1.answer(acknowledgement(PACKET.puback, packetId, code));
    if (qos === 2) {
      // In MQTT 5 an error in PUBREC ends the handshake; older versions go on to PUBREL and PUBCOMP.
      if (version !== 5) refused.add(packetId);
      order2.answer(acknowledgement(PACKET.pubrec, packetId, code));
    }
    return "taken";
  };

  const isTooLarge = (topic: string, size: number): boolean => {
    const limit = limits().messageSizeLimit;
    if (limit === null || size <= limit) return false;
    const sentence = `message of ${megabytes(size)}; the limit is ${megabytes(limit)} (message_size_limit)`;
    const decision = deny("limits", { kind: "oversize", sentence });
    record({ kind: "denied", client: session.client, action: "publish", topic, decision });
    return true;
  };

  return {
    publish(bytes, start, body, end) {
      const header = readPublish(bytes, start, body, end, version);
      if (header === "malformed") return failed(fail, CODE.malformed, "sent a PUBLISH that cannot be read");
      if (header === "topic") return failed(fail, CODE.topicNameInvalid, "published to a topic that is not allowed");
      const topic = header === "alias" ? null : topicOf(header);
      if (header === "alias" || topic === null)
        return failed(fail, CODE.topicAliasInvalid, "used a topic alias that is not known");
      const { qos, packetId } = header;
      if (isTooLarge(topic, end - header.payloadAt)) return refuse(qos, packetId, CODE.packetTooLarge);
      if (!session.mayPublish(topic)) return refuse(qos, packetId, CODE.notAuthorized);
      if (qos === 1) order1.expect(packetId);
      if (qos === 2) {
        if (open.size >= OPEN_QOS2_MAXIMUM && !open.has(packetId))
          return failed(fail, CODE.receiveMaximumExceeded, "left too many QoS 2 messages half-way");
        open.add(packetId);
        refused.delete(packetId);
        order2.expect(packetId);
      }
      return header.alias === null ? "pass" : withTopic(bytes, start, end, header, topic);
    },
    pubrel(bytes, body) {
      const packetId = bytes.readUInt16BE(body);
      open.delete(packetId);
      if (!refused.delete(packetId)) return "pass";
      send(acknowledgement(PACKET.pubcomp, packetId, CODE.success));
      return "taken";
    },
    acknowledged(qos, packetId) {
      (qos === 1 ? order1 : order2).answered(packetId);
    },
  };
}

function failed(fail: PublishGateDeps["fail"], reasonCode: number, sentence: string): GateVerdict {
  fail(reasonCode, sentence);
  return "taken";
}
