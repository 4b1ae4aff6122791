import { Ajv } from "ajv";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import { closest, mayBeQuoted } from "../core/suggest.ts";
import type { Problem } from "../core/types.ts";
import { choiceText } from "./choice.ts";
import { limitNames, readLimits } from "./limit-options.ts";
import type { LimitValues } from "./limits.ts";
import { readHttp, type HttpOptions } from "./http-options.ts";
import { readLogins, type LoginOptions, type RawLogin } from "./logins.ts";
import { parseOptionsText } from "./options-text.ts";
import { staysBelow } from "./paths.ts";
import { readMetrics, type MetricsOptions } from "./metrics.ts";
import { readSensors, type SensorOptions } from "./sensors.ts";
import { logDestNames, loginSchema, logTypeNames, optionsSchema } from "./schema.ts";
import type { Environment } from "./types.ts";

/** The options of the add-on, complete and valid. */
export interface Options {
  /** Base name of the file, as problems name it. */
  readonly file: string;
  /** The usable entries. */
  readonly logins: readonly LoginOptions[];
  /** Whether any login is listed, usable or not: then anonymous clients may only read. */
  readonly listsLogins: boolean;
  readonly anonymous: boolean;
  /** Clients, groups and roles in a file of the share folder. */
  readonly dynamicSecurity: boolean;
  /** In the order written; empty: the default. */
  readonly logDest: readonly LogDestName[];
  /** In the order written; empty: the default. */
  readonly logType: readonly LogTypeName[];
  readonly requireCertificate: boolean;
  /** Below the ssl folder; empty: none. */
  readonly certfile: string;
  readonly keyfile: string;
  readonly cafile: string;
  readonly customize: CustomizeOptions;
  /** Below the share folder; empty: the usual one in the data folder. */
  readonly banFile: string;
  readonly httpPublish: HttpOptions;
  readonly panel: boolean;
  readonly metrics: MetricsOptions;
  /** null: they cannot be read. */
  readonly sensors: SensorOptions | null;
  /** Seconds between two writes; 0: before each acknowledgement. */
  readonly storeInterval: number;
  readonly limits: LimitValues;
  readonly debug: boolean;
}

interface CustomizeOptions {
  readonly active: boolean;
  /** Below the share folder. */
  readonly folder: string;
  /** false: it cannot be told which files apply, so nobody but the system users may log in. */
  readonly isUsable: boolean;
}

export type LogDestName = (typeof logDestNames)[number];
type LogTypeName = (typeof logTypeNames)[number];

const CLOSED = "Nobody but Home Assistant and apps can log in until this is corrected.";

/**
 * Reads options.json, or the same as YAML. Every fault is reported; what is wrong takes its closed form by itself, and
 * the options are null only when the text is no object at all.
 */
export function parseOptions(
  text: string,
  file: string,
  { reservedUsers }: Pick<Environment, "reservedUsers">,
): { options: Options | null; problems: Problem[] } {
  const { options: raw, problems } = parseOptionsText(text, file);
  if (raw === null) return { options: null, problems };
  const report: Report = (severity, what, now, fix) => {
    problems.push({ severity, what, now, fix, where: { file } });
  };
  reportUnknownKeys(raw, Object.keys(properties), "", report);
  // Checking our own schemas against the meta schema would double the time that a start spends here.
  const ajv = new Ajv({ allErrors: true, meta: false, validateSchema: false });
  const read = createReader(raw, ajv, report);
  const logins = read.list("logins", "Nobody can log in through this list.");
  const options: Options = {
    file,
    logins: readLogins(logins ?? [], { validate: ajv.compile<RawLogin>(loginSchema), reservedUsers, report }),
    listsLogins: logins === null || logins.length > 0,
    anonymous: read.bool("anonymous", false, "Clients without a login stay shut out."),
    // Counting as on, it takes rights away and gives none.
    dynamicSecurity: read.bool("dynamic_security", true, "It counts as switched on."),
    logDest: read.names("log_dest", logDestNames),
    logType: read.names("log_type", logTypeNames),
    requireCertificate: read.bool("require_certificate", true, "It counts as switched on."),
    certfile: read.fileBelow("/ssl", "certfile", "The TLS ports stay closed."),
    keyfile: read.fileBelow("/ssl", "keyfile", "The TLS ports stay closed."),
    cafile: read.fileBelow("/ssl", "cafile", "It is left out, so no device certificate can be checked."),
    customize: readCustomize(raw["customize"], report),
    banFile: read.fileBelow("/share", "ban_file", "The usual file in the data folder is used."),
    httpPublish: readHttpGroup(raw["http_publish"], report),
    panel: read.bool("panel", false, "There is no panel."),
    sensors: readSensorGroup(raw["sensors"], report),
    metrics: readMetricsGroup(raw["metrics"], report),
    storeInterval: read.seconds("store_interval"),
    limits: readLimitGroup(raw["limits"], ajv, report),
    debug: read.bool("debug", false, "It stays off."),
  };
  return { options, problems };
}

