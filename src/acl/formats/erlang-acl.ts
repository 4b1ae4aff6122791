import { closest } from "../../core/suggest.ts";
import type { AccessRule, Action, Origin, Problem } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import { hasNames } from "../ordered-filter.ts";
import { ErlangFault, type ErlangPlace } from "./erlang-lexer.ts";
import { parseErlang, type ErlangTerm } from "./erlang-terms.ts";
import { topicsOf, type RuleTopic } from "./erlang-topics.ts";
import { whoOf } from "./erlang-who.ts";

interface ParsedErlangAcl {
  /** null: the file has an error and is rejected as a whole. */
  readonly rules: readonly AccessRule[] | null;
  readonly problems: Problem[];
}

/** Says that something works here and is not what EMQ takes, or is not what it looks like. */
export type Warn = (place: ErlangPlace, what: string, now: string, fix: string) => void;

/**
 * Parses an acl.conf of EMQ 2 to 5, whose first rule that matches decides:
 *
 *     %% comments begin with a percent sign
 *     {allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.
 *     {deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.
 *     {allow, all}.
 *
 * A rule becomes one AccessRule for each of its topics. `whenBroken` says what happens when the file is rejected; one
 * error is enough for that, since the lost rule might have been a denial.
 */
export function parseErlangAcl(text: string, file: string, whenBroken: string): ParsedErlangAcl {
  const problems: Problem[] = [];
  const add = (severity: Problem["severity"], { line, column }: ErlangPlace, texts: ProblemTexts): void => {
    const what = `${file} line ${line}, column ${column}: ${texts.what}`;
    problems.push({ severity, ...texts, what, where: { file, line } });
  };
  const fail = ({ message, fix, place }: ErlangFault): void =>
    add("error", place, { what: message, now: whenBroken, fix });
  const warn: Warn = (place, what, now, fix) => add("warning", place, { what, now, fix });

  const { forms, faults } = parseErlang(text);
  for (const fault of faults) fail(fault);
  const rules: AccessRule[] = [];
  for (const { term, text: written } of forms) {
    try {
      const origin = { file, line: term.line };
      rules.push(...rulesOf(term, written.replace(/\s+/g, " "), origin, warn));
    } catch (error) {
      if (!(error instanceof ErlangFault)) throw error;
      fail(error);
    }
  }
  const isBroken = problems.some(({ severity }) => severity === "error");
  if (!isBroken && rules.length === 0) {
    problems.push({
      severity: "warning",
      what: `${file} contains no rules.`,
      now: "What no rule allows is denied, so no device may use any topic.",
      fix: 'Write rules into it, for example "{allow, all}.", or do not name it as acl_file.',
      where: { file },
    });
  }
  problems.sort((a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0));
  return { rules: isBroken ? null : rules, problems };
}

/** Whether a text is an acl.conf of EMQ: a conf file or an ACL file of Mosquitto never begins like one. */
export function looksLikeErlang(text: string): boolean {
  const content = text.replace(/^\uFEFF/, "").replace(/^(?:\s+|%[^\n]*)+/, "");
  return content.startsWith("{") || (content === "" && text.includes("%"));
}

type ProblemTexts = Pick<Problem, "what" | "now" | "fix">;

const SHAPE = 'Write {allow, Who, Access, Topics}., such as {allow, {user, "meter"}, publish, ["meters/#"]}.';

const ACCESS: ReadonlyMap<string, readonly Action[]> = new Map([
  ["subscribe", ["subscribe"]],
  ["publish", ["publish"]],
  ["pubsub", ["publish", "subscribe"]],
  ["all", ["publish", "subscribe"]],
]);

