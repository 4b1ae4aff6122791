import type { AccessRule, Authenticator, Identity, Decision, Policy, Problem } from "../core/types.ts";
import type { ConfFile, ListenerSettings, Settings } from "../settings/types.ts";

/** A file as it was found: its text, or the system's error code ("ENOENT"). */
export type FileText =
  | { readonly path: string; readonly text: string; readonly error: null }
  | { readonly path: string; readonly text: null; readonly error: string };

/** Everything that was read from disk for one moment. */
export interface Sources {
  readonly readAtMs: number;
  /** options.json or options.yaml; null where there is none to read (stand-alone). */
  readonly options: FileText | null;
  /** Conf files in the order they count, with what they include. */
  readonly conf: readonly ConfFile[];
  readonly confProblems: readonly Problem[];
  /** ACL files, password files and certificates, by path. */
  readonly files: ReadonlyMap<string, FileText>;
  /** Every path and folder that was looked at, found or not: what the watcher watches. */
  readonly watched: readonly string[];
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
}

/** Decides who a client is by asking the stages in order. */
export interface LoginChain extends Authenticator {
  authenticate(
    credentials: Parameters<Authenticator["authenticate"]>[0],
    signal: AbortSignal,
  ): Promise<Decision<Identity>> | Decision<Identity>;
  recheck(identity: Identity): Decision;
}

/** One moment of configuration: built whole, never changed, replaced by one assignment. */
export interface Snapshot {
  readonly generation: number;
  readonly settings: Settings;
  readonly listeners: readonly ListenerPlan[];
  readonly logins: LoginChain;
  readonly policy: Policy;
  /** The ACL file's rules, or null when no file is configured. */
  readonly acl: LoadedAcl | null;
  readonly problems: readonly Problem[];
  readonly builtAtMs: number;
}

/** Rules of an ACL file that was read without a fault. */
export interface LoadedAcl {
  readonly path: string;
  readonly rules: readonly AccessRule[];
  readonly loadedAtMs: number;
}
