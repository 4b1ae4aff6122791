import type { LogType } from "../core/logger.ts";
import type { Origin } from "../core/types.ts";

/** Where the process runs: what options and conf files cannot say. */
export interface Environment {
  /**
   * "add-on": options.json, the folder in /share and Home Assistant's users.
   * "stand-alone": a mosquitto.conf, or nothing at all.
   */
  readonly kind: "add-on" | "stand-alone";
  readonly folders: Folders;
  /** The add-on's own listeners; stand-alone only when no file is given. 0 is a free port, null none. */
  readonly ports: Ports;
  /** Bind address of the add-on's listeners; "::" is every IPv4 and IPv6 address. */
  readonly host: string;
  /** Names that no login, file or Home Assistant user can take; lower case. */
  readonly reservedUsers: readonly string[];
  /** Whether a Supervisor can be asked about logins. */
  readonly hasHomeAssistant: boolean;
}

export interface Folders {
  readonly data: string;
  readonly share: string;
  readonly ssl: string;
}

export interface Ports {
  readonly mqtt: number | null;
  readonly ws: number | null;
  readonly mqtts: number | null;
  readonly wss: number | null;
}

/** Options and conf files as one: complete, valid, and with files still by name. */
export interface Settings {
  readonly listeners: readonly ListenerSettings[];
  /** The stages of the login chain, in the order they are asked. */
  readonly auth: readonly StageSettings[];
  /** Users of a mosquitto password file; null: none is configured. */
  readonly passwordFile: FileReference | null;
  /** null: it is switched off. */
  readonly dynamicSecurity: DynamicSecuritySettings | null;
  /** Whether questions on $CONTROL/broker/v1 are answered. */
  readonly controlApi: boolean;
  /** null: no ACL file is configured. */
  readonly aclFile: FileReference | null;
  /** What clients without a user name may do when no ACL file says it; null: they may not connect. */
  readonly anonymous: AnonymousSettings | null;
  readonly limits: Limits;
  /** What a restart finds again; null: sessions and retained messages are in memory only. */
  readonly store: StoreSettings | null;
  readonly log: LogSettings;
  /** Seconds between two updates of $SYS; 0: there is none. */
  readonly sysIntervalS: number;
}

/** One stage of the login chain; `settings` is checked by the backend of that type. */
export interface StageSettings {
  readonly type: string;
  readonly settings: unknown;
  /** What a wrong password means: the end, or that a later stage may still say yes. */
  readonly onBadPassword: "deny" | "next";
}

/** A file that the configuration names. */
export interface FileReference {
  /** On this machine's disk. */
  readonly path: string;
  /** As the user wrote it: "accesscontrollist" or "/share/mosquitto/accesscontrollist". */
  readonly shown: string;
  /** Its folder as the user knows it: "/share/mosquitto", "/ssl". */
  readonly folder: string;
  /** The line that names it. */
  readonly origin: Origin;
}

/** Clients, groups and roles in a file of their own, which commands change. */
export interface DynamicSecuritySettings {
  /** null: no line names it, so there are no clients, groups and roles. */
  readonly file: FileReference | null;
  /** Holds the administrator's password for a file that is made at the first start; null: a random one is made. */
  readonly passwordInitFile: FileReference | null;
  readonly origin: Origin;
}

export interface ListenerSettings {
  /** Unique; the port as written, or "host:port": "1883", "127.0.0.1:1885". */
  readonly name: string;
  readonly protocol: "mqtt" | "websockets";
  /** "::" is every IPv4 and IPv6 address. */
  readonly host: string;
  /** 0 is a free port. */
  readonly port: number;
  readonly tls: TlsSettings | null;
  /** Connections at one time; null: no limit. */
  readonly maxConnections: number | null;
  readonly origin: Origin;
}

export interface TlsSettings {
  readonly certfile: FileReference;
  readonly keyfile: FileReference;
  readonly cafile: FileReference | null;
  readonly requireCertificate: boolean;
}

export interface AnonymousSettings {
  /** "read": subscribe and receive only. */
  readonly rights: "read" | "all";
  readonly origin: Origin;
}

export interface Limits {
  /** Bytes of a whole packet, both before and after login. */
  readonly maxPacketSize: number;
  /** Bytes of a payload; larger messages are acknowledged and dropped. null: no limit. */
  readonly messageSizeLimit: number | null;
  /** Longest keep alive in seconds, and what a client without one is given; null: as the client wants. */
  readonly maxKeepaliveS: number | null;
}

export interface StoreSettings {
  /** The SQLite file. */
  readonly path: string;
  /** Write-back of what is not urgent, in seconds. */
  readonly intervalS: number;
  /** "always": an acknowledgement waits until what it acknowledges is on the disk. */
  readonly mode: "interval" | "always";
}

export interface LogSettings {
  readonly types: ReadonlySet<LogType>;
  readonly destinations: readonly LogDestination[];
  /** Whether connects and disconnects are written. */
  readonly connectionMessages: boolean;
}

export type LogDestination =
  | { readonly kind: "stdout" }
  | { readonly kind: "stderr" }
  | { readonly kind: "topic" }
  | { readonly kind: "file"; readonly path: string };

/** One directive of a conf file: `listener 1885 127.0.0.1` has the name "listener" and the value "1885 127.0.0.1". */
export interface Directive {
  readonly name: string;
  /** The rest of the line, trimmed on both sides. */
  readonly value: string;
  readonly origin: Origin;
}

/** A conf file, read and split into directives, with the files its include_dir lines brought in. */
export interface ConfFile {
  readonly path: string;
  /** Base name, as problems name it. */
  readonly file: string;
  readonly directives: readonly Directive[];
  /** Files read for each include_dir directive, in mosquitto's order. */
  readonly includes: ReadonlyMap<Directive, readonly ConfFile[]>;
}
