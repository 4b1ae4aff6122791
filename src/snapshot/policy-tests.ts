import { join } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import { deny } from "../core/reasons.ts";
import type { Access, Identity, Policy, Problem } from "../core/types.ts";
import { parsePolicyTests, POLICY_TEST_ENDING, type PolicyTest, type PolicyTests } from "../settings/policy-tests.ts";
import type { Reading } from "./reading.ts";
import type { Snapshot, Sources } from "./types.ts";

interface TestedPolicy {
  /** What is in force: nobody may use a topic when the tests of a first start fail. */
  readonly policy: Policy;
  /** Whether the moment must not become current. */
  readonly isRefused: boolean;
  readonly problems: readonly Problem[];
}

/** Reads the files with tests in a folder; null: no folder is in use. */
export async function readPolicyTests(folder: string | null, reading: Reading): Promise<PolicyTests> {
  if (folder === null) return { tests: [], faults: [] };
  const { names, error } = await reading.names(folder);
  // a folder that is not there has none; that it is missing is said elsewhere
  if (names === null) return { tests: [], faults: error === "ENOENT" ? [] : [unlisted(folder, error)] };
  const read: PolicyTests[] = [];
  for (const name of names.filter((candidate) => candidate.endsWith(POLICY_TEST_ENDING)).toSorted()) {
    const found = await reading.text(join(folder, name));
    read.push(
      found.error === null
        ? parsePolicyTests(found.text, name)
        : { tests: [], faults: [unreadable(name, found.error, found.fix)] },
    );
  }
  return { tests: read.flatMap(({ tests }) => tests), faults: read.flatMap(({ faults }) => faults) };
}

function unlisted(folder: string, error: string): PolicyTests["faults"][number] {
  const what = `The folder ${folder} cannot be listed (${error}), so it is not known which policy tests are in it.`;
  return { file: folder, what, fix: "Make it readable." };
}

function unreadable(file: string, error: string, fix = "Make it readable."): PolicyTests["faults"][number] {
  return { file, what: `${file} cannot be read (${error}).`, fix };
}

/**
 * Asks the rules what the user's tests ask. If an answer is another than expected, the moment before stays, and at the
 * first start no topic may be used. Only with clients and roles that were read anew it goes on: commands work on them
 * from now on, and they must work on what is in force.
 */
export function testPolicy(
  policy: Policy,
  { policyTests, dynsec }: Pick<Sources, "policyTests" | "dynsec">,
  previous: Snapshot | null,
  reserved: readonly string[],
): TestedPolicy {
  const failures = [...policyTests.faults, ...policyTests.tests.flatMap((test) => failureOf(test, policy, reserved))];
  if (failures.length === 0) return { policy, isRefused: false, problems: [] };
  const isRefused = previous !== null && previous.dynsec?.state === dynsec?.state;
  const now = isRefused
    ? `The configuration of ${clockTime(previous.builtAtMs)} stays in use.`
    : previous === null
      ? "No device may use any topic."
      : "It is in use all the same, because the file of dynamic security changed too.";
  return {
    policy: previous === null ? closedPolicy(policy) : policy,
    isRefused,
    problems: failures.map(({ file, what, fix }) => ({ severity: "error", what, now, fix, where: { file } })),
  };
}

function failureOf(test: PolicyTest, policy: Policy, reserved: readonly string[]): PolicyTests["faults"] {
  const { username, action, topic, expected, name, file } = test;
  const decision = policy.for(identityOf(test, reserved)).check(action, topic);
  if ((decision.verdict === "allow" ? "allow" : "deny") === expected) return [];
  const who = username === null ? "a client without a user name" : `user ${username}`;
  const [wanted, found] = expected === "allow" ? ["may", "may not"] : ["may not", "may"];
  const what = `${name} expects that ${who} ${wanted} ${action} ${topic}, and it ${found}: ${decision.reason.sentence}.`;
  return [{ file, what, fix: "Correct the rules or the test." }];
}

function identityOf({ username, clientId, address, listener }: PolicyTest, reserved: readonly string[]): Identity {
  const superuser = username !== null && reserved.includes(username.toLowerCase());
  const identity: Identity = { clientId, username, superuser, source: "policy-tests", proof: null, rules: null };
  return {
    ...identity,
    ...(address === null ? {} : { address }),
    ...(listener === null ? {} : { listener }),
  };
}

function closedPolicy(policy: Policy): Policy {
  return { for: (identity) => (identity.superuser ? policy.for(identity) : CLOSED) };
}

const CLOSED: Access = {
  check: (action) =>
    deny("policy-tests", {
      kind: `${action}_denied`,
      sentence: "the policy tests fail, so no topic may be used",
      hint: "correct the rules or the tests; the log names them",
    }),
  explain: () => [],
};
