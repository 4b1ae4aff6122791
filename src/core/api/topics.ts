/** What is known of one topic. */
export interface TopicInfo {
  readonly topic: string;
  readonly retained: boolean;
  readonly qos: 0 | 1 | 2;
  readonly bytes: number;
  /** Of the last message; missing: none since the broker started. */
  readonly at?: string;
  readonly expiresAt?: string;
  readonly preview: Preview;
  /** The newest first. */
  readonly publishers: readonly Publisher[];
  readonly subscribers: number;
  /** The last numbers, oldest first, where the payload is one. */
  readonly numbers: readonly { readonly at: string; readonly value: number }[];
}

/**
 * The start of a payload, to look at. Bytes that are no text come as hexadecimal; a PNG or JPEG as base64 if it is shown
 * whole, and else without text.
 */
export interface Preview {
  readonly kind: "text" | "json" | "binary" | "image" | "empty";
  readonly text: string;
  readonly truncated: boolean;
}

/** Who published to a topic. */
export interface Publisher {
  readonly client: string;
  readonly user: string | null;
  readonly ip: string;
  readonly at: string;
  readonly count: number;
}

/** One level of the tree. */
export interface TopicLevel {
  /** Topic up to here; "" is the root. */
  readonly parent: string;
  readonly children: readonly {
    /** The level's name; may be empty. */
    readonly name: string;
    readonly topic: string;
    /** Topics below it. */
    readonly below: number;
    /** Its own last value; missing: nothing was published there. */
    readonly preview?: Preview;
    readonly retained: boolean;
  }[];
  /** Children that are not listed. */
  readonly more: number;
}

/** One topic that a search has found. */
export interface TopicFound {
  readonly topic: string;
  readonly retained: boolean;
  readonly preview: Preview;
  /** Of the last message; missing: none since the broker started. */
  readonly at?: string;
}

/** How much the index holds, and what it gave up. */
export interface IndexInfo {
  readonly enabled: boolean;
  readonly topics: number;
  readonly bytes: number;
  readonly maxTopics: number;
  /** null: as many as it needs. */
  readonly maxBytes: number | null;
  /** Topics that were forgotten, the least recent first. */
  readonly forgotten: number;
}

/** One retained message. */
export interface RetainedInfo {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly bytes: number;
  /** When it was published; missing: before the broker started, or forgotten. */
  readonly at?: string;
  readonly publisher: string | null;
  readonly preview: Preview;
}

/** What to delete, or the token of a plan that shows it. */
export type RetainedDelete =
  | { readonly filter: string }
  | { readonly topics: readonly string[] }
  | { readonly token: string };

/** A message to publish. */
export interface PublishRequest {
  readonly topic: string;
  readonly payload: string;
  /** "base64": the payload is written so. Missing: it is text. */
  readonly encoding?: "text" | "base64";
  /** Missing: 0. */
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** Under whose rights; null: under those of a client without a login. Missing: past every rule. */
  readonly user?: string | null;
}

/** "nobody": no one has subscribed. "no room": it could not be kept, for its topic or for somebody who is away. */
export interface PublishOutcome {
  readonly outcome: "sent" | "nobody" | "no room";
}

/** Devices whose announcements to delete, or the token of a plan that shows them. */
export type DiscoveryDelete = { readonly ids: readonly string[] } | { readonly token: string };

/** Messages of the trash: these, or all whose topic or deleter holds the words; all of it without words. */
export type TrashChoice = { readonly ids: readonly string[] } | { readonly q: string };

/** Answer to a dry run of a deletion; the token runs it. */
export interface DeletePlan {
  readonly count: number;
  readonly sample: readonly string[];
  readonly token: string;
}

/** How far a long job is. */
export interface JobInfo {
  readonly id: string;
  readonly what: string;
  readonly done: number;
  readonly total: number;
  readonly state: "running" | "finished" | "cancelled" | "failed";
  /** What it could not do, or why it failed: sentences. */
  readonly error?: string;
}

/** A retained message that was deleted here and can come back. */
export interface TrashInfo {
  readonly id: string;
  readonly topic: string;
  readonly bytes: number;
  readonly deletedAt: string;
  readonly deletedBy: string;
  /** When it is gone for good. */
  readonly until: string;
}

/** A Home Assistant device that is announced by retained messages. */
export interface DiscoveryInfo {
  /** Key that names it in a deletion. */
  readonly id: string;
  readonly name: string;
  readonly topics: readonly string[];
  readonly probablyUnused: boolean;
  /** Each condition of "probably unused", and whether it holds. */
  readonly reasons: readonly { readonly sentence: string; readonly holds: boolean }[];
  readonly publisher: string | null;
}
