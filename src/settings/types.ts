import type { LogType } from "../core/logger.ts";
import type { RawObject } from "../core/raw-object.ts";
import type { StageTerms } from "../core/stage-terms.ts";
import type { Origin, ProtocolVersion, Qos } from "../core/types.ts";
import type { EmqLanguage } from "./emq/language.ts";

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
  /** Missing: none. */
  readonly http?: number | null;
  /** Of the panel; missing: none. */
  readonly panel?: number | null;
  /** Of the figures for Prometheus; missing: none. */
  readonly metrics?: number | null;
}

/** Options and conf files as one: complete, valid, and with files still by name. */
export interface Settings extends AccessSettings {
  readonly listeners: readonly ListenerSettings[];
  /** Listeners with logins or rules of their own, by name; nothing of what holds for the others holds for them. */
  readonly listenerAccess: ReadonlyMap<string, ListenerAccess>;
  /** null: it is switched off. */
  readonly dynamicSecurity: DynamicSecuritySettings | null;
  /** Whether questions on $CONTROL/broker/v1 are answered. */
  readonly controlApi: boolean;
  readonly aclTerms: AclTerms;
  readonly limits: Limits;
  /** Whether a retained message is sent only as long as its publisher may publish it. */
  readonly checksRetainSource: boolean;
  /** null: nothing is taken over HTTP. */
  readonly http: HttpSettings | null;
  /** null: there is no panel. */
  readonly panel: PanelSettings | null;
  /** null: nobody is told figures over HTTP. */
  readonly metrics: MetricsSettings | null;
  /** What Home Assistant is told of this broker; null: nothing. "unread": as before, for the options cannot be read. */
  readonly sensors: SensorSettings | null | "unread";
  /** Connections to other brokers. */
  readonly bridges: readonly BridgeSettings[];
  /** Who may not connect; null: there is no such file. */
  readonly banFile: FileReference | null;
  /** What a restart finds again; null: sessions and retained messages are in memory only. */
  readonly store: StoreSettings | null;
  readonly log: LogSettings;
  /** Seconds between two updates of $SYS; 0: there is none. */
  readonly sysIntervalS: number;
}

/** Who may come in, and by which rules. */
export interface AccessSettings {
  /** The stages of the login chain, in the order they are asked. */
  readonly auth: readonly StageSettings[];
  /** Users of a mosquitto password file; null: none is configured. */
  readonly passwordFile: FileReference | null;
  /** null: no ACL file is configured. */
  readonly aclFile: FileReference | null;
  /** What clients without a user name may do when no ACL file says it; null: they may not connect. */
  readonly anonymous: AnonymousSettings | null;
}

/** Who may come in through one listener. */
export interface ListenerAccess extends AccessSettings {
  readonly certificateName: CertificateNaming | null;
}

/** What of a client's certificate is its user name; the name and password in CONNECT do not count then. */
export type CertificateNaming = "common-name" | "subject";

/** One stage of the login chain; `settings` is checked by the backend of that type. */
export interface StageSettings {
  readonly type: string;
  readonly settings: unknown;
  /** What a wrong password means: the end, or that a later stage may still say yes. */
  readonly onBadPassword: "deny" | "next";
  /** What auth.yaml or lines of EMQ say of it. Missing: it is one of the usual stages, on the usual terms. */
  readonly written?: Pick<AuthStage, "terms" | "placeOf" | "faults">;
}

/** Stages and order of rules, as auth.yaml has them. */
export interface AuthFile {
  readonly stages: readonly AuthStage[];
  readonly acl: AclTerms;
}

export interface AuthStage {
  readonly type: string;
  /** What is not common to all types; checked by the backend of that type. */
  readonly settings: RawObject;
  readonly onBadPassword: "deny" | "next";
  readonly terms: StageTerms;
  /** Where one of its keys stands, by its path: "/host"; empty: the stage itself. */
  readonly placeOf: (path: string) => Origin;
  /** What keeps it from being used, as far as that shows where it is written. Missing: nothing does. */
  readonly faults?: readonly StageFault[];
}

export interface StageFault {
  readonly where: Origin;
  readonly what: string;
  readonly fix: string;
}

