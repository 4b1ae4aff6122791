import type { Origin } from "../../core/types.ts";
import { type LimitValues, NO_LIMITS_SAID } from "../limits.ts";
import type {
  DenyAction,
  BridgeSettings,
  BridgeTlsSettings,
  CertificateNaming,
  DynamicSecuritySettings,
  FileReference,
  Folders,
  ListenerLimits,
  ListenerSettings,
  LogDestination,
  ListenerTerms,
  TlsTerms,
} from "../types.ts";
import { ALL_CLIENTS } from "../types.ts";

/** What the lines of conf files have said so far; replaced by each line that is carried out. */
export interface Draft {
  readonly listeners: readonly ListenerDraft[];
  /** Whether a line asked for a listener, also for one that cannot be opened: then there is no local-only mode. */
  readonly namesListener: boolean;
  readonly aclFile: FileReference | null;
  readonly passwordFile: FileReference | null;
  readonly allowAnonymous: AnonymousLine | null;
  /** null: no line names it. */
  readonly banFile: FileReference | null;
  /** Whether logins and rules belong to the listener that their lines stand below. */
  readonly isPerListener: boolean;
  /** For every listener that says nothing of its own. */
  readonly clientIds: Pick<ListenerTerms, "allowsNoClientId" | "idPrefix" | "requiredIdPrefix">;
  /** A line about logins that cannot be carried out: beside it allow_anonymous would let in more than was meant. */
  readonly anonymousVeto: { readonly line: string; readonly origin: Origin } | null;
  /** null: no line asks for it. */
  readonly dynamicSecurity: DynamicSecurityDraft | null;
  readonly controlApi: boolean;
  readonly checksRetainSource: boolean;
  readonly limits: LimitValues;
  readonly http: HttpDraft;
  readonly panel: PanelDraft;
  readonly sensors: SensorsDraft;
  readonly metrics: MetricsDraft;
  /** null: no line says it. */
  readonly persistence: { readonly isOn: boolean; readonly origin: Origin } | null;
  /** Folder on this machine's disk. */
  readonly persistenceLocation: string | null;
  /** Seconds; 0: at the end only. */
  readonly autosaveIntervalS: number | null;
  /** Values of log_type in their order; null: no such line. */
  readonly logTypes: readonly string[] | null;
  readonly logDestinations: readonly LogDestination[] | null;
  readonly logTimestamp: boolean;
  /** In strftime's words; null: ours. */
  readonly logTimestampFormat: string | null;
  readonly connectionMessages: boolean;
  /** Seconds; 0: nothing is said. */
  readonly sysIntervalS: number;
  readonly bridges: readonly BridgeDraft[];
  readonly emq: EmqDraft;
  readonly current: Current;
}

/** What lines say of the panel. */
export interface PanelDraft {
  /** null: no line opens it. */
  readonly place: { readonly port: number; readonly host: string | null; readonly origin: Origin } | null;
  /** A line about it cannot be carried out. */
  readonly isShut: boolean;
}

/** What lines say of the figures for Prometheus. */
export interface MetricsDraft extends PanelDraft {
  /** null: no line says it. */
  readonly token: string | null;
}

/** What lines say of the sensors in Home Assistant; null: nothing. */
export interface SensorsDraft {
  readonly isOn: boolean | null;
  readonly name: string | null;
  readonly prefix: string | null;
  readonly intervalS: number | null;
  readonly devices: readonly string[];
}

/** What lines of EMQ have said that counts when all files are read. */
export interface EmqDraft {
  /** The file that was read first; null: there is none. */
  readonly file: string | null;
  /** Lines about login sources. */
  readonly auth: readonly EmqLine[];
  readonly allowAnonymous: AnonymousLine | null;
  readonly noMatch: { readonly value: "allow" | "deny"; readonly origin: Origin } | null;
  readonly denyAction?: DenyAction;
  /** The line that names a folder with files of plugins, where there is no such folder; null: all is there. */
  readonly pluginsMissing: EmqLine | null;
  /** Lines that make the name in a certificate the user name of a listener's clients, by its index in `listeners`. */
  readonly certificateNames: readonly { readonly listener: number; readonly line: Line }[];
}

