import { isRawObject, type RawObject } from "../core/raw-object.ts";
import { filterFault } from "../core/topic.ts";
import type { AccessRule, Action } from "../core/types.ts";

/** Rules that a service sent along with its yes, or why they cannot be used. */
type ReplyRules = { readonly rules: readonly AccessRule[] } | { readonly fault: string };

interface Reading {
  /** As decisions call the place: "the answer of http". */
  readonly file: string;
  /** What a topic may name as ${client_attrs.x}. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What becomes of topics that no rule of a list is about: "next" leaves them to the next source of rules. */
  readonly unlisted: "deny" | "next";
}

/** What the words "publish", "subscribe" and "all" of EMQX stand for: who may subscribe to a topic may receive it. */
export const PUBLISH: readonly Action[] = ["publish"];
export const SUBSCRIBE: readonly Action[] = ["subscribe", "receive"];
export const ALL: readonly Action[] = ["publish", "subscribe", "receive"];

const ACTIONS: ReadonlyMap<unknown, readonly Action[]> = new Map<unknown, readonly Action[]>([
  ["publish", PUBLISH],
  ["pub", PUBLISH],
  ["subscribe", SUBSCRIBE],
  ["sub", SUBSCRIBE],
  ["all", ALL],
]);

/**
 * Reads the rules of an answer or a token as EMQX 5 has them; the first that matches decides:
 *
 *     [{"permission": "allow", "action": "all", "topic": "cmd/${username}/#"},
 *      {"permission": "deny", "action": "sub", "topics": ["eq #", "$SYS/#"]}]
 *
 * or, older, everything that is allowed: {"pub": ["a/b"], "sub": ["a/#"], "all": ["c"]}. One entry that cannot be kept
 * to the letter spoils the whole: without it the client could do more than was meant.
 */
export function readReplyRules(value: unknown, reading: Reading): ReplyRules {
  const rules: AccessRule[] = [];
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const fault = isRawObject(entry) ? addEntry(entry, rules, reading) : "it is no object";
      if (fault !== null) return { fault: `entry ${index + 1} of acl: ${fault}` };
    }
    return { rules: reading.unlisted === "deny" ? [...rules, nothingElse(reading)] : rules };
  }
  if (!isRawObject(value)) return { fault: "acl is neither a list nor an object" };
  for (const [name, topics] of Object.entries(value)) {
    const actions = name === "pub" || name === "sub" || name === "all" ? ACTIONS.get(name) : undefined;
    if (actions === undefined) return { fault: `"${name}" of acl is none of pub, sub and all` };
    const fault = addTopics(topics, { effect: "allow", actions, word: name }, rules, reading);
    if (fault !== null) return { fault: `${name} of acl: ${fault}` };
  }
  return { rules: [...rules, nothingElse(reading)] };
}

/** Another may be a condition: without it the entry would hold for more than was meant. */
const ENTRY_KEYS: readonly string[] = ["permission", "action", "topic", "topics", "qos", "retain"];

function addEntry(entry: RawObject, rules: AccessRule[], reading: Reading): string | null {
  const { permission, action, topic, topics = topic === undefined ? undefined : [topic] } = entry;
  if (permission !== "allow" && permission !== "deny") return `permission is ${quote(permission)}, not allow or deny`;
  const actions = ACTIONS.get(action);
  if (actions === undefined) return `action is ${quote(action)}, not publish, subscribe or all`;
  const excess = Object.keys(entry).find((key) => !ENTRY_KEYS.includes(key));
  if (excess !== undefined) return `it has ${quote(excess)}, which is not carried out here`;
  if (topic !== undefined && entry["topics"] !== undefined) return "it has both topic and topics";
  if (!isEveryQos(entry["qos"])) return "it is for some QoS only, which rules here are not";
  if (!isAny(entry["retain"])) return "it is for some retain flags only, which rules here are not";
  return addTopics(topics, { effect: permission, actions, word: String(action) }, rules, reading);
}

/** What rules of one kind have in common; `word` is the action as it was written. */
type Terms = Pick<AccessRule, "effect" | "actions"> & { readonly word: string };

/** Adds a rule for each topic; what is wrong with one of them, or null. */
export function addTopics(
  topics: unknown,
  terms: Terms,
  rules: AccessRule[],
  reading: Omit<Reading, "unlisted">,
): string | null {
  if (!Array.isArray(topics)) return `its topics are ${quote(topics)}, not a list`;
  for (const topic of topics) {
    if (typeof topic !== "string") return `a topic is ${quote(topic)}, not a text`;
    const isExact = topic.startsWith("eq ");
    const filter = fillAttributes(isExact ? topic.slice(3) : topic, reading.attributes);
    if (filter === null) return `the topic ${quote(topic)} names an attribute that cannot stand in a topic`;
    const fault = filterFault(filter);
    if (fault !== null) return `${quote(topic)} is no topic filter: ${fault}`;
    const { effect, actions, word } = terms;
    const text = `${effect} ${word} ${topic}`;
    const rule = { effect, who: EVERYONE, actions, filter, placeholders: true, text, origin: { file: reading.file } };
    rules.push(isExact ? { ...rule, match: "exact" } : rule);
  }
  return null;
}

const EVERYONE = { kind: "everyone" } as const;

/** The last rule of a list that is all there is. */
export function nothingElse({ file }: Pick<Reading, "file">): AccessRule {
  const text = "deny all that is not listed";
  const rest = { who: EVERYONE, actions: ALL, filter: "#", placeholders: false, text, origin: { file } };
  return { ...rest, effect: "deny", match: "any" };
}

/** null: there is none of that name, or it would make another topic of it. */
function fillAttributes(topic: string, attributes: Reading["attributes"]): string | null {
  let isWhole = true;
  const filled = topic.replace(/\$\{client_attrs\.([^}]*)\}/g, (_all, name: string) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (value === undefined || value === "" || /[+#/%$]/.test(value)) isWhole = false;
    return value ?? "";
  });
  return isWhole ? filled : null;
}

function isEveryQos(qos: unknown): boolean {
  return isAny(qos) || (Array.isArray(qos) && [0, 1, 2].every((level) => qos.includes(level)));
}

function isAny(value: unknown): boolean {
  return value === undefined || value === null || value === "all";
}

function quote(value: unknown): string {
  return value === undefined ? "missing" : (JSON.stringify(value) ?? "something else").slice(0, 100);
}
