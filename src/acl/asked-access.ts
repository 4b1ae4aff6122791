import { allow, deny, ignore } from "../core/reasons.ts";
import { matches } from "../core/topic.ts";
import type { Access, Action, Decision, Reason, TopicAnswers } from "../core/types.ts";
import { withoutGroup } from "./ordered-access.ts";
import { reservedTopic } from "./reserved-topics.ts";

/**
 * Access that a source is asked about topic by topic, as EMQ 2 does it: `prepare` asks, and `check` has the answer. What
 * a client receives is not asked about: it is what the source let it subscribe to.
 */
export function askedAccess(source: string, answers: TopicAnswers): Access {
  const reason: Omit<Reason, "kind"> = {
    sentence: `${source} has to be asked about it, and was not`,
    hint: `only a client that is connected is a reason to ask ${source}`,
  };
  const unknown = deny(source, { ...reason, kind: "rules_unasked" });
  const notGranted = ignore(source, {
    kind: "receive_denied",
    sentence: `${source} granted no subscription to it`,
    hint: `let ${source} answer with a yes when it is asked about the subscription`,
  });
  const granted = allow(source, undefined, { kind: "ok", sentence: `${source} granted a subscription to it` });

  const check = (action: Action, topic: string): Decision => {
    switch (action) {
      case "unsubscribe":
        return GIVES_BACK;
      case "subscribe":
        return answers.of("subscribe", withoutGroup(topic)) ?? unknown;
      case "publish":
        return reservedTopic(action, topic) ?? answers.of("publish", topic) ?? unknown;
      case "receive": {
        const reserved = reservedTopic(action, topic);
        if (reserved !== null) return reserved;
        for (const filter of answers.granted()) if (matches(filter, topic)) return granted;
        return notGranted;
      }
    }
  };
  return {
    check,
    explain: () => [],
    prepare: (action, topic) => answers.renew(action, action === "subscribe" ? withoutGroup(topic) : topic),
  };
}

const GIVES_BACK = allow("acl", undefined, { kind: "ok", sentence: "a client may always give a subscription back" });
