import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { readMosquittoDb } from "./broker/mosquitto-db/state.ts";
import { copyRetained } from "./broker/retained-copy/copy.ts";
import type { RemoteAddress } from "./broker/retained-copy/remote.ts";
import { type Merged, type MergeOptions, mergeState, wasImported } from "./broker/storage/merge.ts";
import { type ImportDone, type ImportOutcome, movedLine } from "./cli/import-report.ts";
import type { Problem } from "./core/types.ts";
import { fileProblem, remoteProblem, storeProblem } from "./import-problems.ts";

/** The store to import into, and whether what comes takes the place of what it has. */
export interface ImportTarget {
  readonly store: string;
  readonly replaces: boolean;
}

/** Imports what a mosquitto.db holds: all or nothing. */
export function importFile(file: string, target: ImportTarget): ImportOutcome {
  const bytes = attempt(
    () => readFileSync(file),
    (error) => fileProblem(file, error),
  );
  return bytes.kind === "failed" ? bytes : importBytes(file, bytes.value, target);
}

/** Says what a mosquitto.db holds, in one line; "imported": it was imported into this store before. */
export function surveyFile(file: string, bytes: Buffer, store: string): SurveyOutcome {
  const known = attempt(
    () => wasImported(store, digestOf(bytes)),
    (error) => storeProblem(store, error),
  );
  if (known.kind === "failed") return known;
  if (known.value) return { kind: "imported" };
  const read = attempt(
    () => readMosquittoDb(bytes, Date.now()),
    (error) => fileProblem(file, error),
  );
  if (read.kind === "failed") return read;
  const { sessions, retained } = read.value.state;
  return {
    kind: "found",
    what: movedLine({
      retained: retained.length,
      sessions: sessions.length,
      subscriptions: sessions.reduce((sum, session) => sum + session.subscriptions.length, 0),
      queued: sessions.reduce((sum, session) => sum + session.deliveries.length, 0),
    }),
  };
}

type SurveyOutcome =
  | { readonly kind: "found"; readonly what: string }
  | { readonly kind: "imported" }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Imports a mosquitto.db unless it was imported before; null: there is nothing to do. */
export function importNewFile(file: string, store: string): ImportOutcome | null {
  const bytes = attempt(
    () => readFileSync(file),
    (error) => fileProblem(file, error),
  );
  if (bytes.kind === "failed") return bytes;
  const known = attempt(
    () => wasImported(store, digestOf(bytes.value)),
    (error) => storeProblem(store, error),
  );
  if (known.kind === "failed") return known;
  return known.value ? null : importBytes(file, bytes.value, { store, replaces: false });
}

/** Copies the retained messages of a running broker. `name` is its address as the user wrote it. */
export async function importRetained(
  name: string,
  address: RemoteAddress,
  target: ImportTarget,
): Promise<ImportOutcome> {
  try {
    const { messages, missing } = await copyRetained(address, Date.now);
    const merged = merge({ sessions: [], retained: messages }, target, null);
    return merged.kind === "failed" ? merged : done(name, target, merged.value, { missing });
  } catch (error) {
    return { kind: "failed", problem: remoteProblem(name, error) };
  }
}

function importBytes(file: string, bytes: Buffer, target: ImportTarget): ImportOutcome {
  const read = attempt(
    () => readMosquittoDb(bytes, Date.now()),
    (error) => fileProblem(file, error),
  );
  if (read.kind === "failed") return read;
  const { state, expired, ended, loose } = read.value;
  const merged = merge(state, target, digestOf(bytes));
  return merged.kind === "failed" ? merged : done(file, target, merged.value, { expired, ended, loose });
}

function merge(
  state: Parameters<typeof mergeState>[1],
  { store, replaces }: ImportTarget,
  digest: MergeOptions["digest"],
): Attempt<Merged> {
  return attempt(
    () => {
      accessSync(dirname(store), constants.W_OK);
      return mergeState(store, state, { replaces, digest, nowMs: Date.now() });
    },
    (error) => storeProblem(store, error),
  );
}

function done(
  from: string,
  { store }: ImportTarget,
  { keptSessions, keptRetained, ...moved }: Merged,
  skipped: Partial<ImportDone["skipped"]>,
): ImportDone {
  const none = { expired: 0, ended: 0, loose: 0, missing: 0 };
  return { kind: "done", from, store, ...moved, skipped: { ...none, ...skipped, keptSessions, keptRetained } };
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

type Attempt<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "failed"; readonly problem: Problem };

function attempt<T>(what: () => T, problemOf: (error: unknown) => Problem): Attempt<T> {
  try {
    return { kind: "value", value: what() };
  } catch (error) {
    return { kind: "failed", problem: problemOf(error) };
  }
}
