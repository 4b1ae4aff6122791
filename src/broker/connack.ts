import { codesOf } from "../core/reasons.ts";
import { isControlTopic } from "../core/topic.ts";
import type { ProtocolVersion, Reason, ReasonKind } from "../core/types.ts";
import { elsewhere, isElsewhere, told } from "./told.ts";
import { Code } from "./packets/codes.ts";
import type { ConnectPacket } from "./packets/connect-packet.ts";
import { encodeConnackV3, encodeConnackV5, type ConnackProperties } from "./packets/server-packets.ts";
import type { EngineLimits } from "./sessions/limits.ts";

interface Announced {
  readonly limits: EngineLimits;
  readonly maxPacketSize: number;
  /** The client's own, or the one it was given. */
  readonly clientId: string;
  /** Last words of an authentication exchange; null: there was none. */
  readonly authData: Uint8Array | null;
}

/** What the length of a packet can say: 268,435,455 and its own five bytes (1.5.5). */
const LARGEST_PACKET = 268_435_460;

/** CONNACK of a client that was let in. */
export function connackFor(
  packet: ConnectPacket,
  opened: { readonly sessionPresent: boolean; readonly sessionExpiryS: number },
  { limits, maxPacketSize, clientId, authData }: Announced,
): Buffer {
  const { sessionPresent, sessionExpiryS } = opened;
  if (packet.version !== 5) return encodeConnackV3(sessionPresent && packet.version === 4, 0); // 3.1 knows no flag
  return encodeConnackV5(sessionPresent, Code.success, {
    ...NOTHING_TOLD,
    sessionExpiryS: sessionExpiryS === packet.sessionExpiryS ? null : sessionExpiryS,
    receiveMaximum: limits.receiveMaximum,
    maximumQos: limits.maximumQos,
    retainAvailable: limits.retainAvailable,
    maximumPacketSize: maxPacketSize < LARGEST_PACKET ? maxPacketSize : Infinity,
    assignedClientId: packet.clientId === "" ? clientId : null,
    topicAliasMaximum: limits.topicAliasMaximum,
    wildcardAvailable: limits.wildcardAvailable,
    sharedAvailable: limits.sharedAvailable,
    serverKeepaliveS: isKeepaliveTaken(packet, limits) ? null : limits.maxKeepaliveS, // [MQTT-3.1.2-21]
    responseInformation: packet.requestResponseInformation ? responseInformation(clientId) : null,
    authMethod: packet.authMethod,
    authData,
  });
}

/**
 * Where a client may let answers be sent (MQTT 5, 4.10): the beginning of topic names that no other client is told of.
 * It is a proposal and gives no right, the rules decide as on every topic. None for an id that is no single level.
 */
function responseInformation(clientId: string): string | null {
  return /[+#/]/.test(clientId) ? null : `response/${clientId}/`;
}

/** The keep alive of a connection in seconds, 0 for none: what the client asked for, or what the limit makes of it. */
export function keepaliveInForce(packet: ConnectPacket, limits: EngineLimits): number {
  return isKeepaliveTaken(packet, limits) ? packet.keepaliveS : limits.maxKeepaliveS;
}

function isKeepaliveTaken({ keepaliveS }: ConnectPacket, { maxKeepaliveS }: EngineLimits): boolean {
  return maxKeepaliveS === Infinity || (keepaliveS > 0 && keepaliveS <= maxKeepaliveS);
}

/**
 * CONNACK that refuses; null where the version has no word for it and the connection just closes. `version` is null
 * when it is not known to us.
 */
export function refusalFor(
  version: ProtocolVersion | null,
  refusal: { readonly kind: ReasonKind; readonly code: number; readonly sentence: string },
  maximumPacketSize: number,
  limits: Pick<EngineLimits, "tellReasons" | "serverReference">,
): Buffer | null {
  if (version === 5) {
    const code = elsewhere(refusal.kind, connackCode(refusal.code), limits);
    // [MQTT-3.2.2-22]
    const serverReference = isElsewhere(code) ? limits.serverReference : null;
    const answer = { ...NOTHING_TOLD, serverReference };
    const reasonString = limits.tellReasons ? told(refusal) : null;
    const reasoned = encodeConnackV5(false, code, { ...answer, reasonString });
    // [MQTT-3.2.2-19]
    if (reasoned.length <= maximumPacketSize) return reasoned;
    return encodeConnackV5(false, code, answer);
  }
  const { connack } = codesOf(refusal.kind);
  return connack === null ? null : encodeConnackV3(false, connack);
}

/** What CONNACK says for a code that only DISCONNECT has (MQTT 5, 3.2.2.2 and 3.14.2.1). */
function connackCode(code: number): number {
  switch (code) {
    case Code.serverShuttingDown:
      return Code.serverUnavailable;
    case Code.administrativeAction:
      return Code.notAuthorized;
    case Code.keepAliveTimeout:
    case Code.sessionTakenOver:
      return Code.unspecified;
    default:
      return code;
  }
}

/** What a CONNECT asks for that this broker does not do; null when there is nothing. */
export function unsupported(
  packet: ConnectPacket,
  limits: EngineLimits,
): { readonly reason: Reason; readonly code: number } | null {
  const { will, version, keepaliveS } = packet;
  if (limits.serverMoved) {
    const to = limits.serverReference === null ? "" : ` to ${limits.serverReference}`;
    const sentence = `came to a broker that has moved${to} (server_moved)`;
    return { reason: { kind: "shutting_down", sentence }, code: Code.serverMoved };
  }
  const { retainAvailable, maximumQos, maxKeepaliveS, maxPayloadBytes } = limits;
  if (version < 5 && !isKeepaliveTaken(packet, limits)) {
    // Older versions cannot be told another interval; mosquitto answers them 2.
    const asked = keepaliveS === 0 ? "no keep alive" : `a keep alive of ${keepaliveS} s`;
    const sentence = `asked for ${asked}; the longest is ${maxKeepaliveS} s (max_keepalive)`;
    return { reason: { kind: "client_id_refused", sentence }, code: Code.clientIdRefused };
  }
  if (will === null) return null;
  if (isControlTopic(will.topic)) {
    const sentence = "asked for a will to $CONTROL/, where only clients that are connected send commands";
    return { reason: { kind: "not_allowed", sentence }, code: Code.topicNameInvalid };
  }
  if (will.retain && !retainAvailable) {
    const reason: Reason = {
      kind: "protocol_error",
      sentence: "asked for a retained will, which this broker does not take",
    };
    return { reason, code: Code.retainNotSupported }; // [MQTT-3.2.2-13]
  }
  if (will.qos > maximumQos) {
    const reason: Reason = {
      kind: "protocol_error",
      sentence: "asked for a will above the maximum QoS of this broker",
    };
    return { reason, code: Code.qosNotSupported }; // [MQTT-3.2.2-12]
  }
  if (will.payload.length > maxPayloadBytes) {
    const sentence = `brought a will of ${will.payload.length} bytes; the limit is ${maxPayloadBytes} (message_size_limit)`;
    return { reason: { kind: "not_allowed", sentence }, code: Code.packetTooLarge };
  }
  return null;
}

const NOTHING_TOLD: ConnackProperties = {
  sessionExpiryS: null,
  receiveMaximum: 65_535,
  maximumQos: 2,
  retainAvailable: true,
  maximumPacketSize: Infinity,
  assignedClientId: null,
  topicAliasMaximum: 0,
  reasonString: null,
  wildcardAvailable: true,
  sharedAvailable: true,
  serverKeepaliveS: null,
  responseInformation: null,
  serverReference: null,
  authMethod: null,
  authData: null,
};
