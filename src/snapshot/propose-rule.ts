import { parseAclLine } from "../acl/formats/acl-line.ts";
import { parseAclFile } from "../acl/formats/acl-file.ts";
import { parseErlangAcl } from "../acl/formats/erlang-acl.ts";
import { compilePolicy, type AclRules } from "../acl/policy.ts";
import type { Suggestion } from "../core/api/access.ts";
import { isAllowed } from "../core/reasons.ts";
import type { AccessRule, RuleTrial } from "../core/types.ts";
import type { Question, Rules } from "./explain.ts";
import { isDefaultTrial } from "../dynsec/trials.ts";
import { DYNSEC } from "./dynsec-login.ts";
import { proposeEntry, type DynsecCommand } from "./propose-entry.ts";

/** The smallest rule that would allow what was denied. */
export interface Proposal {
  readonly suggestion: Suggestion;
  /** What writes it, for dynamic security; none: its file is the owner's. */
  readonly commands: readonly DynsecCommand[];
}

/** Finds the smallest rule that would turn a no into a yes; null: there is none that can be named. */
export function proposeRule(rules: Rules, question: Question, trials: readonly RuleTrial[]): Proposal | null {
  const sources = rules.settings.aclTerms.sources ?? [DYNSEC, "files"];
  const deciding = trials.findLast(({ matched }) => matched) ?? null;
  if (sources.includes(DYNSEC) && rules.dynsec !== null) {
    const entry = proposeEntry(rules.dynsec, question, deciding);
    if (entry !== null) return entry;
  }
  const { acl } = rules.listenerFiles.get(question.identity.listener ?? "") ?? rules;
  if (!sources.includes("files") || acl === null) return null;
  // the denial of another source would still stand before it
  if (deciding !== null && !acl.value.rules.includes(deciding.rule) && !isDefaultTrial(deciding)) return null;
  const line = acl.value.order === "mosquitto" ? mosquittoLine(acl.value, question) : erlangLine(acl.value, question);
  if (line === null || !wouldAllow(acl.value, line, question)) return null;
  return { suggestion: { ...line.suggestion, writable: false }, commands: [] };
}

/** A line, and where it goes. */
interface Line {
  readonly rule: AccessRule;
  /** Place among the rules. */
  readonly at: number;
  readonly suggestion: Omit<Suggestion, "writable">;
}

/** `topic write lights/x` below `user meter`. */
function mosquittoLine({ rules }: AclRules, { identity, action, topic }: Question): Line | null {
  if (action === "subscribe") return null;
  const { username } = identity;
  const file = rules[0]?.origin.file ?? "the ACL file";
  const text = `topic ${action === "publish" ? "write" : "read"} ${topic}`;
  const section = username === null ? [] : [`user ${username}`];
  const read = parseAclFile([...section, text].join("\n"), file, "").rules?.[0];
  // what the file would read as something else cannot stand in it
  if (read === undefined || read.filter !== topic || parseAclLine(text).kind !== "rule") return null;
  if (username !== null && (read.who.kind !== "user" || read.who.name !== username)) return null;
  const own = rules.filter(({ who }) =>
    username === null ? who.kind === "anonymous" : who.kind === "user" && who.name === username,
  );
  const heading = own.length > 0 ? same(section) : added(section);
  const diff = [...heading, ...same(own.map((rule) => rule.text)), ...added([text])];
  const lines = own.length > 0 || username === null ? [text] : [...section, text];
  return { rule: read, at: rules.length, suggestion: { add: lines.join("\n"), to: file, diff } };
}

/** `{allow, {user, "meter"}, publish, ["lights/x"]}.` before the rule that denies it. */
function erlangLine({ rules }: AclRules, { identity, action, topic }: Question): Line | null {
  const { username, clientId } = identity;
  const file = rules[0]?.origin.file ?? "the ACL file";
  const who = username === null ? `{client, "${clientId}"}` : `{user, "${username}"}`;
  const verb = action === "publish" ? "publish" : "subscribe";
  const text = `{allow, ${who}, ${verb}, ["${topic}"]}.`;
  const read = parseErlangAcl(text, file, "").rules;
  const rule = read?.[0];
  if (read?.length !== 1 || rule === undefined || rule.filter !== topic || rule.placeholders) return null;
  const isForIt =
    username === null
      ? rule.who.kind === "client" && rule.who.id === clientId
      : rule.who.kind === "user" && rule.who.name === username;
  if (!isForIt || (username === null && clientId === "")) return null;
  const denying = compilePolicy({ rules, order: "first-match", anonymous: null })
    .for(identity)
    .explain(action, topic)
    .findLast(({ matched }) => matched);
  const at = denying === undefined ? rules.length : rules.indexOf(denying.rule);
  const before = rules.slice(Math.max(0, at - 1), at).map((other) => other.text);
  const after = rules.slice(at, at + 1).map((other) => other.text);
  return { rule, at, suggestion: { add: text, to: file, diff: [...same(before), ...added([text]), ...same(after)] } };
}

function wouldAllow({ order, rules }: AclRules, { rule, at }: Line, { identity, action, topic }: Question): boolean {
  const policy = compilePolicy({ rules: rules.toSpliced(at, 0, rule), order, anonymous: null });
  return isAllowed(policy.for(identity).check(action, topic));
}

/** Lines that are there already. */
function same(lines: readonly string[]): Suggestion["diff"] {
  return lines.map((text) => ({ kind: "same", text }));
}

/** Lines that would come. */
function added(lines: readonly string[]): Suggestion["diff"] {
  return lines.map((text) => ({ kind: "added", text }));
}
