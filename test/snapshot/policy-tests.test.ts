import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clockTime } from "../../src/core/clock-time.ts";
import { firstDynsec } from "../../src/dynsec/first-dynsec.ts";
import { parsePolicyTests } from "../../src/settings/policy-tests.ts";
import { readPolicyTests, testPolicy } from "../../src/snapshot/policy-tests.ts";
import { createReading } from "../../src/snapshot/reading.ts";
import type { DynsecMoment, Snapshot } from "../../src/snapshot/types.ts";
import { identity } from "../acl/access-of.ts";
import { snapshotOf } from "../helpers/snapshot.ts";
import { tempFolder } from "../helpers/temp.ts";

const { policy } = snapshotOf({
  may: (action, _topic, { username, superuser }) => superuser || (action === "publish" && username === "plug"),
});
const RIGHT = "- {user: plug, publish: a, expect: allowed}\n- {user: plug, receive: a, expect: denied}\n";
const WRONG = "- {user: plug, receive: a, expect: allowed}\n";
const FAILED = "t.policy-test.yaml test 1 expects that user plug may receive a, and it may not: no rule allows a.";

function tested(
  text: string,
  previous: Snapshot | null,
  dynsec: DynsecMoment | null = null,
): ReturnType<typeof testPolicy> {
  return testPolicy(policy, { policyTests: parsePolicyTests(text, "t.policy-test.yaml"), dynsec }, previous, [
    "addons",
  ]);
}

function moment(): DynsecMoment {
  return { file: "dynsec.json", state: firstDynsec("x", "dynsec.json"), isIntact: true, problems: [] };
}

test("a policy that answers as expected is in force", () => {
  expect(tested(RIGHT, null)).toEqual({ policy, isRefused: false, problems: [] });
  expect(tested("- {user: Addons, receive: a, expect: allowed}", snapshotOf()).problems).toHaveLength(0);
});

test("one that does not leaves the moment before in force", () => {
  const fix = "Correct the rules or the test.";
  const now = `The configuration of ${clockTime(0)} stays in use.`;
  const problem = { severity: "error", what: FAILED, now, fix, where: { file: "t.policy-test.yaml" } };
  expect(tested(WRONG, snapshotOf())).toEqual({ policy, isRefused: true, problems: [problem] });
});

test("at the first start it is closed, but not to superusers", () => {
  const first = tested(WRONG, null);
  expect(first.isRefused).toBe(false);
  expect(first.problems.map(({ now }) => now)).toEqual(["No device may use any topic."]);
  const verdict = (superuser: boolean): string =>
    first.policy.for(identity({ username: "plug", superuser })).check("publish", "a").verdict;
  expect(verdict(false)).toBe("deny");
  expect(verdict(true)).toBe("allow");
});

test("clients and roles that were read anew are never held back, since commands work on them", () => {
  const dynsec = moment();
  expect(tested(WRONG, { ...snapshotOf(), dynsec }, dynsec).isRefused).toBe(true);
  const anew = tested(WRONG, { ...snapshotOf(), dynsec }, moment());
  expect(anew.isRefused).toBe(false);
  expect(anew.problems.map(({ now }) => now)).toEqual([
    "It is in use all the same, because the file of dynamic security changed too.",
  ]);
});

test("a folder that cannot be listed may have tests that fail; one that is not there has none", async () => {
  const folder = tempFolder();
  const path = join(folder, "house");
  expect(await readPolicyTests(path, createReading())).toEqual({ tests: [], faults: [] });
  writeFileSync(path, "");
  const policyTests = await readPolicyTests(path, createReading());
  const { policy: closed, problems } = testPolicy(policy, { policyTests, dynsec: null }, null, []);
  expect(problems).toEqual([
    {
      severity: "error",
      what: `The folder ${path} cannot be listed (ENOTDIR), so it is not known which policy tests are in it.`,
      now: "No device may use any topic.",
      fix: "Make it readable.",
      where: { file: path },
    },
  ]);
  expect(closed.for(identity({ username: "plug" })).check("publish", "a").verdict).toBe("deny");
});
