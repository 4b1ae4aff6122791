import { expect, test } from "vitest";
import { guardedAccess } from "../../src/broker/guarded-access.ts";
import { createLogger, type LogEntry } from "../../src/core/logger.ts";
import { allow } from "../../src/core/reasons.ts";
import type { Policy } from "../../src/core/types.ts";

const IDENTITY = { clientId: "dev", username: "u", superuser: false, source: "test", proof: null };
const ACTIONS = ["publish", "subscribe", "receive"] as const;

function guard(policy: Policy) {
  const lines: LogEntry[] = [];
  const log = createLogger(() => ({ types: new Set(["error"] as const), sinks: [(line) => lines.push(line)] }));
  return { access: guardedAccess(policy, IDENTITY, log), lines };
}

test("rules that work answer for themselves", () => {
  const asked: string[] = [];
  const { access, lines } = guard({
    for: ({ clientId }) => ({
      check(action, topic) {
        asked.push(`${clientId} ${action} ${topic}`);
        return allow("rules", undefined);
      },
      explain: () => [],
    }),
  });
  expect(access.check("publish", "a")).toMatchObject({ verdict: "allow", by: "rules" });
  expect(asked).toEqual(["dev publish a"]);
  expect(lines).toEqual([]);
});

test("rules are picked when they are first asked about something", () => {
  let picked = 0;
  const { access } = guard({
    for() {
      picked++;
      return { check: () => allow("rules", undefined), explain: () => [] };
    },
  });
  expect(picked).toBe(0);
  access.check("publish", "a");
  access.check("receive", "a");
  expect(picked).toBe(1);
  expect(access.prepare).toBeUndefined();
});

test("rules with sources that have to be asked first can be told to ask them", () => {
  const prepare = () => null;
  const { access } = guard({
    asks: true,
    for: () => ({ check: () => allow("rules", undefined), explain: () => [], prepare }),
  });
  expect(access.prepare).toBe(prepare);
});

test.each<[string, Policy]>([
  [
    "that break down when they are asked",
    {
      for: () => ({
        check() {
          throw new Error("no such rule");
        },
        explain: () => [],
      }),
    },
  ],
  [
    "that break down when they are picked",
    {
      for() {
        throw new Error("no such rule");
      },
    },
  ],
])("rules %s deny every action, and the log says so", (_name, policy) => {
  const { access, lines } = guard(policy);
  for (const action of ACTIONS) {
    const reason = { kind: `${action}_denied`, sentence: "the rules could not be asked" };
    expect(access.check(action, "a")).toEqual({ verdict: "deny", by: "broker", reason });
  }
  expect(lines[0]).toMatchObject({
    type: "error",
    message: "The rules could not be asked: no such rule",
    fields: { clientId: "dev", username: "u" },
  });
});
