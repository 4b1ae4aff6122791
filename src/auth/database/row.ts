import { utf8Text } from "../../core/text.ts";

/** What a database has for one user or one rule: values by column, in the order of the answer. */
export type Row = Readonly<Record<string, unknown>>;

/** The text in a column; null where there is none. Binary columns hold text too. */
export function textIn(row: Row, column: string): string | null {
  const value = row[column];
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? utf8Text(value) : null;
}

/** Whether a query gave a column. */
export function has(row: Row, column: string): boolean {
  return Object.hasOwn(row, column);
}
