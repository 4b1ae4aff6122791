import type { AclRules } from "../acl/policy.ts";
import type { ApiKey } from "../auth/api-keys.ts";
import type { StoredLogin } from "../auth/stored-logins.ts";
import type { Authenticator, Identity, LoginChain, Policy, Problem, Reason } from "../core/types.ts";
import type { ClientLimits, DynsecState } from "../dynsec/types.ts";
import type { Ban } from "../settings/ban-file.ts";
import type { Options } from "../settings/options.ts";
import type { PolicyTests } from "../settings/policy-tests.ts";
import type {
  AuthFile,
  BridgeSettings,
  ConfFile,
  Environment,
  HttpSettings,
  ListenerSettings,
  Settings,
} from "../settings/types.ts";

/** Where configuration is read from; fixed for the life of the process. */
export interface SourceSpec {
  readonly environment: Environment;
  /** options.json or options.yaml; null where there is none (stand-alone). */
  readonly optionsFile: string | null;
  /** Options that stand in no file. Missing: there are none. */
  readonly options?: Options;
  /** A mosquitto.conf of a stand-alone broker. */
  readonly confFile: string | null;
}

/** A file as it was found: its text, or the system's error code ("ENOENT"). */
export type FileText = { readonly path: string; readonly text: string; readonly error: null } | UnreadText;

/** A file that could not be read, or is no text. */
export interface UnreadText {
  readonly path: string;
  readonly text: null;
  readonly error: string;
  /** What to do about it; missing: make it readable, or put it there. */
  readonly fix?: string;
}

/** Everything that was read from disk for one moment. */
export interface Sources {
  readonly readAtMs: number;
  /** What the next reading falls back to when the file is broken then. */
  readonly options: Options | null;
  readonly optionsReadAtMs: number;
  /** Conf files in the order they count, with what they include. */
  readonly conf: readonly ConfFile[];
  /** When they were last read without falling back. */
  readonly confReadAtMs: number;
  /** The bridges made in the panel; null: there is no folder for their file. */
  readonly panelBridges: PanelBridgesFile | null;
  /** null: there is no auth.yaml. */
  readonly authFile: AuthFile | null;
  /** When it was last read without falling back. */
  readonly authFileReadAtMs: number;
  readonly settings: Settings;
  readonly problems: readonly Problem[];
  /** ACL file, password file and certificates, by path. */
  readonly files: ReadonlyMap<string, FileText>;
  /** null: dynamic security is switched off. */
  readonly dynsec: DynsecMoment | null;
  /** What the rules must answer before they count. */
  readonly policyTests: PolicyTests;
  /** Files that could be read and were not empty. */
  readonly found: ReadonlySet<string>;
  /** Every file and folder that was looked at, found or not: what the watcher watches. */
  readonly watched: readonly string[];
  /** Digest of all that was read: equal means that nothing changed. */
  readonly fingerprint: string;
}

/** The conf file that the panel writes. */
export interface PanelBridgesFile {
  readonly conf: ConfFile;
  /** When it was last read without falling back. */
  readonly readAtMs: number;
  /** No: what is on the disk now cannot be read, and must not be overwritten. */
  readonly isIntact: boolean;
}

/** A listener that can be opened: its settings with certificates loaded. */
export interface ListenerPlan {
  readonly settings: ListenerSettings;
  readonly tls: TlsMaterial | null;
}

/** PEM texts, checked to belong together. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
  readonly requireCertificate: boolean;
  /** Whether clients are asked for a certificate, be it that they may do without. */
  readonly asksForCertificate: boolean;
  /** Revocation lists; null: no certificate is revoked. */
  readonly crl: string | null;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** For all versions, with a colon between them; null: those that are safe. */
  readonly ciphers: string | null;
  readonly loadedAtMs: number;
}

/** Where messages are taken over HTTP, with its certificate and its keys loaded. */
export interface HttpPlan {
  readonly settings: HttpSettings;
  /** null: it speaks plain HTTP. */
  readonly tls: TlsMaterial | null;
  /** null: none are configured, or their file was never there. */
  readonly keys: Loaded<readonly ApiKey[]> | null;
}

/** A bridge that can be started: its settings with certificates loaded. */
export interface BridgePlan {
  readonly settings: BridgeSettings;
  /** null: it does not use TLS. */
  readonly tls: BridgeTls | null;
}

/** PEM texts; null: none is configured. */
export interface BridgeTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** What decides about users, as it was last read without a fault. */
export interface AccessFiles {
  /** null: no ACL file is in use. */
  readonly acl: Loaded<AclRules> | null;
  /** null: no password file is in use. */
  readonly passwordFile: Loaded<readonly StoredLogin[]> | null;
}

/** One moment of configuration: built whole, never changed, replaced by one assignment. */
export interface Snapshot extends AccessFiles {
  readonly generation: number;
  readonly settings: Settings;
  readonly listeners: readonly ListenerPlan[];
  /** null: nothing is taken over HTTP. */
  readonly http: HttpPlan | null;
  readonly bridges: readonly BridgePlan[];
  readonly logins: LoginChain;
  /** Every stage in the order in which it is asked, those of listeners with logins of their own behind the others. */
  readonly loginStages: readonly LoginStage[];
  /** Stages that outlive a reload as long as nothing about them changes. */
  readonly keptStages: readonly Authenticator[];
  readonly policy: Policy;
  readonly limitsOf: (identity: Pick<Identity, "username">) => ClientLimits;
  /** null: dynamic security is switched off. */
  readonly dynsec: DynsecMoment | null;
  readonly bans: BanMoment;
  /** Of the listeners that have logins or rules of their own, by name. */
  readonly listenerFiles: ReadonlyMap<string, AccessFiles>;
  /** Its policy tests fail: it must not become current. */
  readonly isRefused: boolean;
  readonly problems: readonly Problem[];
  readonly builtAtMs: number;
}

/** A stage of the login chain, and of which kind it is. */
export interface LoginStage {
  readonly type: string;
  readonly authenticator: Authenticator;
}

/**
 * Clients, groups and roles of dynamic security. The state has one owner, its commands, which change it in place, so
 * that the moment is not built anew for one of 50,000 clients.
 */
export interface DynsecMoment {
  /** The name that sentences show: "dynamic-security.json". */
  readonly file: string;
  /** null: its file has never been read without a fault, and nobody gets any right from it. */
  readonly state: DynsecState | null;
  /** No: what is on the disk now cannot be read, and must not be overwritten. */
  readonly isIntact: boolean;
  readonly problems: readonly Problem[];
}

/** Who may not connect, as it was last read without a fault. */
export interface BanMoment {
  /** null: there is no such file, or it never could be read. */
  readonly loaded: Loaded<readonly Ban[]> | null;
  /** The file was never read without a fault: anybody might be banned. */
  readonly isUnknown: boolean;
  readonly of: BanTest;
}

/** Why somebody is banned; null: nobody said so. */
export type BanTest = (who: Pick<Identity, "clientId" | "username" | "address">, nowMs: number) => Reason | null;

/** What a file said when it was last read without a fault. */
export interface Loaded<T> {
  readonly path: string;
  readonly value: T;
  readonly loadedAtMs: number;
}
