import type { ClientInfo } from "../core/events.ts";
import type { RawObject } from "../core/raw-object.ts";
import type { Decision, Identity, Problem } from "../core/types.ts";

/** Kinds of access entries, in the order in which they are written to the file. */
export const ACL_TYPES = [
  "publishClientSend",
  "publishClientReceive",
  "subscribeLiteral",
  "subscribePattern",
  "unsubscribeLiteral",
  "unsubscribePattern",
] as const;

export type AclType = (typeof ACL_TYPES)[number];

/** What an access entry says about a kind of topic. */
export interface Acl {
  readonly type: AclType;
  /** A topic filter; its levels %u, %c, %g and %{name} are filled in for each client. */
  readonly topic: string;
  readonly priority: number;
  readonly allow: boolean;
  readonly extra: RawObject;
}

/** Answers for what no role decides; yes never opens topics that begin with $CONTROL. */
export interface DefaultAccess {
  readonly publishClientSend: boolean;
  readonly publishClientReceive: boolean;
  readonly subscribe: boolean;
  readonly unsubscribe: boolean;
}

/** A role that a client or group has. */
export interface RoleLink {
  readonly role: Role;
  readonly priority: number;
  readonly extra: RawObject;
}

/** A group that a client is in. */
export interface GroupLink {
  readonly group: Group;
  readonly priority: number;
  readonly extra: RawObject;
}

/** What clients, groups and roles have in common. */
export interface Entry {
  readonly name: string;
  textName: string | null;
  textDescription: string | null;
  /** Members of the file that we do not know; written back as they were. */
  readonly extra: RawObject;
  /** The entry as the file has it; null: it was changed since it was last written. */
  written: string | null;
}

/** A user name that may log in. */
export interface Client extends Entry {
  /** The password as the file has it; null: there is none, and nobody can log in. */
  password: StoredPassword | null;
  /** The one client id it may use; null: any. */
  clientId: string | null;
  /** More client ids it may use, "*" standing for any characters; null: `clientId` decides alone. */
  clientIds: readonly string[] | null;
  /** Connections at one time; null: no limit. */
  maxConnections: number | null;
  /** Values for %{name} in the topics of its roles. */
  variables: ReadonlyMap<string, string>;
  disabled: boolean;
  /** Highest priority first, then by name. */
  roles: readonly RoleLink[];
  /** Highest priority first, then by name; the group knows it too. */
  groups: readonly GroupLink[];
}

/** A stored password in the layout in which it was found. */
export interface StoredPassword {
  /** Mosquitto 2.0: password, salt and iterations; 2.1: encoded_password. */
  readonly layout: "2.0" | "2.1";
  /** `$7$...` or another string of src/core/password-hash.ts; null: it cannot be checked. */
  readonly hash: string | null;
  /** The members as they are in the file. */
  readonly members: RawObject;
}

/** Clients that have the same roles. */
export interface Group extends Entry {
  roles: readonly RoleLink[];
  /** Values for %{name} in the topics of its roles; a client's own come first. */
  variables: ReadonlyMap<string, string>;
  readonly clients: Directory<Client>;
}

/** What an access entry answers, made beforehand so that a check allocates nothing. */
export interface RoleRule {
  readonly acl: Acl;
  readonly role: string;
  readonly decision: Decision;
  /** The filter for one client; null: it matches nothing. */
  readonly filter: string | null;
  /** Why `filter` is null. */
  readonly fault: string;
}

/** The entries of a role by the question they answer; filters in the order in which they are tried. */
export interface RoleRules {
  readonly publish: readonly RoleRule[];
  readonly receive: readonly RoleRule[];
  readonly subscribe: FilterRules;
  readonly unsubscribe: FilterRules;
  /** Whether a filter depends on the client. */
  readonly hasPlaceholders: boolean;
}

/** What a role says to a topic filter: first whether wildcards are refused, then literals, then patterns. */
export interface FilterRules {
  /** null: wildcards are not refused as such. */
  readonly wildcards: Decision | null;
  readonly literals: readonly RoleRule[];
  readonly patterns: readonly RoleRule[];
}

/** A list of access entries. */
export interface Role extends Entry {
  /** No: a (un)subscription with a wildcard is denied before any entry is looked at. */
  allowWildcardSubs: boolean;
  /** By type, then highest priority first, then as they were added. */
  acls: readonly Acl[];
  /** Access entries of the file that we do not know, written back as they were. */
  foreignAcls: readonly unknown[];
  /** Messages per second that a client with this role may publish; null: no limit. */
  maxPublishRate: number | null;
  /** The entries made ready for checks; null: they changed since. Belongs to role-rules.ts. */
  rules: RoleRules | null;
  /** Who has it directly; both sides are always linked. */
  readonly clients: Set<Client>;
  readonly groups: Set<Group>;
}