/** "ignore": it stays connected. */
export type DenyAction = "ignore" | "disconnect";

/** In which order rules count, and what counts when none matches. */
export interface AclTerms {
  /** "login", "files", "dynamic-security" or a stage's id; null: the usual order. */
  readonly sources: readonly string[] | null;
  /** null: the usual. */
  readonly noMatch: "deny" | "allow" | null;
  /** What becomes of a client that does what the rules deny, beyond that it is not done. Missing: "ignore". */
  readonly denyAction?: DenyAction;
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
  readonly terms: ListenerTerms;
  /** 0 is a free port. */
  readonly port: number;
  readonly tls: TlsSettings | null;
  /** null: clients come by themselves. */
  readonly proxy: ProxySettings | null;
  /** Connections at one time; null: no limit. */
  readonly maxConnections: number | null;
  /** Where it differs from the limits for all. */
  readonly limits: Partial<ListenerLimits>;
  readonly origin: Origin;
}

/** Where messages are taken over HTTP. */
export interface HttpSettings extends Pick<ListenerSettings, "name" | "host" | "port" | "tls" | "origin"> {
  /** null: there are no API keys. */
  readonly keys: FileReference | null;
}

/** Where the panel is served. */
export interface PanelSettings extends Pick<ListenerSettings, "host" | "port" | "origin"> {
  /** Where its token and the record of what was done in it are kept; null: nowhere, so only this machine may use it. */
  readonly folder: string | null;
}

/** Where Prometheus fetches the broker's figures. */
export interface MetricsSettings extends Pick<ListenerSettings, "host" | "port" | "origin"> {
  /** What it has to show; null: nothing. */
  readonly token: string | null;
}

/** The broker's own figures, as sensors of Home Assistant. */
export interface SensorSettings {
  /** Of the device that has them; their ids and topics begin with it. */
  readonly name: string;
  /** Where Home Assistant looks for announcements: "homeassistant". */
  readonly prefix: string;
  /** At most so often a value is told. */
  readonly intervalS: number;
  /** Client ids or user names of devices of which is told whether they are connected. */
  readonly devices: readonly string[];
}

/** A proxy in front of a listener, which tells in a header of the PROXY protocol who comes. */
export interface ProxySettings {
  readonly version: 1 | 2;
  /** Whether a client must have reached it by TLS. */
  readonly requiresTls: boolean;
  /** Whether a client must have shown it a certificate; where the listener speaks TLS, that is asked there. */
  readonly requiresCertificate: boolean;
}

/** Which clients a listener takes, and by which client id. */
export interface ListenerTerms {
  readonly versions: readonly ProtocolVersion[];
  /** Whether a client may leave its client id to the broker. */
  readonly allowsNoClientId: boolean;
  /** Begins a client id that the broker makes. */
  readonly idPrefix: string;
  /** Begins every client id that is taken; null: any is. */
  readonly requiredIdPrefix: string | null;
  /** The client id in CONNECT does not count then. */
  readonly usernameAsClientId: boolean;
  /** Web pages whose WebSockets are taken, as "https://house.example"; none: all. */
  readonly origins: readonly string[];
  /** Stands before all topics of its clients, which do not see it: "house/". "": none. */
  readonly mountPoint: string;
  /** Takes no IPv4 on the address "::". */
  readonly isIpv6Only: boolean;
}

/** The terms of a listener of which no line says anything. */
export const ALL_CLIENTS: ListenerTerms = {
  versions: [3, 4, 5],
  allowsNoClientId: true,
  idPrefix: "auto-",
  requiredIdPrefix: null,
  usernameAsClientId: false,
  origins: [],
  mountPoint: "",
  isIpv6Only: false,
};

/** Beside its certificate, how a listener speaks TLS. */
export interface TlsTerms {
  /** Folder with more CAs, below the names that OpenSSL finds them by; null: none. */
  readonly capath: FileReference | null;
  /** Certificates of clients that do not count any more; null: none is revoked. */
  readonly crlfile: FileReference | null;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's names for TLS 1.2, with a colon between them; null: those that are safe. */
  readonly ciphers: string | null;
  /** The same for TLS 1.3. */
  readonly ciphersuites: string | null;
}

