import type { ReasonInfo, Rate } from "./common.ts";

/** Where a login comes from. */
export type LoginSource = "ha" | "option" | "file" | "dynsec" | "backend" | "guest" | "bridge" | "internal";

/** asleep: away, and expected back; overdue: away for longer than is usual for it; gone: away without a session. */
export type ClientState = "connected" | "asleep" | "overdue" | "gone" | "refused";

/** One row of the list of devices. */
export interface ClientInfo {
  readonly id: string;
  readonly user: string | null;
  readonly source: LoginSource | null;
  readonly state: ClientState;
  /** Since when it is in that state. */
  readonly since: string;
  readonly ip: string;
  readonly listener: string;
  readonly tls: boolean;
  readonly protocol: 3 | 4 | 5 | null;
  readonly keepalive: number;
  readonly clean: boolean;
  /** Session expiry in seconds; null: it does not expire. */
  readonly expiry: number | null;
  /** From the client. */
  readonly in: Rate;
  /** To the client. */
  readonly out: Rate;
  readonly queued: { readonly count: number; readonly bytes: number };
  readonly lastTopic?: string;
  /** When an asleep client is usually back. */
  readonly expectedBy?: string;
  /** Open problems about it. */
  readonly problems: number;
  /** Who blocked it; missing: it is not blocked. */
  readonly blockedBy?: string;
}

/** What happened to a client; kept after it is gone, and for those that never came in. */
export interface ClientEvent {
  readonly at: string;
  readonly kind:
    | "connected"
    | "refused"
    | "gone"
    | "taken_over"
    | "denied"
    | "dropped"
    | "slowed"
    | "session_ended"
    | "will";
  readonly reason?: ReasonInfo;
  readonly ip?: string;
  readonly topic?: string;
  /** How often in a row; missing: once. */
  readonly count?: number;
}

/** What a client publishes and subscribes to. */
export interface ClientTopics {
  readonly publishes: readonly { readonly topic: string; readonly at: string; readonly count: number }[];
  readonly subscribes: readonly {
    readonly filter: string;
    readonly qos: 0 | 1 | 2;
    /** The rules let nothing through. */
    readonly isSuspended: boolean;
  }[];
}

/** Somebody who must stay outside. */
export interface Block {
  readonly kind: "user" | "client" | "ip";
  readonly value: string;
  /** Who wrote it, and when; null: the file does not say. */
  readonly by: string | null;
  readonly at: string | null;
  /** null: none was given. */
  readonly reason: string | null;
  /** null: for ever. */
  readonly until: string | null;
}

/** What may be said of a block that is made. */
export interface NewBlock {
  readonly reason?: string;
  /** Missing: for ever. */
  readonly until?: string;
}
