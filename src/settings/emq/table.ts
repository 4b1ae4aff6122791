import { authRows } from "./auth-rows.ts";
import { listenerRows } from "./listener-rows.ts";
import { mqttRows } from "./mqtt-rows.ts";
import { patternOf } from "./pattern.ts";
import type { EmqRow } from "./row.ts";

/** Every name of EMQ's conf files that is known here. Where two fit, the first counts. */
export const emqRows: readonly EmqRow[] = [...mqttRows, ...listenerRows, ...authRows];

const ROWS = emqRows.map((row) => ({ row, pattern: patternOf(row.name) }));

/** Finds the row of a name. */
export function findEmqRow(name: string): EmqRow | null {
  return ROWS.find(({ pattern }) => pattern.test(name))?.row ?? null;
}
