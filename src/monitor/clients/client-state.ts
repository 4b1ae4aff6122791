import type { ClientState } from "../../core/api/clients.ts";
import type { ClientFacts } from "../../core/client-facts.ts";
import type { Entry } from "./book.ts";
import { usualAwayMs } from "./rhythm.ts";

/** How a client is. */
export interface StateNow {
  readonly state: ClientState;
  /** Since when it is so. */
  readonly sinceMs: number;
  /** When it is back by habit, or should have been; null: it has none. */
  readonly dueMs: number | null;
}

/** Tells it from its session (null: it has none) and from what is remembered of it. */
export function stateOf(
  entry: Entry | undefined,
  known: ClientFacts | null,
  { nowMs, startedAtMs }: { readonly nowMs: number; readonly startedAtMs: number },
): StateNow {
  const connection = known?.connection ?? null;
  if (connection !== null) return { state: "connected", sinceMs: connection.sinceMs, dueMs: null };
  if (entry !== undefined && entry.refusedAtMs > 0)
    return { state: "refused", sinceMs: entry.refusedAtMs, dueMs: null };
  const leftAtMs = entry?.leftAtMs || known?.awaySinceMs || startedAtMs;
  const usualMs = entry === undefined ? null : usualAwayMs(entry.rhythm);
  if (usualMs !== null) {
    const dueMs = leftAtMs + usualMs;
    return nowMs > dueMs ? { state: "overdue", sinceMs: dueMs, dueMs } : { state: "asleep", sinceMs: leftAtMs, dueMs };
  }
  return { state: known === null ? "gone" : "asleep", sinceMs: leftAtMs, dueMs: null };
}