type Report = (severity: Problem["severity"], what: string, now: string, fix: string) => void;

const { properties } = optionsSchema;
type BoolOption = "anonymous" | "dynamic_security" | "require_certificate" | "panel" | "debug";
type FileOption = "certfile" | "keyfile" | "cafile" | "ban_file";
type SecondsOption = "store_interval";
type ListOption = "logins" | "log_dest" | "log_type";

/** Reads single options: missing and null mean the default, as for the Supervisor. */
function createReader(raw: RawObject, ajv: Ajv, report: Report) {
  const isString = ajv.compile<string>({ type: "string" });
  const isBool = ajv.compile<boolean>({ type: "boolean" });
  const isList = ajv.compile<readonly unknown[]>({ type: "array" });

  /** `now` says what `closed`, used for a wrong value, means. */
  const bool = (name: BoolOption, closed: boolean, now: string): boolean => {
    const value = raw[name] ?? properties[name].default;
    if (isBool(value)) return value;
    report("error", `${name}: ${show(value)} is neither true nor false.`, now, "Write true or false, without quotes.");
    return closed;
  };

  const list = (name: ListOption, now: string): readonly unknown[] | null => {
    const value = raw[name] ?? properties[name].default;
    if (isList(value)) return value;
    report("error", `${name}: this is not a list.`, now, `Write its entries as a list, or [] for none.`);
    return null;
  };

  const names = <T extends string>(name: "log_dest" | "log_type", known: readonly T[]): readonly T[] => {
    const isKnown = ajv.compile<T>({ enum: known });
    const values = list(name, "The default is used.") ?? [];
    return values.filter((value): value is T => {
      if (value === null || isKnown(value)) return value !== null;
      report("warning", `${name}: ${show(value)} is not known.`, "It is left out.", choiceText(value, known));
      return false;
    });
  };

  const fileBelow = (folder: "/ssl" | "/share", name: FileOption, now: string): string => {
    const value = raw[name] ?? properties[name].default;
    const fix = `Write the file's name as it is in the ${folder.slice(1)} folder.`;
    if (!isString(value)) report("error", `${name}: ${show(value)} is not a file name.`, now, fix);
    else if (value === "" || staysBelow(value, folder)) return value;
    else report("error", `${name}: "${value}" is outside the folder ${folder}.`, now, fix);
    return "";
  };

  const seconds = (name: SecondsOption): number => {
    const { type, minimum, maximum, default: usual } = properties[name];
    const value = raw[name] ?? usual;
    const isInRange = ajv.compile<number>({ type, minimum, maximum });
    if (isInRange(value)) return value;
    const what = `${name}: ${show(value)} is not a whole number from ${minimum} to ${maximum}.`;
    report("error", what, `The default of ${usual} seconds is used.`, "Write a number of seconds, without quotes.");
    return usual;
  };

  return { bool, list, names, fileBelow, seconds };
}

