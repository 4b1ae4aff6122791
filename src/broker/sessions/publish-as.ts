import { isUtf8 } from "node:buffer";
import { generate } from "mqtt-packet";
import type { PublishAnswer, PublishOutcome, Sender, SentMessage } from "../../core/publishing.ts";
import { deny, isAllowed } from "../../core/reasons.ts";
import { topicFault } from "../../core/topic.ts";
import type { Access, Reason } from "../../core/types.ts";
import { Code } from "../packets/codes.ts";
import { createPropertyScan } from "../packets/property-scan.ts";
import { createPublishHeader, decodePublish, type PublishHeader } from "../packets/publish-header.ts";
import { topicNameFault } from "../packets/utf8-text.ts";
import { tokenBucket, type TokenBucket } from "../rates/token-bucket.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { TopicEntry } from "../routing/topic-table.ts";
import type { Context } from "./context.ts";
import { distribute, retain } from "./distribute.ts";
import { messageOf } from "./message-of.ts";
import { observeMessage } from "./observe.ts";
import { isInTime, payloadFault, refusePublish, retainedFault } from "./permissions.ts";
import { publishQuestion } from "./questions.ts";
import { flushRun } from "./run.ts";
import type { Session } from "./session.ts";

/** Publishes for who has no connection, under the same rules and limits as a client. */
export interface Publishers {
  /** Asks what the rules of a sender have to be asked before it publishes; null: nothing. */
  question(sender: Sender, messages: readonly SentMessage[]): Promise<unknown> | null;
  publish(sender: Sender, messages: readonly SentMessage[]): PublishAnswer;
  /** What was decided about anybody does not count any more. */
  forget(): void;
}

/** Users whose rate is remembered; then it starts anew. */
const MAX_QUOTAS = 1024;

interface Prepared {
  readonly entry: TopicEntry<Session>;
  readonly message: StoredMessage;
}

type Refused = { readonly code: number; readonly reason: Reason };

/** Makes the part that publishes for others. */
export function createPublishers(context: Context): Publishers {
  const header = createPublishHeader(createPropertyScan());
  const quotas = new Map<string | null, TokenBucket | null>();

  const quotaOf = ({ identity }: Sender): TokenBucket | null => {
    const known = quotas.get(identity.username);
    if (known !== undefined) return known;
    if (quotas.size >= MAX_QUOTAS) quotas.clear();
    const quota = tokenBucket(context.maxPublishRate(identity), context.now());
    quotas.set(identity.username, quota);
    return quota;
  };

  /** Checks a message as a PUBLISH of MQTT 5 is checked: it is written as one and read again. */
  const prepare = (sender: Sender, access: Access, sent: SentMessage): Prepared | Refused => {
    const { client, identity } = sender;
    const topic = topicOf(sender, sent);
    const noTopic = topicFault(topic);
    if (noTopic !== null) return notATopic(`"${topic}" is no topic name: ${noTopic}`);
    const packet = packetOf(topic, sent);
    const fault = packet === null ? UNWRITABLE : faultOf(context, header, packet);
    if (packet === null || fault !== null) return fault ?? UNWRITABLE;
    const { limits } = context;
    if (sent.retain && !limits.retainAvailable) return NO_RETAIN;
    if (sent.qos > limits.maximumQos) return NO_QOS;
    const entry = context.router.entryOf(topic);
    const decision = entry.isControl ? CONTROL : access.check("publish", topic);
    if (!isAllowed(decision)) {
      context.counters.publishDenied++;
      context.record({ kind: "denied", client, action: "publish", topic, decision });
      return { code: Code.notAuthorized, reason: decision.reason };
    }
    const publisher = { client, publishQuota: quotaOf(sender) };
    if (!isInTime(context, publisher, topic)) return TOO_FAST;
    const oversize = payloadFault(context, sent.payload.length);
    if (oversize !== null) {
      refusePublish(context, publisher, topic, oversize);
      return { code: Code.quotaExceeded, reason: oversize.reason };
    }
    if (header.isTextPayload && !isUtf8(sent.payload)) return NOT_TEXT;
    return { entry, message: messageOf(context, header, packet, entry, { clientId: identity.clientId, identity }) };
  };

  return {
    question(sender, messages) {
      const topics = new Set(messages.map((sent) => topicOf(sender, sent)));
      return publishQuestion(
        context.accessFor(sender.identity),
        [...topics].filter((topic) => topicFault(topic) === null),
      );
    },
    publish(sender, messages) {
      flushRun(context);
      const access = context.accessFor(sender.identity);
      const prepared: Prepared[] = [];
      for (const [index, sent] of messages.entries()) {
        const next = prepare(sender, access, sent);
        if ("code" in next) return { kind: "refused", index, ...next };
        prepared.push(next);
      }
      return { kind: "published", outcomes: prepared.map((ready) => send(context, sender, ready)) };
    },
    forget: () => quotas.clear(),
  };
}

