import type { Problem } from "../core/types.ts";
import { counted, listed } from "../core/words.ts";

/** What an import came to. */
export type ImportOutcome = ImportDone | { readonly kind: "failed"; readonly problem: Problem };

/** How much was imported, and how much was not. */
export interface ImportDone {
  readonly kind: "done";
  /** File or address. */
  readonly from: string;
  readonly store: string;
  readonly retained: number;
  readonly sessions: number;
  readonly subscriptions: number;
  readonly queued: number;
  readonly skipped: {
    /** Messages whose expiry is over. */
    readonly expired: number;
    /** Sessions whose expiry is over, or that end with their connection. */
    readonly ended: number;
    /** Entries whose session or message the file does not hold. */
    readonly loose: number;
    readonly keptSessions: number;
    readonly keptRetained: number;
    /** Retained messages that a running broker counts and does not show. */
    readonly missing: number;
  };
}

/** "5 retained messages, 2 sessions, 3 subscriptions and 0 queued messages". */
export function movedLine({
  retained,
  sessions,
  subscriptions,
  queued,
}: Pick<ImportDone, "retained" | "sessions" | "subscriptions" | "queued">): string {
  const parts = [
    counted(retained, "retained message"),
    counted(sessions, "session"),
    counted(subscriptions, "subscription"),
    counted(queued, "queued message"),
  ];
  return listed(parts, "and");
}

/** Says in lines what was imported, and what was not and why. */
export function importReport(done: ImportDone): readonly string[] {
  const { from, store, skipped } = done;
  const reasons: readonly (readonly [number, string, string])[] = [
    [skipped.expired, "message", "expired"],
    [skipped.ended, "session", "expired, or ended with the connection"],
    [skipped.loose, "entry", "the session or the message it belongs to is not in the file"],
    [skipped.keptSessions, "session", "the store has one with the same client id, which stays"],
    [skipped.keptRetained, "retained message", "the store has one of the same topic, which stays"],
    [skipped.missing, "retained message", "the broker counts more than it shows to this user"],
  ];
  return [
    `${from}: ${movedLine(done)} imported into ${store}.`,
    ...reasons
      .filter(([count]) => count > 0)
      .map(([count, noun, why]) => `Not imported: ${countedEntries(count, noun)} (${why}).`),
  ];
}

function countedEntries(count: number, noun: string): string {
  return noun === "entry" && count !== 1 ? `${count} entries` : counted(count, noun);
}
