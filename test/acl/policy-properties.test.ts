import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/acl/policy.ts";
import type { AccessRule, Identity } from "../../src/core/types.ts";
import { identity, rulesOf } from "./access-of.ts";

const NAMES = ["alice", "bob", "a/b", "x+y", "", "$a", "__proto__", "%u"];
const LEVELS = ["a", "b", "alice"];
const ODD_LEVELS = ["", "$a", "__proto__"];

const level = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...LEVELS) }, fc.constantFrom(...ODD_LEVELS));
const filters = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constantFrom("+", "%u", "%c", "x%u")), { maxLength: 2 }),
    fc.constantFrom("#", "+", "a", "b", "%u", "%c"),
  )
  .map(([before, last]) => [...before, last].join("/"));
const ruleLines = fc
  .tuple(fc.constantFrom("topic", "topic", "pattern"), fc.constantFrom("read", "write", "readwrite", "deny"), filters)
  .map((words) => words.join(" "));
const userLines = fc.constantFrom("user alice", "user bob", "user a/b", "user __proto__", "user x+y");
const files = fc
  .array(fc.oneof({ weight: 4, arbitrary: ruleLines }, { weight: 1, arbitrary: userLines }), {
    minLength: 3,
    maxLength: 14,
  })
  .map((lines) => lines.join("\n"));
const clients = fc.record({
  username: fc.oneof(fc.constant(null), fc.constantFrom(...NAMES)),
  clientId: fc.constantFrom("bob", "c1", "a/b", "c#", "", "$a"),
});
const topics = fc
  .array(level, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"))
  .filter((topic) => topic !== "");
const questions = fc.array(fc.tuple(fc.constantFrom("publish", "receive"), topics), { minLength: 6, maxLength: 12 });

describe("any ACL file", () => {
  it("is decided as the description of Mosquitto says, also when asked again", () => {
    let allowed = 0;
    fc.assert(
      fc.property(files, clients, questions, (file, client, asked) => {
        const rules = rulesOf(file);
        const access = compilePolicy({ rules, anonymous: null }).for(identity(client));
        for (const [action, topic] of asked) {
          const expected = naive(rules, identity(client), action, topic) ? "allow" : "deny";
          expect(access.check(action, topic).verdict).toBe(expected);
          expect(access.check(action, topic).verdict).toBe(expected);
          if (expected === "allow") allowed++;
        }
      }),
      { numRuns: 1_000 },
    );
    // the files are not so strange that everything is denied
    expect(allowed).toBeGreaterThan(500);
  });

  it("is explained as it is decided", () => {
    fc.assert(
      fc.property(files, clients, questions, (file, client, asked) => {
        const access = compilePolicy({ rules: rulesOf(file), anonymous: null }).for(identity(client));
        for (const [action, topic] of asked) {
          const { verdict, reason } = access.check(action, topic);
          const trials = access.explain(action, topic);
          const decider = trials.find(({ matched }) => matched);
          expect(verdict).toBe(decider?.rule.effect ?? "deny");
          expect(reason.where?.line).toBe(decider?.rule.origin.line);
          // what was tried ends with the rule that decides
          expect(trials.at(-1)).toBe(decider ?? trials.at(-1));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("never refuses a subscription", () => {
    fc.assert(
      fc.property(files, clients, filters, (file, client, filter) => {
        const access = compilePolicy({ rules: rulesOf(file), anonymous: null }).for(identity(client));
        expect(access.check("subscribe", filter).verdict).toBe("allow");
        expect(access.explain("subscribe", filter)).toEqual([]);
      }),
    );
  });
});

/** Mosquitto's evaluation, written for reading, without any of the shapes the policy uses. */
function naive(rules: readonly AccessRule[], client: Identity, action: "publish" | "receive", topic: string): boolean {
  if (topic.startsWith("$SYS") || topic.startsWith("$share")) throw new Error("not part of this test");
  const { username, clientId } = client;
  const own = rules.filter(({ who }) => {
    return username === null ? who.kind === "anonymous" : who.kind === "user" && who.name === username;
  });
  const patterns = rules.filter(({ who }) => who.kind === "everyone");

  const answer = (list: readonly AccessRule[]): boolean | null => {
    const hits = list.filter((rule) => levelsMatch(filled(rule, client), topic));
    if (hits.some(({ effect }) => effect === "deny")) return false;
    return hits.some(({ actions }) => actions.includes(action)) ? true : null;
  };

  const first = answer(own);
  if (first !== null) return first;
  if (/[+#]/.test(`${username ?? ""}${clientId}`)) return false;
  return answer(patterns) ?? false;
}

/** null stands for a level that nothing matches. */
function filled(rule: AccessRule, { username, clientId }: Identity): readonly (string | null)[] {
  const parts = rule.filter.split("/");
  if (!rule.text.startsWith("pattern ")) return parts;
  return parts.flatMap((part, at) => {
    const value = part === "%u" ? username : part === "%c" ? clientId : undefined;
    if (value === undefined) return [part];
    if (value === null || value === "" || (at === 0 && value.startsWith("$"))) return [null];
    return value.split("/");
  });
}

function levelsMatch(wanted: readonly (string | null)[], topic: string): boolean {
  if (wanted.includes(null)) return false;
  const parts = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  const fixed = wanted.at(-1) === "#" ? wanted.slice(0, -1) : wanted;
  const hasRoom = fixed.length === wanted.length ? parts.length === fixed.length : parts.length >= fixed.length;
  return hasRoom && fixed.every((part, at) => part === "+" || part === parts[at]);
}
