import { allow, denyLazily, ignore } from "../core/reasons.ts";
import type { Access, Decision, Reason, RuleTrial } from "../core/types.ts";
import { keepDecisions } from "./decision-cache.ts";
import { isFilterAction, reservedTopic } from "./reserved-topics.ts";
import type { TopicAction } from "./reserved-topics.ts";
import { firstMatch } from "./rule-list.ts";
import type { CompiledRule } from "./rule-list.ts";

interface RuledAccessInput {
  /** null: anonymous. */
  readonly username: string | null;
  /** The ACL file, as a user names it; null: there are no rules. */
  readonly file: string | null;
  /** The rules of the client's user, or of anonymous clients. */
  readonly own: readonly CompiledRule[];
  /** The rules for everyone, filled in for this client. They are tried last: a user's own rules win. */
  readonly patterns: readonly CompiledRule[];
  /** Why the patterns are closed to this client; null: they are not, or there are none. */
  readonly danger: string | null;
  /** Whether another source is asked where no rule matches. */
  readonly isOpenEnded: boolean;
}

const SUBSCRIBE: Decision = allow("acl", undefined, {
  kind: "ok",
  // as Mosquitto does with an ACL file: "#" may be asked for, and brings what may be received
  sentence: "every subscription is accepted; each message is checked when it is delivered",
});

/** Access by the rules of a Mosquitto ACL file. What no rule allows is denied, unless others are asked about it. */
export function ruledAccess(input: RuledAccessInput): Access {
  const nothing = (action: TopicAction, topic: string): Decision =>
    input.isOpenEnded
      ? ignore("acl", nothingMatched(input, action, topic))
      : denyLazily("acl", () => nothingMatched(input, action, topic));
  const decided = keepDecisions((action, topic) => decide(input, action, topic, null) ?? nothing(action, topic));
  return {
    check(action, topic) {
      return isFilterAction(action) ? SUBSCRIBE : decided.of(action, topic);
    },
    explain(action, topic) {
      const trials: RuleTrial[] = [];
      if (!isFilterAction(action)) decide(input, action, topic, trials);
      return trials;
    },
  };
}

/** The one way through the rules, for checks and explanations; null: nothing matched. */
function decide(
  { own, patterns }: RuledAccessInput,
  action: TopicAction,
  topic: string,
  trials: RuleTrial[] | null,
): Decision | null {
  return (
    reservedTopic(action, topic) ??
    firstMatch(own, action, topic, trials) ??
    firstMatch(patterns, action, topic, trials)
  );
}

/** It names the line to add for this topic. */
function nothingMatched(input: RuledAccessInput, action: TopicAction, topic: string): Reason {
  const { username, file, own, danger, isOpenEnded } = input;
  const kind = action === "publish" ? "publish_denied" : "receive_denied";
  if (file === null) {
    return {
      kind,
      sentence: "the ACL file has no rules in use, so no topic is allowed",
      hint: 'correct the ACL file ("culex check" names its faults), or remove it to allow every topic to every user',
    };
  }
  const line = `"topic ${action === "publish" ? "write" : "read"} ${topic}"`;
  const hint = whereToAdd(line, username, own.length > 0);
  const fallback = isOpenEnded ? "" : "; default is deny";
  const sentence =
    danger === null
      ? `no rule of ${whoText(username)} matches${fallback} (${file})`
      : `no rule of its own in ${file} allows it, and ${danger}, so no pattern counts for it`;
  return { kind, sentence, hint, where: { file } };
}

function whoText(username: string | null): string {
  if (username === null) return "clients without a user name";
  return username === "" ? "an empty user name" : `user ${username}`;
}

function whereToAdd(line: string, username: string | null, hasOwn: boolean): string {
  if (username === null) return `add ${line} above the first "user" line`;
  // no "user" line can name it
  if (username === "") return "give the device a user name: an ACL file has no rules for an empty one";
  return hasOwn ? `add ${line} below "user ${username}"` : `add "user ${username}" and below it ${line}`;
}