export interface TlsSettings extends TlsTerms {
  readonly certfile: FileReference;
  readonly keyfile: FileReference;
  readonly cafile: FileReference | null;
  readonly requireCertificate: boolean;
}

/** A connection to another broker. */
export interface BridgeSettings {
  /** Unique; the word after "connection". */
  readonly name: string;
  /** At least one; the first is the one that is wanted. */
  readonly addresses: readonly BridgeAddress[];
  /** At least one. */
  readonly topics: readonly BridgeTopic[];
  readonly username: string | null;
  readonly password: string | null;
  readonly remoteClientId: string;
  /** Unique among the bridges: the session here that keeps what the remote broker has not got yet. */
  readonly localClientId: string;
  readonly cleanSession: boolean;
  readonly localCleanSession: boolean;
  /** "lazy": connects when `threshold` messages wait. "once": not again when that connection is lost. */
  readonly startType: "automatic" | "lazy" | "once";
  readonly threshold: number;
  /** Before a new attempt, in seconds; with `stableS` a shorter connection does not count as one. */
  readonly restart: { readonly baseS: number; readonly capS: number; readonly stableS: number };
  readonly keepaliveS: number;
  /** Where the state of the connection is told, as a retained 0 or 1. */
  readonly notifications: "off" | "local" | "both";
  readonly notificationTopic: string;
  /** Whether the remote broker is told that this is a bridge (a convention of mosquitto before MQTT 5). */
  readonly tryPrivate: boolean;
  readonly roundRobin: boolean;
  readonly attemptUnsubscribe: boolean;
  readonly version: ProtocolVersion;
  /** Bytes of the largest packet that is sent; null: as the remote broker wants. */
  readonly maxPacketSize: number | null;
  readonly outgoingRetain: boolean;
  /** null: as many as this broker takes from a client. */
  readonly receiveMaximum: number | null;
  /** Seconds the remote broker keeps the session (MQTT 5); null: for ever, unless it is clean. */
  readonly sessionExpiryS: number | null;
  /** An address of this machine; null: any. */
  readonly bindAddress: string | null;
  /** When a change counts: at once, or when the connection is lost the next time. */
  readonly reload: "immediate" | "lazy";
  readonly tls: BridgeTlsSettings | null;
  readonly origin: Origin;
}

export interface BridgeAddress {
  readonly host: string;
  readonly port: number;
}

/** What one `topic` line of a bridge carries. */
export interface BridgeTopic {
  readonly direction: "in" | "out" | "both";
  readonly qos: Qos;
  /** Filters, prefixes included. */
  readonly local: string;
  readonly remote: string;
  readonly localPrefix: string;
  readonly remotePrefix: string;
}

export interface BridgeTlsSettings {
  readonly cafile: FileReference | null;
  /** A folder with certificates, on this machine's disk. */
  readonly capath: string | null;
  readonly usesSystemCas: boolean;
  readonly certfile: FileReference | null;
  readonly keyfile: FileReference | null;
  /** Whether the certificate may be for another host name. */
  readonly isInsecure: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly alpn: string | null;
}

export interface AnonymousSettings {
  /** "read": subscribe and receive only. */
  readonly rights: "read" | "all";
  readonly origin: Origin;
}