function rulesOf(term: ErlangTerm, text: string, origin: Origin, warn: Warn): readonly AccessRule[] {
  if (term.kind !== "tuple") throw new ErlangFault("this is not a rule.", SHAPE, term);
  const [permission, who, access, topics, ...more] = term.items;
  const effect = effectOf(permission, term);
  if (who === undefined || more.length > 0 || (access !== undefined && topics === undefined)) {
    throw new ErlangFault(`a rule has two or four parts, and this one has ${term.items.length}.`, SHAPE, term);
  }
  const rule = {
    effect,
    who: whoOf(who),
    text: text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text,
    origin,
  };
  if (access === undefined || topics === undefined) {
    // {allow, "someone"} without topics has no meaning in EMQ, {allow, all} has
    if (who.kind !== "atom") throw new ErlangFault('a rule with two parts ends with "all".', SHAPE, who);
    return [withTopic({ ...rule, actions: ["publish", "subscribe"] }, { filter: "#", match: "any" })];
  }
  const actions = actionsOf(access, warn);
  return topicsOf(topics, warn).map((topic) => withTopic({ ...rule, actions }, topic));
}

/** Characters of a rule that messages repeat. */
const MAX_QUOTED = 120;

function withTopic(
  rule: Omit<AccessRule, "filter" | "placeholders" | "match">,
  { filter, match }: RuleTopic,
): AccessRule {
  const whole = { ...rule, filter, placeholders: match !== "any" && hasNames(filter) };
  return match === null ? whole : { ...whole, match };
}

function effectOf(term: ErlangTerm | undefined, rule: ErlangTerm): AccessRule["effect"] {
  if (term?.kind === "atom" && (term.text === "allow" || term.text === "deny")) return term.text;
  throw new ErlangFault('a rule begins with "allow" or "deny".', SHAPE, term ?? rule);
}

/** `publish`, or since EMQX 5 with conditions: `{publish, [{qos, 1}, {retain, false}]}`. */
function actionsOf(term: ErlangTerm, warn: Warn): readonly Action[] {
  if (term.kind === "tuple" && term.items.length === 2) {
    const [access, conditions] = term.items;
    if (access !== undefined && conditions !== undefined) {
      const actions = actionsOf(access, warn);
      checkConditions(conditions, actions, warn);
      return actions;
    }
  }
  const actions = term.kind === "atom" ? ACCESS.get(term.text) : undefined;
  if (actions !== undefined) return actions;
  const words = [...ACCESS.keys()];
  const meant = term.kind === "atom" ? closest(term.text, words) : null;
  const shown = "text" in term ? `"${term.text}"` : `this ${term.kind}`;
  throw new ErlangFault(
    `${shown} is not an access.`,
    meant === null ? `Use ${listed(words, "or")}.` : `Did you mean "${meant}"? (${words.join(", ")})`,
    term,
  );
}

/** Takes conditions that every message meets. Others cannot be kept, and to leave one out would change the rule. */
function checkConditions(term: ErlangTerm, actions: readonly Action[], warn: Warn): void {
  if (term.kind !== "list") {
    warn(term, "conditions without a list around them.", "They are read as one.", "Write [{retain, true}] for EMQ.");
  }
  for (const condition of term.kind === "list" ? term.items : [term]) {
    if (isAlwaysMet(condition, actions)) continue;
    throw new ErlangFault(
      "rules cannot depend on QoS or retain.",
      "Remove the condition, or write the rule for all messages.",
      condition,
    );
  }
}

function isAlwaysMet(term: ErlangTerm, actions: readonly Action[]): boolean {
  const [name, value] = term.kind === "tuple" ? term.items : [];
  if (name?.kind !== "atom" || value === undefined) return false;
  if (name.text === "retain") {
    // EMQ looks at it for PUBLISH only
    return !actions.includes("publish") || (value.kind === "atom" && value.text === "all");
  }
  if (name.text !== "qos" || value.kind !== "list") return false;
  const levels = new Set(value.items.flatMap((item) => (item.kind === "integer" ? [item.text] : [])));
  return ["0", "1", "2"].every((level) => levels.has(level));
}