/** Entries by name, with their names in the order of their bytes. */
export interface Directory<T extends { readonly name: string }> {
  readonly size: number;
  get(name: string): T | undefined;
  add(entry: T): void;
  remove(entry: T): void;
  /** Every entry, sorted by name. */
  sorted(): readonly T[];
}

/**
 * Clients, groups and roles of one dynamic-security file. It has one owner, the commands, and is changed in place: a
 * change of one of 50,000 clients touches that client only.
 */
export interface DynsecState {
  /** Its name in reasons and problems: "dynamic-security.json". */
  readonly file: string;
  /** One more after each command that changed something. */
  changeIndex: number;
  defaultAccess: DefaultAccess;
  readonly clients: Directory<Client>;
  readonly groups: Directory<Group>;
  readonly roles: Directory<Role>;
  anonymousGroup: Group | null;
  /** Unknown members of the file's outermost object. */
  readonly extra: RawObject;
  /** Grows whenever an answer about access may have changed: answers kept from before do not count. */
  accessRevision: number;
}

/** A file that was read: what it says, or why it says nothing. A file with a problem must never be overwritten. */
export type ParsedDynsec =
  | { readonly state: DynsecState; readonly problems: readonly Problem[] }
  | { readonly state: null; readonly problems: readonly Problem[] };

/** Who sent a request. */
export interface Requester {
  readonly clientId: string;
  readonly username: string | null;
}

/** What follows from a request besides its reply. */
export interface Effects {
  /**
   * Users whose connections Mosquitto ends (4.8), and why: "login" when the login itself changed (password, client id,
   * disabled, deleted), "rights" when only their rights did.
   */
  readonly users: ReadonlyMap<string, "login" | "rights">;
  /** Whether the rights of clients without a user name changed. */
  readonly anonymous: boolean;
}

/** The answer to one request: exactly one message. */
export interface ControlAnswer {
  /** JSON for the response topic. */
  readonly reply: string;
  /** To be carried out after the reply was sent. */
  readonly effects: Effects;
  /** Lines for the log, one a command that changed something; passwords are masked. */
  readonly audit: readonly string[];
}

/** What the commands need from outside. */
export interface ControlDeps {
  /** null: there is no usable file, and every command says so. Asked anew for each request. */
  readonly state: () => DynsecState | null;
  /** Resolves when the state is on disk, or to why it is not; the reply waits for it and says so. */
  readonly save: (state: DynsecState) => Promise<Problem | null>;
  /** Makes a stored hash without holding the event loop: `hashPassword` of src/auth/password.ts. */
  readonly hash: (password: string) => Promise<string>;
  /** The open connections, for getClient. */
  readonly connected: () => readonly Pick<ClientInfo, "username" | "address">[];
  /** Told of a command that ended in a fault of ours; it is answered with "Internal error". */
  readonly brokeDown: (command: string, error: unknown, from: Requester) => void;
}

/** The commands. Requests are carried out one after the other, and answered in that order. */
export interface Control {
  /**
   * Carries out a payload of `$CONTROL/dynamic-security/v1`; the reply goes to all subscribers of
   * `$CONTROL/dynamic-security/v1/response`.
   */
  request(payload: Uint8Array, from: Requester): Promise<ControlAnswer>;
  /**
   * Carries out a payload of `$CONTROL/dynamic-security/v1/me`, where getMe is the only command: what a client asks about
   * itself. The reply goes to the requester alone, on `$CONTROL/dynamic-security/v1/me/response`. The right to
   * publish to that topic is what switches it on.
   */
  requestSelf(payload: Uint8Array, from: Requester): Promise<ControlAnswer>;
}

/** Limits of a user, for the broker to keep. */
export interface ClientLimits {
  /** Connections at one time; null: no limit. */
  readonly maxConnections: number | null;
  /** Messages per second: the lowest of its roles, those of its groups included; null: no limit. */
  readonly maxPublishRate: number | null;
}

/** Whose rights are asked about. */
export type Subject = Pick<Identity, "clientId" | "username">;

/** The file on disk. */
export interface DynsecFile {
  /** What the file says now; a missing file is an empty state with a problem. */
  load(): Promise<ParsedDynsec>;
  /**
   * Writes the state to a temporary file beside it (mode 0600), flushes, keeps the file before as `<file>.bak`, renames.
   * A file that was broken by hand since it was read is not overwritten. Calls during a write share the next one.
   * Resolves to what went wrong; null when it is on disk.
   */
  save(state: DynsecState): Promise<Problem | null>;
  /** Whether the file on disk is still the one last read or written: the watcher sees our own writes too. */
  isUnchanged(): Promise<boolean>;
}
