import type { ReasonInfo } from "./common.ts";

/** One card: what is wrong, since when, how often, and what to do. */
export interface ProblemInfo {
  readonly id: string;
  /** A kind of reason, or "config", "loop", "bridge", "certificate". */
  readonly kind: string;
  readonly severity: "info" | "warning" | "error";
  /** Who or what it is about: a client id, a file, a bridge. */
  readonly subject: string;
  readonly user: string | null;
  readonly ips: readonly string[];
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly reason: ReasonInfo;
  /** Where the panel goes to mend it: "#/access/test?user=meter&action=publish&topic=lights%2Fx". */
  readonly action?: { readonly label: ActionLabel; readonly route: string };
  /** Of a denied action: what was denied, so that it can be explained and allowed. */
  readonly denied?: { readonly action: "publish" | "subscribe" | "receive"; readonly topic: string };
  /** Until when it is not shown; missing: it is. */
  readonly mutedUntil?: string;
}

/** What a button says; the panel translates it. */
export type ActionLabel =
  | "add_login"
  | "create_user"
  | "new_password"
  | "show_backends"
  | "unblock"
  | "show_certificates"
  | "show_listeners"
  | "show_limits"
  | "show_role"
  | "explain"
  | "show_session"
  | "show_device"
  | "show_config"
  | "show_bridge";