function topicOf({ identity }: Sender, { topic }: SentMessage): string {
  return (identity.prefix ?? "") + topic;
}

function send(context: Context, sender: Sender, { entry, message }: Prepared): PublishOutcome {
  context.received.payloadBytes += message.body.length - message.propertiesLength;
  if (message.retain && !retain(context, message, entry)) {
    refusePublish(context, sender, message.topic, retainedFault(context));
    return "no room";
  }
  observeMessage(context, sender.client, message);
  const { droppedMemory } = context.counters;
  const hasSubscribers = distribute(context, entry, message, null);
  if (context.counters.droppedMemory > droppedMemory) return "no room";
  return hasSubscribers ? "sent" : "nobody";
}

/** The PUBLISH of MQTT 5 that such a message would come in; null: it has no place in one. */
function packetOf(topic: string, { payload, qos, retain: isRetained, properties }: SentMessage): Buffer | null {
  try {
    return generate(
      { cmd: "publish", topic, payload, qos, retain: isRetained, dup: false, messageId: 1, properties },
      { protocolVersion: 5 },
    );
  } catch {
    return null;
  }
}

function faultOf(context: Context, header: PublishHeader, packet: Buffer): Refused | null {
  const fault = decodePublish(header, packet, 0, packet.length, 5);
  if (fault !== null) return { code: fault.code, reason: fault };
  const wrong = topicNameFault(packet, header.topicStart, header.topicEnd, context.limits.maxTopicLevels);
  return wrong === null ? null : notATopic(wrong.sentence);
}

function notATopic(sentence: string): Refused {
  return { code: Code.topicNameInvalid, reason: { kind: "malformed", sentence } };
}

const UNWRITABLE: Refused = {
  code: Code.unspecified,
  reason: {
    kind: "malformed",
    sentence: "its topic or one of its properties cannot be sent: too long, or of no known form",
  },
};
const NO_RETAIN: Refused = {
  code: Code.retainNotSupported,
  reason: { kind: "protocol_error", sentence: "this broker takes no retained messages (retain_available)" },
};
const NO_QOS: Refused = {
  code: Code.qosNotSupported,
  reason: { kind: "protocol_error", sentence: "this broker takes no messages of that QoS (max_qos)" },
};
const TOO_FAST: Refused = {
  code: Code.quotaExceeded,
  reason: { kind: "publish_denied", sentence: "published faster than this user may" },
};
const NOT_TEXT: Refused = {
  code: Code.payloadFormatInvalid,
  reason: { kind: "malformed", sentence: "the payload is not the UTF-8 text it claims to be" },
};
/** The answers go to the client id that asked, and here everybody may claim any. */
const CONTROL = deny("broker", {
  kind: "publish_denied",
  sentence: "topics that begin with $CONTROL are for connected clients only",
  hint: "send commands to the broker over MQTT",
});
