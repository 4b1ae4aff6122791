import type { ReasonInfo } from "../../core/api/common.ts";
import type { BrokerEvent } from "../../core/events.ts";
import type { Reason } from "../../core/types.ts";
import { brief } from "../brief.ts";
import type { PastEvent } from "./history.ts";

/** Names and sentences come from the network and are kept for long. */
const LONGEST_TOPIC = 300;
const LONGEST_SENTENCE = 500;

/** What is kept of an event; null: it is no news about its client. */
export function pastEventOf(event: BrokerEvent, atMs: number): PastEvent | null {
  const { address } = event.client;
  const past = (kind: PastEvent["kind"], more: Partial<PastEvent> = {}): PastEvent => ({
    atMs,
    kind,
    reason: null,
    ip: null,
    topic: null,
    count: 1,
    ...more,
  });
  switch (event.kind) {
    case "connected":
      return past("connected", { ip: address });
    case "disconnected": {
      const kind = event.reason?.kind === "taken_over" ? "taken_over" : "gone";
      return past(kind, { ip: address, reason: event.reason === null ? null : reasonInfo(event.reason) });
    }
    case "refused":
      return past("refused", { ip: address, reason: reasonInfo(event.reason) });
    case "denied": {
      const { action, topic, decision } = event;
      // to a subscriber of "#" it happens with each topic anew
      if (action === "receive") return past("denied", { reason: NOT_ALL });
      const { sentence, ...rest } = reasonInfo(decision.reason);
      return past("denied", {
        topic: brief(topic, LONGEST_TOPIC),
        reason: { ...rest, sentence: `may not ${VERBS[action]}: ${sentence}` },
      });
    }
    case "dropped":
      return past("dropped", { reason: reasonInfo(event.reason), count: event.count });
    case "slowed":
      return past("slowed", { reason: reasonInfo(event.reason) });
    case "session_ended":
      return past("session_ended", { reason: reasonInfo(event.reason) });
    case "will":
      return past("will", { topic: brief(event.topic, LONGEST_TOPIC) });
    case "subscribed":
    case "unsubscribed":
      return null;
  }
}

const NOT_ALL = { kind: "receive_denied", sentence: "may not receive all that it subscribed to" } as const;

const VERBS = { publish: "publish to it", subscribe: "subscribe to it", unsubscribe: "unsubscribe from it" } as const;

/** A reason as the API tells it, short enough to be kept. */
export function reasonInfo({ kind, sentence, hint, where }: Reason): ReasonInfo {
  return {
    kind,
    sentence: brief(sentence, LONGEST_SENTENCE),
    ...(hint === undefined ? {} : { hint: brief(hint, LONGEST_SENTENCE) }),
    ...(where === undefined
      ? {}
      : { where: { file: where.file, ...(where.line === undefined ? {} : { line: where.line }) } }),
  };
}
