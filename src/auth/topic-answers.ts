import { deny, ignore } from "../core/reasons.ts";
import type { AskedAction, Decision, TopicAnswers } from "../core/types.ts";

interface TopicQuestions {
  /** The source, for decisions. */
  readonly source: string;
  /** @throws when there is no answer; it has been said in the log. */
  readonly ask: (action: AskedAction, topic: string) => Promise<Decision>;
  /** What no answer means: nobody may, or that the next source decides. */
  readonly onError: "deny" | "ignore";
  /** How long a yes counts, and how long any other answer does. */
  readonly acceptedMs: number;
  readonly refusedMs: number;
  readonly now: () => number;
}

interface Answered {
  readonly decision: Decision;
  readonly freshUntilMs: number;
}

/**
 * Answers kept for one client: a device uses few topics, and a flood of them must not fill the memory. Of subscriptions
 * as many as a client may have unless its owner wants more (max_subscriptions): one without an answer gets nothing.
 */
const MAX_KEPT: Readonly<Record<AskedAction, number>> = { publish: 256, subscribe: 10_000 };

/** Keeps what one source says about the topics of one client. */
export function createTopicAnswers(questions: TopicQuestions): TopicAnswers {
  const { acceptedMs, refusedMs, now } = questions;
  /** Oldest first. */
  const kept: Readonly<Record<AskedAction, Map<string, Answered>>> = { publish: new Map(), subscribe: new Map() };
  const underWay: Readonly<Record<AskedAction, Map<string, Promise<void>>>> = {
    publish: new Map(),
    subscribe: new Map(),
  };

  const keep = (action: AskedAction, topic: string, decision: Decision): void => {
    const answers = kept[action];
    const freshMs = decision.verdict === "allow" ? acceptedMs : refusedMs;
    answers.delete(topic);
    answers.set(topic, { decision, freshUntilMs: now() + freshMs });
    const [oldest] = answers.keys();
    if (answers.size > MAX_KEPT[action] && oldest !== undefined) answers.delete(oldest);
  };

  const ask = async (action: AskedAction, topic: string): Promise<void> => {
    try {
      keep(action, topic, await questions.ask(action, topic));
    } catch {
      keep(action, topic, noAnswer(questions));
    } finally {
      underWay[action].delete(topic);
    }
  };

  return {
    of: (action, topic) => kept[action].get(topic)?.decision ?? null,
    renew(action, topic) {
      const known = kept[action].get(topic);
      if (known !== undefined && now() < known.freshUntilMs) return null;
      const asked = underWay[action].get(topic) ?? ask(action, topic);
      underWay[action].set(topic, asked);
      return asked;
    },
    *granted() {
      for (const [filter, { decision }] of kept.subscribe) if (decision.verdict === "allow") yield filter;
    },
  };
}

function noAnswer({ source, onError }: TopicQuestions): Decision {
  const says = onError === "ignore" ? ignore : deny;
  return says(source, {
    kind: "rules_unavailable",
    sentence: `${source} was asked whether it may, and did not answer`,
    hint: `see to it that the service behind ${source} answers`,
  });
}
