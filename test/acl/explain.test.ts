import { describe, expect, it } from "vitest";
import type { Action, Identity } from "../../src/core/types.ts";
import { accessOf } from "./access-of.ts";

const RULES = `topic read public/#
user meter
topic read meters/#
topic write meters/+/state
topic deny meters/secret
topic lights/#
pattern write dev/%u/#
pattern read cid/%c
pattern deny dev/%u/private
`;

function told(
  client: Partial<Identity>,
  action: Action,
  topic: string,
): readonly (readonly [string, boolean, string])[] {
  return accessOf(RULES, client)
    .explain(action, topic)
    .map(({ rule, matched, why }) => [`${rule.origin.line}: ${rule.text}`, matched, why] as const);
}

describe("an explanation", () => {
  const meter = { username: "meter" };

  it("shows each rule in the order it is tried, up to the one that decides", () => {
    expect(told(meter, "publish", "meters/1/state")).toEqual([
      ["5: topic deny meters/secret", false, "the filter meters/secret does not match"],
      ["3: topic read meters/#", false, "the filter meters/# matches, but the rule allows receiving only"],
      ["4: topic write meters/+/state", true, "the filter meters/+/state matches"],
    ]);
    expect(told(meter, "receive", "meters/1/state")).toEqual([
      ["5: topic deny meters/secret", false, "the filter meters/secret does not match"],
      ["3: topic read meters/#", true, "the filter meters/# matches"],
    ]);
  });

  it("ends with a denial that matches", () => {
    expect(told(meter, "receive", "meters/secret")).toEqual([
      ["5: topic deny meters/secret", true, "the filter meters/secret matches"],
    ]);
  });

  it("goes on with the patterns as they are for this client", () => {
    expect(told(meter, "receive", "cid/cid")).toEqual([
      ["5: topic deny meters/secret", false, "the filter meters/secret does not match"],
      ["3: topic read meters/#", false, "the filter meters/# does not match"],
      ["4: topic write meters/+/state", false, "the filter meters/+/state does not match"],
      ["6: topic lights/#", false, "the filter lights/# does not match"],
      ["9: pattern deny dev/%u/private", false, "the filter dev/%u/private, here dev/meter/private, does not match"],
      ["7: pattern write dev/%u/#", false, "the filter dev/%u/#, here dev/meter/#, does not match"],
      ["8: pattern read cid/%c", true, "the filter cid/%c, here cid/cid, matches"],
    ]);
  });

  it("says which value a pattern lacks", () => {
    expect(told({}, "publish", "dev/x")).toEqual([
      ["1: topic read public/#", false, "the filter public/# does not match"],
      ["9: pattern deny dev/%u/private", false, "%u has no value, since the client sent no user name"],
      ["7: pattern write dev/%u/#", false, "%u has no value, since the client sent no user name"],
      ["8: pattern read cid/%c", false, "the filter cid/%c, here cid/cid, does not match"],
    ]);
  });

  it("says that a pattern is closed to a dangerous name", () => {
    const why = 'the client id a+b contains "+" or "#"';
    expect(told({ username: "x", clientId: "a+b" }, "publish", "dev/x/1")).toEqual([
      ["9: pattern deny dev/%u/private", false, why],
      ["7: pattern write dev/%u/#", false, why],
      ["8: pattern read cid/%c", false, why],
    ]);
  });

  it("says what a topic with $ needs", () => {
    const [trial] = accessOf("topic read #").explain("receive", "$SYS/broker/uptime");
    expect(trial?.why).toBe(
      'the filter # does not match: a topic that begins with "$" needs a filter that does so too',
    );
  });

  it("tries no rule where the broker itself decides", () => {
    expect(told(meter, "publish", "$SYS/x")).toEqual([]);
    expect(told(meter, "subscribe", "lights/#")).toEqual([]);
  });
});
