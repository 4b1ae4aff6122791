import type { BridgeInfo } from "./bridges.ts";
import type { PlaceInfo, Rate } from "./common.ts";
import type { ProblemInfo } from "./problems.ts";

/** Everything that the first page shows. */
export interface Overview {
  readonly version: string;
  readonly startedAt: string;
  readonly homeAssistant: {
    /** null: this broker runs outside Home Assistant. */
    readonly connected: boolean | null;
    readonly since?: string;
    readonly user?: string;
    readonly protocol?: 3 | 4 | 5;
    readonly perMin?: number;
  };
  readonly devices: {
    readonly connected: number;
    readonly asleep: number;
    readonly overdue: number;
    readonly refused: number;
  };
  readonly messages: {
    readonly in: Rate;
    readonly out: Rate;
    /** Per minute of the last hour, the oldest first. */
    readonly history: readonly { readonly at: string; readonly in: number; readonly out: number }[];
  };
  /** Those that send most, the first of them most. */
  readonly talkers: readonly { readonly client: string; readonly perMin: number }[];
  readonly retained: { readonly count: number; readonly bytes: number; readonly probablyUnused: number };
  /** The three that matter most, and how many there are. */
  readonly problems: { readonly total: number; readonly top: readonly ProblemInfo[] };
  readonly bridges: readonly BridgeInfo[];
  readonly certificates: readonly CertificateInfo[];
  readonly memoryBytes: number;
  readonly writesPerHour: number;
  /** When the rules in force were read without a fault, and the files that they stand in. */
  readonly rules: { readonly loadedAt: string; readonly files: readonly string[] };
  readonly checklist: readonly { readonly step: "ha" | "device" | "acl" | "backup"; readonly done: boolean }[];
}

export interface ListenerInfo {
  readonly name: string;
  readonly url: string;
  readonly open: boolean;
  readonly tls: boolean;
  readonly anonymous: boolean;
  readonly connections: number;
  /** A command line to try it: "mosquitto_pub -h HOST -p 1883 -u USER -P PASSWORD -t test -m hello". */
  readonly tryIt: string;
}

export interface CertificateInfo {
  readonly file: string;
  readonly names: readonly string[];
  readonly issuer: string;
  readonly serial: string;
  readonly validTo: string;
  readonly daysLeft: number;
  readonly listeners: readonly string[];
  readonly problem?: string;
}

/** One setting as it is in force. */
export interface SettingInfo {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
  readonly default: string;
  /** Where it was set. */
  readonly where?: PlaceInfo;
  readonly warning?: string;
}

export interface ConfigInfo {
  readonly loadedAt: string;
  readonly files: readonly {
    readonly file: string;
    readonly loadedAt: string;
    readonly ok: boolean;
    /** Whether config/check takes it: commands alone write the file of dynamic security. */
    readonly canBeChecked: boolean;
  }[];
  readonly settings: readonly SettingInfo[];
  readonly problems: readonly ConfigProblem[];
}

/** A fault in a file of the user; the words are those of the log and of `culex check`. */
export interface ConfigProblem {
  readonly severity: "error" | "warning";
  readonly what: string;
  readonly now: string;
  readonly fix: string;
  readonly where?: PlaceInfo;
}

/** A text that a file of the configuration could have, by its base name. */
export interface ConfigCheck {
  readonly file: string;
  readonly text: string;
}

/** What somebody who helps wants to see; no password, token or payload is in it. */
export interface SupportBundle {
  readonly at: string;
  readonly node: string;
  readonly platform: string;
  readonly overview: Overview;
  readonly config: ConfigInfo;
  readonly listeners: readonly ListenerInfo[];
  readonly log: readonly LogLine[];
}

export interface LogLine {
  readonly at: string;
  readonly level: "error" | "warning" | "notice" | "info" | "debug";
  readonly text: string;
  readonly count: number;
}
