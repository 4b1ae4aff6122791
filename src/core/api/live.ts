import type { ClientInfo } from "./clients.ts";
import type { ProblemInfo } from "./problems.ts";
import type { Overview } from "./system.ts";
import type { Preview } from "./topics.ts";

export type Channel = "overview" | "clients" | "problems";

/** What the panel says on `api/v1/live`. */
export type LiveRequest =
  /** These channels from now on, and no others. */
  | { readonly sub: readonly Channel[] }
  /** Messages that match; null: no more. `max` per second. */
  | { readonly tail: { readonly filter: string; readonly max: number } | null };

/**
 * What the server says there: at most four frames a second and channel, each a whole picture or what has changed. `total`
 * says how many clients there are, where only those are told that were heard of last.
 */
export type LiveFrame =
  | { readonly t: "snapshot"; readonly ch: "overview"; readonly seq: number; readonly data: Overview }
  | {
      readonly t: "snapshot";
      readonly ch: "clients";
      readonly seq: number;
      readonly total?: number;
      readonly data: readonly ClientInfo[];
    }
  | { readonly t: "snapshot"; readonly ch: "problems"; readonly seq: number; readonly data: readonly ProblemInfo[] }
  | {
      readonly t: "patch";
      readonly ch: "clients";
      readonly seq: number;
      readonly total?: number;
      readonly data: { readonly changed: readonly ClientInfo[]; readonly gone: readonly string[] };
    }
  | {
      readonly t: "patch";
      readonly ch: "problems";
      readonly seq: number;
      readonly data: { readonly changed: readonly ProblemInfo[]; readonly gone: readonly string[] };
    }
  | { readonly t: "tail"; readonly data: readonly TailLine[]; readonly skipped: number }
  | { readonly t: "bye"; readonly reason: string };

/** One message of the live view. */
export interface TailLine {
  readonly at: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly bytes: number;
  readonly client: string | null;
  readonly preview: Preview;
}
