import { linesOf } from "../../core/text.ts";
import type { AccessRule, Problem, Who } from "../../core/types.ts";
import { hasPlaceholders } from "../placeholders.ts";
import { createAclProblems } from "./acl-problems.ts";
import type { AclProblems } from "./acl-problems.ts";
import { accessMeantBy, ACTIONS, parseAclLine } from "./acl-line.ts";
import type { RuleLine } from "./acl-line.ts";

interface ParsedAclFile {
  /** null: the file has an error and is rejected as a whole. */
  readonly rules: readonly AccessRule[] | null;
  readonly problems: Problem[];
}

/**
 * Parses an ACL file of Mosquitto:
 *
 *     # before the first user: clients without a user name
 *     topic read public/#
 *     user meter
 *     topic readwrite meters/#
 *     topic deny meters/secret
 *     # everyone, wherever it stands
 *     pattern write devices/%u/state
 *
 * `whenBroken` is the sentence that says what happens when the file is rejected. One error is enough for that: the
 * lost line might have been a denial. Every fault is collected.
 */
export function parseAclFile(text: string, file: string, whenBroken: string): ParsedAclFile {
  const problems = createAclProblems(file, whenBroken);
  const rules: AccessRule[] = [];
  if (text.startsWith("\uFEFF")) problems.byteOrderMark();
  let who: Who = { kind: "anonymous" };
  let firstUser: string | null = null;
  for (const [index, content] of linesOf(text.replace(/^\uFEFF/, "")).entries()) {
    const number = index + 1;
    const line = parseAclLine(content);
    switch (line.kind) {
      case "blank":
        break;
      case "comment":
        if (line.indented) problems.indentedComment(number);
        break;
      case "fault":
        problems.fault(number, line.what, line.fix);
        // whoever was meant, the rules that follow are not for anonymous clients
        if (line.word === "user") who = { kind: "user", name: "" };
        break;
      case "user":
        if (line.hasTabs) problems.tabs(number);
        if (/\s#/.test(line.name)) problems.commentInName(number, line.name);
        who = { kind: "user", name: line.name };
        firstUser ??= line.name;
        break;
      case "rule":
        warnAboutRule(line, number, problems);
        rules.push(ruleOf(line, who, { file, line: number }));
        break;
    }
  }
  problems.finish(rules, firstUser);
  return { rules: problems.hasError() ? null : rules, problems: problems.all() };
}

/**
 * Warns about system users for whom the file has no rule: Mosquitto would lock them out. A rule that opens every
 * topic to everyone serves them too; one with a placeholder or a narrower filter is meant for devices.
 */
export function missingUsers(rules: readonly AccessRule[], names: readonly string[], file: string): Problem[] {
  if (rules.some(opensEverything)) return [];
  return names
    .filter((name) => !rules.some(({ who }) => who.kind === "user" && who.name === name))
    .map((name) => ({
      severity: "warning",
      what: `${file} has no rule for user ${name}.`,
      now: `${ownerOf(name)} full access through the built-in rule.`,
      fix: `Add "user ${name}" and below it "topic readwrite #" if Mosquitto is to use the file too.`,
      where: { file },
    }));
}

function warnAboutRule(line: RuleLine, number: number, problems: AclProblems): void {
  const { word, access, filter, hasTabs } = line;
  if (hasTabs) problems.tabs(number);
  if (access === null) {
    const meant = accessMeantBy(filter);
    if (meant === filter) problems.accessAsFilter(number, word, filter);
    else if (meant !== null) problems.misspeltAccess(number, word, filter, meant);
  }
  const placeholder = /%[uc]/.exec(filter)?.[0];
  if (word === "topic") {
    if (placeholder !== undefined) problems.placeholderInTopic(number, placeholder);
  } else if (placeholder === undefined) {
    problems.patternForEveryone(number);
  } else {
    const partial = filter.split("/").find((level) => /%[uc]/.test(level) && level.length > 2);
    if (partial !== undefined) problems.partialPlaceholder(number, partial);
  }
}

function ruleOf({ word, access, filter }: RuleLine, who: Who, origin: AccessRule["origin"]): AccessRule {
  return {
    effect: access === "deny" ? "deny" : "allow",
    who: word === "pattern" ? { kind: "everyone" } : who,
    actions: ACTIONS[access ?? "readwrite"],
    filter,
    placeholders: word === "pattern" && hasPlaceholders(filter),
    text: access === null ? `${word} ${filter}` : `${word} ${access} ${filter}`,
    origin,
  };
}

function opensEverything({ effect, who, actions, filter }: AccessRule): boolean {
  return effect === "allow" && who.kind === "everyone" && filter === "#" && actions.length === 2;
}

function ownerOf(name: string): string {
  if (name === "homeassistant") return "Home Assistant keeps";
  if (name === "addons") return "Home Assistant's apps keep";
  return "This user keeps";
}
