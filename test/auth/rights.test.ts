import { expect, onTestFinished, test, vi } from "vitest";
import { withRights } from "../../src/auth/rights.ts";
import { BackendError } from "../../src/core/errors.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { AccessRule, Authenticator, Decision, Identity, LoginChain } from "../../src/core/types.ts";
import { client } from "./context.ts";

const { signal } = new AbortController();
const ANN: Identity = { clientId: "plug-1", username: "ann", superuser: false, source: "x", proof: null, rules: null };
const NO: Decision<Identity> = deny("x", { kind: "wrong_password", sentence: "no" });
const RULE: AccessRule = {
  effect: "allow",
  who: { kind: "everyone" },
  actions: ["publish"],
  filter: "home/#",
  placeholders: false,
  text: "row 1",
  origin: { file: "house" },
};

function chain(answer: Decision<Identity>): LoginChain {
  return {
    name: "login-chain",
    authenticate: () => answer,
    recheck: () => allow("x", undefined),
    mayReturn: () => allow("x", undefined),
    bars: () => null,
    exchange: () => ({ answer: () => allow("x", { identity: ANN, data: Buffer.from("bye") }) }),
  };
}

const authenticate = () => NO;
const house: Authenticator = { name: "house", authenticate, rights: async () => [RULE] };
const empty: Authenticator = { name: "empty", authenticate, rights: async () => [] };
const broken: Authenticator = {
  name: "broken",
  authenticate,
  rights: () => Promise.reject(new BackendError("connection refused")),
};
const GRANTS = [
  { source: "house", rules: [RULE] },
  { source: "empty", rules: [] },
];

test("a client that is let in brings the rules of each source along, in order", async () => {
  const answer = await withRights(chain(allow("x", ANN)), [house, empty]).authenticate(client("ann"), signal);
  expect(answer).toEqual(allow("x", { ...ANN, grants: GRANTS }));
});

test("so does one that proved itself in steps", async () => {
  const exchange = withRights(chain(NO), [house, empty]).exchange("SCRAM-SHA-256", client("ann"));
  expect(await exchange?.answer(null)).toMatchObject({ verdict: "allow", value: { identity: { grants: GRANTS } } });
});

test.each([
  ["who is refused", NO],
  ["a superuser", allow("x", { ...ANN, superuser: true })],
])("nobody is asked about %s", async (_, decision) => {
  expect(await withRights(chain(decision), [broken]).authenticate(client("ann"), signal)).toEqual(decision);
});

test("nothing is decided when one of them cannot say", async () => {
  await expect(withRights(chain(allow("x", ANN)), [house, broken]).authenticate(client("ann"), signal)).rejects.toThrow(
    new BackendError("connection refused"),
  );
});

test("without such a source a chain answers as before, at once", () => {
  const plain = chain(allow("x", ANN));
  expect(withRights(plain, [{ name: "logins", authenticate }])).toBe(plain);
});

test("who logged in before a source was added has to log in anew", () => {
  const asked = withRights(chain(NO), [house, empty]);
  expect(asked.recheck({ ...ANN, grants: GRANTS })).toMatchObject({ verdict: "allow" });
  expect(asked.recheck({ ...ANN, superuser: true })).toMatchObject({ verdict: "allow" });
  expect(asked.recheck({ ...ANN, grants: GRANTS.slice(1) })).toMatchObject({
    verdict: "deny",
    reason: { sentence: "it has to log in anew: its rules come from elsewhere" },
  });
});

test("its rules are asked for again when they no longer count, and what is new is told", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let rules: readonly AccessRule[] = [RULE];
  let isSilent = false;
  const changing: Authenticator = {
    name: "house",
    authenticate,
    rightsMs: 1000,
    async rights() {
      if (isSilent) throw new BackendError("connection refused");
      return rules;
    },
  };
  const asked = withRights(chain(allow("x", ANN)), [changing]);
  const answer = await asked.authenticate(client("ann"), signal);
  expect.assert(answer.verdict === "allow");
  const identity = answer.value;
  expect(asked.renew?.(identity, signal)).toBe(null);
  vi.advanceTimersByTime(1000);
  expect(await asked.renew?.(identity, signal)).toBe(null);
  rules = [];
  // not yet
  expect(asked.renew?.(identity, signal)).toBe(null);
  vi.advanceTimersByTime(1000);
  isSilent = true;
  expect(await asked.renew?.(identity, signal)).toBe(null);
  vi.advanceTimersByTime(1000);
  isSilent = false;
  expect(await asked.renew?.(identity, signal)).toEqual({ ...identity, grants: [{ source: "house", rules: [] }] });
  // who brought none is not asked about
  expect(asked.renew?.(ANN, signal)).toBe(null);
  vi.advanceTimersByTime(1000);
  expect(asked.renew?.(ANN, signal)).toBe(null);
});