/** What the next line of a file belongs to; each file starts with nothing. */
interface Current {
  /** Index in `listeners`; "refused": the lines of a listener that was not understood. */
  readonly listener: number | "refused" | null;
  /** Index in `bridges`; "refused": the lines of a connection that was not understood. */
  readonly bridge: number | "refused" | null;
  /** Whose options the next lines are. */
  readonly plugin: "dynamic-security" | "unknown" | FilePlugin | null;
  /** Access rules in a conf file are reported once. */
  readonly hasAccessRules: boolean;
}

/** A plugin of Mosquitto 2.1 that does what a line of the same name as its option does. */
export interface FilePlugin {
  readonly option: "acl_file" | "password_file";
  /** No: with per_listener_settings it is one of the listener above it. */
  readonly isGlobal: boolean;
}

/** Where messages are taken over HTTP, while its lines are still read. null: no line says it. */
export interface HttpDraft {
  /** `host` null: as the add-on's listeners, or every address. */
  readonly listener: { readonly port: number; readonly host: string | null; readonly origin: Origin } | null;
  readonly certfile: FileReference | null;
  readonly keyfile: FileReference | null;
  readonly keys: FileReference | null;
  /** A line of it cannot be carried out, and leaving it out would open more than was meant. */
  readonly isShut: boolean;
}

/** The plugin that is built in, while its lines are still read. */
export interface DynamicSecurityDraft extends DynamicSecuritySettings {
  /** As `plugin_load` calls it; null: it was not loaded that way. */
  readonly name: string | null;
  /** No: it was loaded, and no `plugin_use` line names it. */
  readonly isInUse: boolean;
}

/** `allow_anonymous` or `listener_allow_anonymous`. */
export interface AnonymousLine {
  readonly allowed: boolean;
  readonly origin: Origin;
  /** As EMQ has it: "mqtt.allow_anonymous = true". Missing: it is one of Mosquitto. */
  readonly emq?: string;
}

/** What the lines of a listener say about who may come in; null: nothing. */
export interface AccessDraft {
  readonly aclFile: FileReference | null;
  readonly passwordFile: FileReference | null;
  readonly allowAnonymous: AnonymousLine | null;
  readonly listenerAllowAnonymous: AnonymousLine | null;
  readonly certificateName: CertificateNaming | null;
}

/** A listener, while its lines are still read. */
export interface ListenerDraft extends TlsTerms {
  /** null: the environment wants no such listener. */
  readonly port: number | null;
  /** null: every address. */
  readonly host: string | null;
  /** The add-on's own: its name, and whether it speaks TLS. It cannot be moved, nor change what it speaks. */
  readonly builtIn: { readonly name: string; readonly isTls: boolean } | null;
  /** Takes listener lines that stand in a file without a `listener` line. */
  readonly isDefault: boolean;
  readonly protocol: ListenerSettings["protocol"];
  readonly certfile: FileReference | null;
  readonly keyfile: FileReference | null;
  readonly cafile: FileReference | null;
  readonly requireCertificate: boolean;
  readonly access: AccessDraft;
  /** `version` null: no proxy stands in front of it. */
  readonly proxy: { readonly version: 1 | 2 | null; readonly requiresTls: boolean };
  /** null in it: as for every listener. */
  readonly terms: Pick<ListenerTerms, "versions" | "usernameAsClientId" | "origins" | "mountPoint"> & {
    readonly idPrefix: string | null;
    readonly allowsNoClientId: boolean | null;
  };
  /** Which addresses a listener without one takes; null: both. */
  readonly socketDomain: "ipv4" | "ipv6" | null;
  readonly maxConnections: number | null;
  /** What its lines say; the rest is as for all. */
  readonly limits: Partial<ListenerLimits>;
  /** A line of it cannot be carried out and leaving it out would open more than was meant; that was reported. */
  readonly isShut: boolean;
  readonly origin: Origin;
}

/** A connection to another broker, while its lines are still read. */
export interface BridgeDraft extends Omit<
  BridgeSettings,
  "remoteClientId" | "localClientId" | "localCleanSession" | "notifications" | "notificationTopic" | "tls"
> {
  /** null: no line says it. */
  readonly remoteClientId: string | null;
  readonly localClientId: string | null;
  readonly localCleanSession: boolean | null;
  readonly isNotifying: boolean;
  readonly isNotifyingLocalOnly: boolean;
  readonly notificationTopic: string | null;
  readonly tls: BridgeTlsSettings;
  /** A line of it cannot be carried out and leaving it out would say more to the network than was meant. */
  readonly isShut: boolean;
}

