import { load } from "js-yaml";
import { isIP } from "node:net";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import { filterFault, topicFault } from "../core/topic.ts";
import { listed } from "../core/words.ts";

/** What a client must be allowed or denied. */
export interface PolicyTest {
  /** Where it stands: "house.policy-test.yaml test 2". */
  readonly name: string;
  readonly file: string;
  /** null: anonymous. */
  readonly username: string | null;
  readonly clientId: string;
  /** null: no rule about addresses or listeners holds. */
  readonly address: string | null;
  readonly listener: string | null;
  readonly action: (typeof ACTIONS)[number];
  readonly topic: string;
  readonly expected: "allow" | "deny";
}

/** A test that cannot be asked; both are sentences. */
export interface PolicyTestFault {
  readonly file: string;
  readonly what: string;
  readonly fix: string;
}

export interface PolicyTests {
  readonly tests: readonly PolicyTest[];
  readonly faults: readonly PolicyTestFault[];
}

/** How the name of a file with policy tests ends. */
export const POLICY_TEST_ENDING = ".policy-test.yaml";

const ACTIONS = ["publish", "subscribe", "receive"] as const;
const KEYS = ["user", "client", "ip", "listener", ...ACTIONS, "expect"];
const SHAPE = "Write a list of tests such as {user: plug, publish: plugs/1, expect: allowed}.";

/**
 * Parses the tests of a file:
 *
 *     - {user: plug, client: c1, publish: plugs/1, expect: allowed}
 *     - {ip: 192.168.1.7, subscribe: "#", expect: denied}
 */
export function parsePolicyTests(text: string, file: string): PolicyTests {
  let list: unknown;
  try {
    list = load(text);
  } catch {
    return { tests: [], faults: [{ file, what: `${file}: this is not valid YAML.`, fix: SHAPE }] };
  }
  if (!Array.isArray(list)) return { tests: [], faults: [{ file, what: `${file}: this is no list.`, fix: SHAPE }] };
  const tests: PolicyTest[] = [];
  const faults: PolicyTestFault[] = [];
  for (const [index, item] of list.entries()) {
    const name = `${file} test ${index + 1}`;
    const parsed = isRawObject(item) ? parseTest(item, name, file) : "it is no object of names and values.";
    if (typeof parsed === "string") faults.push({ file, what: `${name}: ${parsed}`, fix: SHAPE });
    else tests.push(parsed);
  }
  return { tests, faults };
}

/** Gives a sentence where it cannot be used. */
function parseTest(raw: RawObject, name: string, file: string): PolicyTest | string {
  const unknown = Object.keys(raw).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `"${unknown}" is not known (${KEYS.join(", ")}).`;
  const notText = Object.keys(raw).find((key) => typeof raw[key] !== "string");
  if (notText !== undefined) return `"${notText}" is no text; put it in quotes.`;
  const text = (key: string): string | null => {
    const value = raw[key];
    return typeof value === "string" ? value : null;
  };
  const [action, second] = ACTIONS.filter((word) => text(word) !== null);
  const topic = action === undefined ? null : text(action);
  if (action === undefined || second !== undefined || topic === null)
    return `it needs one of ${listed(ACTIONS, "or")}.`;
  const fault = action === "subscribe" ? filterFault(topic) : topicFault(topic);
  if (fault !== null) return `"${action}: ${topic}": ${fault}.`;
  const address = text("ip");
  if (address !== null && isIP(address) === 0) return `"ip: ${address}" is no address.`;
  const expected = text("expect");
  if (expected !== "allowed" && expected !== "denied") return '"expect" must be allowed or denied.';
  return {
    name,
    file,
    username: text("user"),
    clientId: text("client") ?? "",
    address,
    listener: text("listener"),
    action,
    topic,
    expected: expected === "allowed" ? "allow" : "deny",
  };
}
