import { isRawObject } from "../../core/raw-object.ts";
import { utf8Text } from "../../core/text.ts";
import type { NamedRow } from "../database/acl-rows.ts";

/** What a hash of rules says. */
export interface FieldRows {
  /** As EMQX 5 has them. */
  readonly rows: readonly NamedRow[];
  readonly faults: readonly string[];
  /** Whether a value is one of EMQ 2, where a hash is all that a client may do. */
  readonly isEmq2: boolean;
}

/**
 * Reads the fields of a hash with rules, name and value by turns: a field is a topic filter, and what it allows there
 * is the value: 1, 2 or 3 in EMQ 2, a word or an object in EMQX 5.
 *
 *     home/%u/#        3
 *     t/1              subscribe
 *     t/2              {"action": "publish", "qos": [0, 1, 2]}
 */
export function rowsInFields(fields: readonly (readonly [Uint8Array, Uint8Array | null])[]): FieldRows {
  const rows: NamedRow[] = [];
  const faults: string[] = [];
  let isEmq2 = false;
  for (const [field, bytes] of fields) {
    // of an HMGET, a field that is not there
    if (bytes === null) continue;
    const [topic, value] = [utf8Text(field), utf8Text(bytes)];
    const name = `the field "${topic ?? "?"}"`;
    if (topic === null || value === null) {
      faults.push(`${name} is not UTF-8, and is left out`);
      continue;
    }
    const number = EMQ2.get(value);
    isEmq2 ||= /^\d+$/.test(value);
    const terms = number === undefined ? emqx5(value) : { action: number };
    if (terms === null) faults.push(`${name} has "${value}" as value, not ${WORDS}, and is left out`);
    else rows.push({ name, row: { ...terms, permission: "allow", topic } });
  }
  return { rows, faults, isEmq2 };
}

const EMQ2: ReadonlyMap<string, string> = new Map([
  ["1", "subscribe"],
  ["2", "publish"],
  ["3", "all"],
]);

const WORDS = "1, 2, 3, publish, subscribe, all or an object with one of them as action";

interface Terms {
  readonly action: unknown;
  readonly qos?: unknown;
  readonly retain?: unknown;
}

function emqx5(value: string): Terms | null {
  if (/^(?:publish|subscribe|all)$/i.test(value)) return { action: value };
  try {
    const object: unknown = JSON.parse(value);
    if (!isRawObject(object)) return null;
    const { action, qos, retain } = object;
    return { action, qos, retain };
  } catch {
    return null;
  }
}