/** What one client and all of them together may cost. Infinity is no limit. */
export interface Limits extends ListenerLimits {
  /** Network connections at one time, those before their login included. */
  readonly maxConnections: number;
  /** Sessions, connected or not. */
  readonly maxSessions: number;
  /** Bytes of a whole packet, both before and after login. */
  readonly maxPacketSize: number;
  /** Bytes of a payload; larger messages are acknowledged and dropped. */
  readonly maxPayloadBytes: number;
  /** Longest keep alive in seconds, and what a client without one is given; Infinity: as the client wants. */
  readonly maxKeepaliveS: number;
  /** QoS 1 and 2 messages on their way to one client at a time; its own receive maximum counts when it is lower. */
  readonly maxInflight: number;
  /** Bytes of messages on their way to one client above which no further QoS 1 or 2 message is sent. */
  readonly maxInflightBytes: number;
  /** Unacknowledged QoS 1 and 2 messages taken from one client of MQTT 5 (receive maximum in CONNACK). */
  readonly receiveMaximum: number;
  /** Messages, and their bytes, that wait for one client. */
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  /** Bytes waiting for one connection above which QoS 0 messages are dropped. */
  readonly maxUnsentBytes: number;
  /** Open QoS 2 handshakes of one client, those of earlier connections included. */
  readonly maxInboundQos2: number;
  readonly maxSubscriptions: number;
  readonly maxTopicLevels: number;
  readonly maxRetainedMessages: number;
  readonly maxRetainedBytes: number;
  /** Bytes of memory above which nothing more is queued or retained; Infinity: what the process can bear. */
  readonly maxMemoryBytes: number;
  /** Connections of one user at one time. */
  readonly maxUserConnections: number;
  /** Logins, messages and bytes each second of all connections of one user together. */
  readonly maxUserConnectRate: number;
  readonly maxUserMessageRate: number;
  readonly maxUserByteRate: number;
  /** Logins of one device within the window above which it is kept out for some time. */
  readonly flappingCount: number;
  readonly flappingWindowS: number;
  readonly flappingBanS: number;
  /** From where on $SYS tells of garbage collection, of waiting for the event loop, of the heap, and of clients that do not read. */
  readonly sysmonLongGcMs: number;
  readonly sysmonLongScheduleMs: number;
  readonly sysmonLargeHeapPercent: number;
  readonly sysmonBusyPortBytes: number;
  /** Topics whose last messages the panel shows, 0: there is no index; and the bytes of the index. */
  readonly maxIndexedTopics: number;
  readonly maxIndexBytes: number;
  /** Longest life of a session without a connection, in seconds; 0xFFFFFFFF: for ever. */
  readonly maxSessionExpiryS: number;
  /** Whether QoS 0 messages wait for a client that is away. */
  readonly queueQos0: boolean;
  /** Whether messages are delivered with the QoS of the subscription, also when they came with a lower one. */
  readonly upgradeQos: boolean;
  readonly retainAvailable: boolean;
  readonly wildcardAvailable: boolean;
  readonly sharedAvailable: boolean;
  /** Whether only clients on this machine may subscribe to $SYS and to everything, where no rules say otherwise. */
  readonly sysLocalOnly: boolean;
  /** Whether clients of MQTT 5 hear in words why they are refused or closed, and a refused filter its own code. */
  readonly tellReasons: boolean;
  /** Where a client of MQTT 5 that is sent away because this broker is full or stops finds another; null: nowhere. */
  readonly serverReference: string | null;
  /** Whether this broker takes nobody any more, since all moved to `serverReference`. */
  readonly serverMoved: boolean;
}

/** Limits that each listener may set for its connections. */
export interface ListenerLimits {
  readonly maximumQos: Qos;
  /** Topic aliases a client may set (CONNACK). */
  readonly topicAliasMaximum: number;
  /** Topic aliases the broker sets towards a client; its own maximum counts when it is lower. */
  readonly topicAliasMaximumOut: number;
  /** Connections each second; more wait for their turn. */
  readonly maxConnectRate: number;
  /** Messages and bytes each second of one client; it is not read for a while when it sends more. */
  readonly maxMessageRate: number;
  readonly maxByteRate: number;
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
  /** What stands before each line, in strftime's words; empty: nothing. JSON has its own. */
  readonly timePrefix: string;
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

/** What a file of EMQ has beside its lines. */
export interface EmqFile {
  /** The texts of files that its lines name, as far as they can be read. */
  readonly texts: ReadonlyMap<Directive, string>;
  readonly language: EmqLanguage;
}

/** A conf file, read and split into directives, with the files its include_dir lines brought in. */
export interface ConfFile {
  readonly path: string;
  /** Base name, as problems name it. */
  readonly file: string;
  readonly directives: readonly Directive[];
  /** Files read for each include_dir directive, in mosquitto's order. */
  readonly includes: ReadonlyMap<Directive, readonly ConfFile[]>;
  /** null: these are lines of Mosquitto. */
  readonly emq: EmqFile | null;
}
