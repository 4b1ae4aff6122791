import { describe, expect, test } from "vitest";
import { parsePolicyTests } from "../../src/settings/policy-tests.ts";

const FILE = "house.policy-test.yaml";
const SHAPE = "Write a list of tests such as {user: plug, publish: plugs/1, expect: allowed}.";

describe("a file of policy tests", () => {
  test("asks for any client and any action", () => {
    const text = `# what must hold
- {user: plug, client: c1, listener: "1883", publish: plugs/1, expect: allowed}
- ip: 192.168.1.7
  subscribe: "#"
  expect: denied
- {user: plug, receive: alarm/x, expect: denied}
`;
    const common = { file: FILE, username: null, clientId: "", address: null, listener: null };
    expect(parsePolicyTests(text, FILE)).toEqual({
      faults: [],
      tests: [
        {
          ...common,
          name: `${FILE} test 1`,
          username: "plug",
          clientId: "c1",
          listener: "1883",
          action: "publish",
          topic: "plugs/1",
          expected: "allow",
        },
        {
          ...common,
          name: `${FILE} test 2`,
          address: "192.168.1.7",
          action: "subscribe",
          topic: "#",
          expected: "deny",
        },
        { ...common, name: `${FILE} test 3`, username: "plug", action: "receive", topic: "alarm/x", expected: "deny" },
      ],
    });
  });

  test.each([
    ["- {", `${FILE}: this is not valid YAML.`],
    ["publish: a", `${FILE}: this is no list.`],
    ["", `${FILE}: this is not valid YAML.`],
    ["- a", `${FILE} test 1: it is no object of names and values.`],
    [
      "- {usr: a, publish: a, expect: allowed}",
      `${FILE} test 1: "usr" is not known (user, client, ip, listener, publish, subscribe, receive, expect).`,
    ],
    ["- {user: 1, publish: a, expect: allowed}", `${FILE} test 1: "user" is no text; put it in quotes.`],
    ["- {user: a, expect: allowed}", `${FILE} test 1: it needs one of publish, subscribe or receive.`],
    ["- {publish: a, receive: a, expect: allowed}", `${FILE} test 1: it needs one of publish, subscribe or receive.`],
    [
      '- {publish: "a/#", expect: allowed}',
      `${FILE} test 1: "publish: a/#": a topic name has no wildcards ("+" or "#").`,
    ],
    [
      "- {subscribe: a/#/b, expect: allowed}",
      `${FILE} test 1: "subscribe: a/#/b": "#" must be the last level and stand alone in it.`,
    ],
    ["- {ip: home, publish: a, expect: allowed}", `${FILE} test 1: "ip: home" is no address.`],
    ["- {publish: a, expect: true}", `${FILE} test 1: "expect" is no text; put it in quotes.`],
    ["- {publish: a, expect: allow}", `${FILE} test 1: "expect" must be allowed or denied.`],
    ["- {publish: a}", `${FILE} test 1: "expect" must be allowed or denied.`],
  ])("%j is a fault", (text, what) => {
    expect(parsePolicyTests(text, FILE)).toEqual({ tests: [], faults: [{ file: FILE, what, fix: SHAPE }] });
  });
});
