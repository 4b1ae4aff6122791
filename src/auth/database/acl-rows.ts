import { BackendError } from "../../core/errors.ts";
import { networkFault } from "../../core/network.ts";
import { filterFault } from "../../core/topic.ts";
import type { AccessRule, Action, Who } from "../../core/types.ts";
import { ALL, PUBLISH, SUBSCRIBE } from "../reply-rules.ts";
import { has, type Row, textIn } from "./row.ts";

/** The rules in the rows of an `acl_query`. */
export interface RowRules {
  /** In the order in which they are tried. */
  readonly rules: readonly AccessRule[];
  /** What is wrong with single rows, as sentences; those that would allow something are left out. */
  readonly faults: readonly string[];
}

/** A row, and what it is called in messages: "row 3". */
export interface NamedRow {
  readonly name: string;
  readonly row: Row;
  /** Its number from 1, where it has one that is always the same. */
  readonly line?: number;
}

export type RowOrder = "first_first" | "last_first";

/** A row whose words are understood. */
interface Draft {
  readonly effect: AccessRule["effect"];
  readonly actions: readonly Action[];
  readonly who: Who;
  readonly topic: string;
}

/** Why a row cannot be used, as the end of "row 3 ...". */
class RowFault extends Error {
  override readonly name = "RowFault";
}

/**
 * Reads the rows of an ACL table of either EMQ. Which one it is shows in the names of the columns:
 *
 *     EMQ 2    allow, ipaddr, username, clientid, access, topic    the last row is tried first, as EMQ does
 *     EMQX 5   permission, action, topic                           the first row is tried first
 *
 * Either may have `username`, `clientid` and `ipaddr` or `ipaddress`: what is not empty there must hold, all of it.
 * @throws BackendError when the columns are those of neither.
 */
export function rulesInRows(rows: readonly Row[], source: string, order: RowOrder | null): RowRules {
  const [sample] = rows;
  if (sample === undefined) return { rules: [], faults: [] };
  const read =
    has(sample, "allow") && has(sample, "access")
      ? emq2
      : has(sample, "permission") && has(sample, "action")
        ? emqx5
        : null;
  if (read === null || !has(sample, "topic")) {
    throw new BackendError("acl_query gives neither allow, access, topic nor permission, action, topic");
  }
  const isReversed = (order ?? (read === emq2 ? "last_first" : "first_first")) === "last_first";
  const file = `${source} acl_query${isReversed ? " (last row first)" : ""}`;
  const named = rows.map((row, index) => ({ name: `row ${index + 1}`, row, line: index + 1 }));
  const { rules, faults } = compile(named, read, file);
  return { rules: isReversed ? rules.toReversed() : rules, faults };
}

/** Reads rows of EMQX 5 that come from elsewhere than a table; decisions call that place `file`. */
export function rulesInNamedRows(rows: readonly NamedRow[], file: string): RowRules {
  return compile(rows, emqx5, file);
}

function compile(rows: readonly NamedRow[], read: (row: Row, report: Report) => Draft, file: string): RowRules {
  const faults: string[] = [];
  const rules = rows.flatMap(({ name, row, line }) => {
    const report = (what: string): void => void faults.push(`${name} ${what}`);
    try {
      return [ruleOf(read(row, report), line === undefined ? { file } : { file, line })];
    } catch (error) {
      if (!(error instanceof RowFault)) throw error;
      report(`${error.message}, and is left out`);
      return [];
    }
  });
  return { rules, faults };
}

type Report = (what: string) => void;

/** `allow` 1 or 0; `access` 1 subscribe, 2 publish, 3 both. */
function emq2(row: Row): Draft {
  const permitted = row["allow"];
  const allow = typeof permitted === "boolean" ? permitted : wordIn(row, "allow", { "1": true, "0": false });
  const effect = allow ? "allow" : "deny";
  const who = whoIn(row);
  // EMQ refuses it: a row for everyone says "$all"
  if (who.length === 0 && CONDITIONS.some((column) => has(row, column))) {
    throw new RowFault("is for nobody: username, clientid and ipaddr are empty");
  }
  const access = { "1": SUBSCRIBE, "2": PUBLISH, "3": ALL };
  return { effect, actions: wordIn(row, "access", access), who: together(who), topic: topicIn(row) };
}

/** `permission` allow or deny; `action` publish, subscribe or all; perhaps `qos` and `retain`. */
function emqx5(row: Row, report: Report): Draft {
  const effect = wordIn(row, "permission", { allow: "allow", deny: "deny" } as const);
  const actions = wordIn(row, "action", { publish: PUBLISH, subscribe: SUBSCRIBE, all: ALL });
  const narrow = NARROWING.find((column) => !isEvery(row[column]));
  if (narrow !== undefined) {
    // without it an allow rule would be wider than it was meant; a deny rule may be
    if (effect === "allow") throw new RowFault(`has a condition on ${narrow}, which is not carried out here`);
    report(`has a condition on ${narrow}, and denies without it`);
  }
  return { effect, actions, who: together(whoIn(row)), topic: topicIn(row) };
}

const CONDITIONS = ["username", "clientid", "ipaddr", "ipaddress"] as const;
const NARROWING = ["qos", "retain"] as const;

/** What `qos` and `retain` hold where they narrow nothing down. */
function isEvery(value: unknown): boolean {
  if (Array.isArray(value)) return [0, 1, 2].every((level) => value.includes(level));
  return value === undefined || value === null || value === "" || value === "all" || value === "0,1,2";
}

/** All that must hold for a client. */
function whoIn(row: Row): readonly Who[] {
  return CONDITIONS.flatMap((column): readonly Who[] => {
    const value = textIn(row, column) ?? "";
    if (value === "") return [];
    switch (column) {
      case "username":
        return [value === "$all" ? { kind: "everyone" } : { kind: "user", name: value }];
      case "clientid":
        return [{ kind: "client", id: value }];
      case "ipaddr":
      case "ipaddress":
        if (networkFault(value) !== null) throw new RowFault(`has "${value}" as ${column}, which is no address`);
        return [{ kind: "network", network: value }];
    }
  });
}

function together(who: readonly Who[]): Who {
  const [only] = who;
  if (only === undefined) return { kind: "everyone" };
  return who.length === 1 ? only : { kind: "all-of", who };
}

function wordIn<T>(row: Row, column: string, words: Readonly<Record<string, T>>): T {
  const text = textIn(row, column);
  const found = Object.entries(words).find(([word]) => word === text?.toLowerCase());
  if (found === undefined) {
    throw new RowFault(
      `has ${text === null ? "nothing" : `"${text}"`} as ${column}, not ${Object.keys(words).join(", ")}`,
    );
  }
  return found[1];
}

/** A filter; "eq a/+" is the text "a/+" alone. */
function topicIn(row: Row): string {
  const topic = textIn(row, "topic") ?? "";
  const fault = filterFault(withoutEq(topic));
  if (fault !== null) throw new RowFault(`has "${topic}" as topic: ${fault}`);
  return topic;
}

function withoutEq(topic: string): string {
  return topic.startsWith("eq ") ? topic.slice("eq ".length) : topic;
}

function ruleOf({ effect, actions, who, topic }: Draft, origin: AccessRule["origin"]): AccessRule {
  const filter = withoutEq(topic);
  const action = actions === ALL ? "publish and subscribe" : actions === PUBLISH ? "publish" : "subscribe";
  const rule = {
    effect,
    who,
    actions,
    filter,
    origin,
    placeholders: /%[uc]|\$\{/.test(filter),
    text: `${effect} ${action} ${topic}`,
  };
  return filter === topic ? rule : { ...rule, match: "exact" };
}