/** A directive with what is needed to carry it out. */
export interface Line {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
  readonly folders: Folders;
  /** Folder of the conf file. */
  readonly base: string;
}

/** A line of EMQ. */
export interface EmqLine extends Line {
  /** The text of the file, or the names in the folder, that it names; null: it names none, or one that cannot be read. */
  readonly text: string | null;
}

/** What became of a line. */
export interface Outcome {
  readonly draft: Draft;
  readonly isUsed: boolean;
  readonly fault: Fault | null;
}

/** A problem that knows neither its place nor how many other lines its file has. */
export interface Fault {
  readonly severity: "error" | "warning";
  readonly what: string;
  /** Without a full stop: "The line is ignored". */
  readonly now: string;
  readonly fix: string;
}

export const NOTHING_YET: Current = {
  listener: null,
  bridge: null,
  plugin: null,
  hasAccessRules: false,
};

/** Mosquitto's own default. */
const DEFAULT_SYS_INTERVAL_S = 10;

const NO_ACCESS: AccessDraft = {
  aclFile: null,
  passwordFile: null,
  allowAnonymous: null,
  listenerAllowAnonymous: null,
  certificateName: null,
};

/** The draft before the first line. */
export function emptyDraft(listeners: readonly ListenerDraft[]): Draft {
  return {
    listeners,
    namesListener: false,
    aclFile: null,
    passwordFile: null,
    allowAnonymous: null,
    banFile: null,
    isPerListener: false,
    clientIds: ALL_CLIENTS,
    anonymousVeto: null,
    dynamicSecurity: null,
    controlApi: false,
    checksRetainSource: false,
    limits: NO_LIMITS_SAID,
    http: { listener: null, certfile: null, keyfile: null, keys: null, isShut: false },
    panel: { place: null, isShut: false },
    sensors: { isOn: null, name: null, prefix: null, intervalS: null, devices: [] },
    metrics: { place: null, isShut: false, token: null },
    persistence: null,
    persistenceLocation: null,
    autosaveIntervalS: null,
    logTypes: null,
    logDestinations: null,
    logTimestamp: true,
    logTimestampFormat: null,
    connectionMessages: true,
    sysIntervalS: DEFAULT_SYS_INTERVAL_S,
    bridges: [],
    emq: { file: null, auth: [], allowAnonymous: null, noMatch: null, pluginsMissing: null, certificateNames: [] },
    current: NOTHING_YET,
  };
}

/** A listener with nothing said about it but where it listens. */
export function newListener(port: number, host: string | null, origin: Origin): ListenerDraft {
  return {
    port,
    host,
    builtIn: null,
    isDefault: false,
    protocol: "mqtt",
    certfile: null,
    keyfile: null,
    cafile: null,
    requireCertificate: false,
    capath: null,
    crlfile: null,
    minVersion: "TLSv1.2",
    ciphers: null,
    ciphersuites: null,
    access: NO_ACCESS,
    proxy: { version: null, requiresTls: false },
    terms: { ...ALL_CLIENTS, idPrefix: null, allowsNoClientId: null },
    socketDomain: null,
    maxConnections: null,
    limits: {},
    isShut: false,
    origin,
  };
}

/** As problems and log lines call it: "1883", "127.0.0.1:1885", "[::1]:1885". */
export function listenerName({ builtIn, host, port }: Pick<ListenerDraft, "builtIn" | "host" | "port">): string {
  if (builtIn !== null) return builtIn.name;
  if (host === null) return String(port);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The line is carried out. */
export function used(draft: Draft): Outcome {
  return { draft, isUsed: true, fault: null };
}

/** The line belongs to one that was reported. */
export function swallowed(draft: Draft): Outcome {
  return { draft, isUsed: false, fault: null };
}

/** The line is not carried out; the draft may have taken the closed form of it. */
export function faulty(draft: Draft, fault: Partial<Fault> & Pick<Fault, "what" | "fix">): Outcome {
  return { draft, isUsed: false, fault: { severity: "warning", now: "The line is ignored", ...fault } };
}
