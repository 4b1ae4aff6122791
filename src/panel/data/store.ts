import { signal, type ReadonlySignal } from "@preact/signals";
import type { ClientInfo } from "../../core/api/clients.ts";
import type { LiveFrame, TailLine } from "../../core/api/live.ts";
import type { ProblemInfo } from "../../core/api/problems.ts";
import type { Overview } from "../../core/api/system.ts";

/** More rows than this are not held: a page with them would make a phone slow. */
export const MAX_ROWS = 2000;

export interface Rows<T> {
  readonly items: readonly T[];
  /** How many there are at the broker. */
  readonly total: number;
}

/** What the live channels said last; null: nothing yet. */
export interface Store {
  readonly overview: ReadonlySignal<Overview | null>;
  readonly clients: ReadonlySignal<Rows<ClientInfo> | null>;
  readonly problems: ReadonlySignal<Rows<ProblemInfo> | null>;
  /** Why the broker ended the connection. */
  readonly farewell: ReadonlySignal<string | null>;
  take(frame: LiveFrame): void;
  takeOverview(overview: Overview): void;
  /** Hears messages of the live view. */
  onTail(hear: (lines: readonly TailLine[], skipped: number) => void): void;
}

/** Keeps what the broker tells; the pages show it. */
export function createStore(): Store {
  const overview = signal<Overview | null>(null);
  const clients = signal<Rows<ClientInfo> | null>(null);
  const problems = signal<Rows<ProblemInfo> | null>(null);
  const farewell = signal<string | null>(null);
  let hearTail: (lines: readonly TailLine[], skipped: number) => void = () => {};

  return {
    overview,
    clients,
    problems,
    farewell,
    takeOverview(next) {
      overview.value = next;
    },
    onTail(hear) {
      hearTail = hear;
    },
    take(frame) {
      switch (frame.t) {
        case "tail":
          hearTail(frame.data, frame.skipped);
          return;
        case "bye":
          farewell.value = frame.reason;
          return;
        case "snapshot":
          if (frame.ch === "overview") overview.value = frame.data;
          else if (frame.ch === "clients") clients.value = rowsOf(frame.data, frame.total);
          else problems.value = rowsOf(frame.data);
          return;
        case "patch":
          if (frame.ch === "clients") clients.value = patched(clients.value, frame.data, frame.total);
          else problems.value = patched(problems.value, frame.data);
          return;
        default:
          // A newer server has more kinds of frames; what this page needs comes in those it knows.
          return;
      }
    },
  };
}

function rowsOf<T>(items: readonly T[], total = items.length): Rows<T> {
  return { items: items.slice(0, MAX_ROWS), total };
}

/** Changes rows in place and adds new ones at the end, so that a list does not jump under the finger. */
function patched<T extends { readonly id: string }>(
  rows: Rows<T> | null,
  { changed, gone }: { readonly changed: readonly T[]; readonly gone: readonly string[] },
  told?: number,
): Rows<T> {
  const before = rows ?? { items: [], total: 0 };
  const byId = new Map(before.items.map((item) => [item.id, item]));
  const known = byId.size;
  for (const id of gone) byId.delete(id);
  const left = byId.size;
  for (const item of changed) byId.set(item.id, item);
  const total = told ?? before.total - (known - left) + (byId.size - left);
  return { items: [...byId.values()].slice(0, MAX_ROWS), total };
}
