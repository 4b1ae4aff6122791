import { deny } from "../core/reasons.ts";
import type { Action, Decision } from "../core/types.ts";

/** What a rule or a right is about: SUBSCRIBE itself is no question of a topic name. */
export type TopicAction = "publish" | "receive";

/** Tells the questions about a topic filter from those about a topic name. */
export function isFilterAction(action: Action): action is Exclude<Action, TopicAction> {
  return action === "subscribe" || action === "unsubscribe";
}

const SYS: Decision = deny("broker", {
  kind: "publish_denied",
  sentence: "topics that begin with $SYS are written by the broker only",
  hint: "publish to a topic that does not begin with $SYS",
});

const SHARE_PUBLISH: Decision = deny("broker", {
  kind: "publish_denied",
  sentence: "topics that begin with $share are reserved for shared subscriptions",
  hint: "publish to the topic behind the group name",
});

const SHARE_RECEIVE: Decision = deny("broker", {
  kind: "receive_denied",
  sentence: "topics that begin with $share are reserved for shared subscriptions",
});

/** A bridge of another broker reports here whether it is up: exactly one level for its name. */
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/[^/]+\/state$/;

/** Decides about topics that no rule can open, superusers included; null: the rules decide. */
export function reservedTopic(action: TopicAction, topic: string): Decision | null {
  if (!topic.startsWith("$")) return null;
  if (topic.startsWith("$share")) return action === "publish" ? SHARE_PUBLISH : SHARE_RECEIVE;
  if (action === "publish" && topic.startsWith("$SYS") && !BRIDGE_STATE.test(topic)) return SYS;
  return null;
}