const UNUSABLE: CustomizeOptions = { active: false, folder: properties.customize.default.folder, isUsable: false };

/** Takes the short forms, `true` and a folder name, beside the object of the official add-on. */
function readCustomize(value: unknown, report: Report): CustomizeOptions {
  const defaults = properties.customize.default;
  if (value === undefined || value === null) return { ...defaults, isUsable: true };
  if (typeof value === "boolean") return { ...defaults, active: value, isUsable: true };
  if (typeof value === "string") return checkFolder(value, report);
  if (!isRawObject(value)) {
    report(
      "error",
      `customize: ${show(value)} is not what it can be.`,
      CLOSED,
      "Write active (true or false) and folder.",
    );
    return UNUSABLE;
  }
  reportUnknownKeys(value, Object.keys(properties.customize.properties), "customize.", report);
  const active = value["active"] ?? defaults.active;
  const folder = value["folder"] ?? defaults.folder;
  if (typeof active !== "boolean") {
    const what = `customize.active: ${show(active)} is neither true nor false.`;
    report("error", what, CLOSED, "Write true or false, without quotes.");
    return UNUSABLE;
  }
  // A folder that is not used can do no harm, whatever it is called.
  return active ? checkFolder(folder, report) : { ...defaults, isUsable: true };
}

function readHttpGroup(value: unknown, report: Report): HttpOptions {
  if (isRawObject(value)) {
    reportUnknownKeys(value, Object.keys(properties.http_publish.properties), "http_publish.", report);
  }
  return readHttp(value, (what, fix) => report("error", what, "Nothing is taken over HTTP.", fix), show);
}

function readSensorGroup(value: unknown, report: Report): SensorOptions | null {
  if (isRawObject(value)) reportUnknownKeys(value, Object.keys(properties.sensors.properties), "sensors.", report);
  return readSensors(value, (what, now, fix) => report("error", what, now, fix), show);
}

function readMetricsGroup(value: unknown, report: Report): MetricsOptions {
  if (isRawObject(value)) reportUnknownKeys(value, Object.keys(properties.metrics.properties), "metrics.", report);
  return readMetrics(value, (what, fix) => report("error", what, "There are no metrics.", fix), show);
}

function readLimitGroup(value: unknown, ajv: Ajv, report: Report): LimitValues {
  if (isRawObject(value)) reportUnknownKeys(value, limitNames, "limits.", report);
  return readLimits(value, ajv, (what, fix) => report("error", what, "The default is used.", fix), show);
}

function checkFolder(folder: unknown, report: Report): CustomizeOptions {
  if (typeof folder !== "string") {
    report(
      "error",
      `customize.folder: ${show(folder)} is not a folder name.`,
      CLOSED,
      "Write a folder's name in /share.",
    );
    return UNUSABLE;
  }
  if (!folder.startsWith("/") && !folder.split("/").includes("..")) return { active: true, folder, isUsable: true };
  const inside = folder.replace(/^\/share\/+/, "");
  const isInside = inside !== folder && inside !== "" && !inside.split("/").includes("..");
  const fix = `Write only the folder's name in /share, for example "${isInside ? inside : "mosquitto"}".`;
  report("error", `customize.folder "${folder}" is not a folder inside /share.`, CLOSED, fix);
  return UNUSABLE;
}

function reportUnknownKeys(raw: RawObject, known: readonly string[], prefix: string, report: Report): void {
  for (const key of Object.keys(raw).filter((key) => !known.includes(key))) {
    const meant = closest(key, known);
    const fix = meant === null ? "Remove it." : `Did you mean "${prefix}${meant}"?`;
    const group = prefix === "" ? "" : ` below "${prefix.slice(0, -1)}"`;
    // what resembles no option may be a value in the wrong place, and a password
    const subject = mayBeQuoted(key, known) ? `"${prefix}${key}"` : `One of the names${group}`;
    report("warning", `${subject} is not an option of this broker.`, "It is ignored.", fix);
  }
}

/** The user's own value in a message, cut short. */
function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
