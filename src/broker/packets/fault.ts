import type { ReasonKind } from "../../core/types.ts";
import { Code } from "./codes.ts";

/** What is wrong with a packet. Faults are constants: refusing a packet allocates nothing. */
export interface Fault {
  /** For DISCONNECT or CONNACK of MQTT 5; older versions close without a word. */
  readonly code: number;
  readonly kind: ReasonKind;
  /** Completes "the client ...", as reasons do. */
  readonly sentence: string;
}

const malformed = (what: string): Fault => ({
  code: Code.malformed,
  kind: "malformed",
  sentence: `sent a malformed packet: ${what}`,
});

const protocolError = (what: string): Fault => ({
  code: Code.protocolError,
  kind: "protocol_error",
  sentence: `broke the protocol: ${what}`,
});

const refused = (code: number, what: string): Fault => ({ code, kind: "protocol_error", sentence: what });

/** Every fault a packet can have, by name. */
export const FAULTS = {
  tooShort: malformed("it ends too early"),
  tooLong: malformed("bytes follow its end"),
  flags: malformed("reserved bits in its first byte are set"),
  qos: malformed("QoS 3 does not exist"),
  dupOnQos0: malformed("DUP is set on QoS 0"),
  text: malformed("a text is not UTF-8 or holds U+0000"),
  varint: malformed("a length has more than four bytes"),
  unknownProperty: malformed("a property does not belong to this packet"),
  propertyLength: malformed("a property is longer than the property section"),
  subscribeOptions: malformed("reserved bits of the subscription options are set"),
  connectFlags: malformed("the connect flags contradict each other"),
  reasonCode: malformed("its reason code does not belong to this packet"),
  repeatedProperty: protocolError("a property appears twice"),
  propertyValue: protocolError("a property has a value that is not allowed"),
  authDataWithoutMethod: protocolError("authentication data comes without a method"),
  packetIdZero: protocolError("the packet identifier is 0"),
  noFilters: protocolError("a SUBSCRIBE or UNSUBSCRIBE holds no filter"),
  retainHandling: protocolError("retain handling 3 does not exist"),
  noLocalOnShared: protocolError("no-local is set on a shared subscription"),
  subscriptionIdInPublish: protocolError("a PUBLISH carries a subscription identifier"),
  noTopic: protocolError("a PUBLISH has neither topic nor alias"),
  unknownAlias: protocolError("a PUBLISH has a topic alias that was not set before, and no topic"),
  authCode: protocolError("an AUTH packet with a reason code that clients may not send"),
  authWithoutMethod: protocolError("an AUTH packet without an authentication method"),
  secondConnect: protocolError("a second CONNECT"),
  notFromClients: protocolError("this packet type is never sent by a client"),
  unexpectedAuth: protocolError("an AUTH packet on a connection that began without authentication method"),
  sessionExpiryRaised: protocolError("DISCONNECT gives a session expiry to a session that had none"),
  responseTopic: protocolError("the response topic holds a wildcard"),
  payloadFormat: refused(Code.payloadFormatInvalid, "sent a payload that is not the UTF-8 text it claims to be"),
  topicName: refused(Code.topicNameInvalid, "published to a topic that holds a wildcard"),
  topicLevels: refused(Code.topicNameInvalid, "published to a topic with too many levels"),
  topicTooLong: refused(Code.topicNameInvalid, "published to a topic that is too long with the prefix of this client"),
  noWillTopic: protocolError("its will has no topic"),
  willTopicName: refused(Code.topicNameInvalid, "asked for a will to a topic that holds a wildcard"),
  willTopicLevels: refused(Code.topicNameInvalid, "asked for a will to a topic with too many levels"),
  topicFilter: refused(Code.topicFilterInvalid, "sent a topic filter that is not valid"),
  userProperties: refused(Code.quotaExceeded, "sent a packet with more than 1000 user properties"),
  topicAlias: refused(Code.topicAliasInvalid, "used a topic alias that is 0 or too high"),
  receiveMaximum: refused(Code.receiveMaximumExceeded, "sent more unacknowledged messages than the receive maximum"),
  retainNotSupported: refused(Code.retainNotSupported, "published a retained message, which this broker does not take"),
  qosNotSupported: refused(Code.qosNotSupported, "published with a QoS above the maximum of this broker"),
  publishDenied: {
    code: Code.notAuthorized,
    kind: "publish_denied",
    sentence: "published to a topic that the rules deny (deny_action)",
  },
  subscribeDenied: {
    code: Code.notAuthorized,
    kind: "subscribe_denied",
    sentence: "subscribed to what the rules deny (deny_action)",
  },
  clientId: { code: Code.clientIdRefused, kind: "client_id_refused", sentence: "sent no client id for a kept session" },
  protocolName: {
    code: Code.unsupportedVersion,
    kind: "malformed",
    sentence: "sent a malformed packet: its protocol name is neither MQTT nor MQIsdp",
  },
  version: { code: Code.unsupportedVersion, kind: "protocol_refused", sentence: "speaks an MQTT version unknown here" },
} as const satisfies Record<string, Fault>;
