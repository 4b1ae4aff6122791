import { filterFault } from "../../core/topic.ts";
import type { AccessRule } from "../../core/types.ts";
import type { Warn } from "./erlang-acl.ts";
import { ErlangFault } from "./erlang-lexer.ts";
import type { ErlangTerm } from "./erlang-terms.ts";

/** One topic of a rule. */
export interface RuleTopic {
  readonly filter: string;
  /** null: as a filter. */
  readonly match: NonNullable<AccessRule["match"]> | null;
}

/** Reads the topics of a rule: ["a/#", {eq, "#"}, "eq +/#"], a single one, or all. */
export function topicsOf(term: ErlangTerm, warn: Warn): readonly RuleTopic[] {
  if (term.kind === "atom" && term.text === "all") return [{ filter: "#", match: "any" }];
  if (term.kind !== "list") {
    warn(term, "a topic without a list around it.", "It is read as a list of one.", 'Write ["home/#"] for EMQ.');
    return [topicOf(term, warn)];
  }
  if (term.items.length === 0) {
    warn(term, "the rule has no topics.", "It never matches.", "Add topics, or remove the rule.");
  }
  return term.items.map((item) => topicOf(item, warn));
}

function topicOf(term: ErlangTerm, warn: Warn): RuleTopic {
  if (term.kind === "string") {
    // as in tables and in EMQX 5
    return term.text.startsWith("eq ")
      ? checked(term.text.slice(3), "exact", term, warn)
      : checked(term.text, null, term, warn);
  }
  if (term.kind === "tuple") {
    const [word, text, ...more] = term.items;
    if (word?.kind === "atom" && word.text === "eq" && text?.kind === "string" && more.length === 0) {
      return checked(text.text, "exact", text, warn);
    }
  }
  throw new ErlangFault("this is not a topic.", 'Write "home/#", {eq, "#"}, or all in place of the list.', term);
}

function checked(filter: string, match: RuleTopic["match"], term: ErlangTerm, warn: Warn): RuleTopic {
  const fault = filterFault(filter);
  if (fault !== null) {
    const fix = 'Correct the filter: "+" stands for one level, "#" for all that follow, as in home/+/state or home/#.';
    throw new ErlangFault(`"${filter}" is not a topic filter: ${fault}.`, fix, term);
  }
  if (/^\$(?:share|queue|local)(?:\/|$)/.test(filter)) {
    throw new ErlangFault(
      `no rule can match "${filter}": shared subscriptions are decided by the filter behind the group.`,
      'Write that filter: "home/#" for "$share/lamps/home/#".',
      term,
    );
  }
  const foreign = /\$\{(?!username\}|clientid\})[^}]*\}/.exec(filter)?.[0];
  if (foreign !== undefined) {
    throw new ErlangFault(
      `"${foreign}" is not known here.`,
      "Use ${username} or ${clientid}, or write the text itself.",
      term,
    );
  }
  const partial = filter.split("/").find((level) => /%[uc]/.test(level) && level.length > 2);
  if (partial !== undefined) {
    warn(
      term,
      `in "${partial}" the placeholder is only a part of a level.`,
      "As in EMQ, it is taken literally there.",
      "Make %u or %c a level of its own, or write ${username} or ${clientid}.",
    );
  }
  return { filter, match };
}
