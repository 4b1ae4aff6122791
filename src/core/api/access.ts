import type { LoginSource } from "./clients.ts";
import type { PlaceInfo } from "./common.ts";

/** One user of any source. Never its password. */
export interface UserInfo {
  readonly name: string;
  readonly source: LoginSource;
  readonly passwordSet: boolean;
  readonly disabled: boolean;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Where it is written; missing: it is not in a file. */
  readonly where?: PlaceInfo;
  /** Whether the API may change it. */
  readonly writable: boolean;
}

/** A new user. */
export interface NewUser {
  readonly username: string;
  /** Missing: one is made. */
  readonly password?: string;
  /** Of dynamic security. */
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
}

/** What is changed of a user of dynamic security; what is missing stays. */
export interface UserChange {
  readonly disabled?: boolean;
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
}

/** A password that is wanted; missing: one is made. */
export interface UserPassword {
  readonly password?: string;
  /** Which of the users of that name is meant; missing: the one that can be changed. */
  readonly source?: UserInfo["source"];
}

/** A user's new password, which no other answer holds. */
export interface UserSecret {
  readonly username: string;
  readonly password: string;
  /** What the owner must write himself before it counts; missing: it does already. */
  readonly paste?: readonly Paste[];
}

/** Lines for a file of the owner. */
export interface Paste {
  /** "passwords", and below which line if that matters. */
  readonly to: string;
  readonly lines: readonly string[];
}

/** An access entry of a role. */
export interface AclInfo {
  /** "publishClientSend", "subscribePattern"... as Mosquitto calls them; "read", "write", "readWrite" in auth.yaml. */
  readonly type: string;
  readonly topic: string;
  readonly priority: number;
  readonly allow: boolean;
}

/** A role of dynamic security, or of users in auth.yaml. */
export interface RoleInfo {
  readonly name: string;
  readonly acls: readonly AclInfo[];
  /** How many have it directly. */
  readonly users: number;
  readonly groups: readonly string[];
  /** Where it is written. */
  readonly where: PlaceInfo;
  /** Whether the API may change it. */
  readonly writable: boolean;
}

/** A new role, or what it becomes: the entries replace those that it has. */
export interface RoleChange {
  /** Of a new one. */
  readonly name?: string;
  /** Who gets a new one; missing: nobody yet. */
  readonly user?: string;
  readonly acls: readonly {
    readonly type: string;
    readonly topic: string;
    /** Missing: -1. */
    readonly priority?: number;
    readonly allow: boolean;
  }[];
}

/** A group of dynamic security. */
export interface GroupInfo {
  readonly name: string;
  readonly roles: readonly string[];
  /** How many are in it. */
  readonly users: number;
  readonly writable: boolean;
}

/** A new group, or what it becomes. Its users are changed from their side. */
export interface GroupChange {
  /** Of a new one. */
  readonly name?: string;
  readonly roles: readonly string[];
}

/** One rule in the order it counts. */
export interface RuleInfo {
  readonly source: string;
  /** As its file has it: "topic write meters/#". */
  readonly text: string;
  readonly who: string;
  readonly effect: "allow" | "deny";
  readonly where?: PlaceInfo;
}

export interface ExplainRequest {
  readonly username: string | null;
  readonly clientId?: string;
  readonly ip?: string;
  readonly listener?: string;
  readonly action: "publish" | "subscribe" | "receive";
  readonly topic: string;
}

/** Why somebody may or may not; the texts are those of `culex explain`. */
export interface ExplainAnswer {
  readonly allowed: boolean;
  /** The rule that decides; null: none does. */
  readonly decidedBy: { readonly source: string; readonly text: string; readonly where?: PlaceInfo } | null;
  readonly steps: readonly {
    readonly source: string;
    readonly rule: string;
    readonly matched: boolean;
    readonly why: string;
    readonly where?: PlaceInfo;
  }[];
  /** "Denied: no rule of user meter matches lights/x, and the default is deny." */
  readonly sentence: string;
  /** The smallest rule that would allow it; missing: it is allowed, or no rule may. */
  readonly suggestion?: Suggestion;
}

/** A rule that would allow what was denied. */
export interface Suggestion {
  /** The line or ACL to add. */
  readonly add: string;
  /** File or role that it belongs to. */
  readonly to: string;
  /** Whether the API may write it; if not, the owner pastes it. */
  readonly writable: boolean;
  /** What is there, and what would be, line by line. */
  readonly diff: readonly { readonly kind: "same" | "added"; readonly text: string }[];
  /** The role of dynamic security that it belongs to, and the entry to add; missing: it is a line of a file. */
  readonly role?: { readonly name: string; readonly isNew: boolean; readonly entry: AclInfo };
}

/** A login source and how it is. */
export interface BackendInfo {
  readonly name: string;
  readonly type: string;
  readonly asked: number;
  readonly allowed: number;
  readonly refused: number;
  readonly failed: number;
  readonly state: "ok" | "failing" | "unused";
  readonly lastError?: string;
  /** On average since the start; missing: nothing was asked. */
  readonly latencyMs?: number;
}

/** A login that is tried at one source, as if a device had sent it. */
export interface BackendTrial {
  readonly username: string | null;
  readonly password: string | null;
  readonly clientId?: string;
  readonly listener?: string;
}

/** What the source said. Nothing of it counts for anybody. */
export interface BackendVerdict {
  /** "ignore": it does not know that user; "failed": it could not say. */
  readonly verdict: "allow" | "deny" | "ignore" | "failed";
  /** Plain words without a capital and full stop. */
  readonly sentence: string;
  readonly ms: number;
}

export type DeviceType = "tasmota" | "shelly" | "esphome" | "zigbee2mqtt" | "frigate" | "other";

/** The one form that makes a login for a device. */
export interface NewDevice {
  readonly name: string;
  readonly type: DeviceType;
  readonly scope: "suggested" | "everything";
  /** Address that the browser used, for the copy blocks. */
  readonly host: string;
}

/** The answer, the only one that ever holds the password. */
export interface DeviceCredential {
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  /** mqtt://user:password@host:port, percent-encoded. */
  readonly uri: string;
  /** The same as a QR code with its border: rows of "#" for dark and " " for light. */
  readonly qr: readonly string[];
  /** What is pasted into the device. */
  readonly block: string;
  readonly topics: readonly DeviceTopic[];
  /** What the owner must write himself before it counts; missing: it does already. */
  readonly paste?: readonly Paste[];
}

export interface DeviceTopic {
  readonly access: "read" | "write" | "readwrite";
  readonly filter: string;
}
