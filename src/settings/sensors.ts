import { isRawObject } from "../core/raw-object.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { optionsSchema } from "./schema.ts";
import type { SensorSettings } from "./types.ts";

/** The group `sensors` of the add-on. */
export interface SensorOptions extends SensorSettings {
  readonly active: boolean;
}

const { active, interval, name, prefix } = optionsSchema.properties.sensors.properties;

/** Seconds that may lie between two values. */
export const SENSOR_INTERVAL = { min: interval.minimum, max: interval.maximum };

const USUAL: SensorOptions = {
  active: active.default,
  name: name.default,
  prefix: prefix.default,
  intervalS: interval.default,
  devices: [],
};

/** Says what is wrong, what happens now, and what to do. */
type ReportSensors = (what: string, now: string, fix: string) => void;

/** Reads the group; null: it is not known whether it is to be on, and so what was announced stays. */
export function readSensors(
  value: unknown,
  report: ReportSensors,
  show: (value: unknown) => string,
): SensorOptions | null {
  if (value === undefined || value === null) return USUAL;
  if (!isRawObject(value)) {
    report(`sensors: ${show(value)} is not what it can be.`, AS_BEFORE, "Write active (true or false) below it.");
    return null;
  }
  const isOn = value["active"] ?? USUAL.active;
  if (typeof isOn !== "boolean") {
    const what = `sensors.active: ${show(isOn)} is neither true nor false.`;
    report(what, AS_BEFORE, "Write true or false, without quotes.");
    return null;
  }
  const read = <T>(key: string, usual: T, isFit: (item: unknown) => item is T, isWhat: string, fix: string): T => {
    const item = value[key] ?? usual;
    if (isFit(item)) return item;
    report(`sensors.${key}: ${show(item)} ${isWhat}.`, "The default is used.", fix);
    return usual;
  };
  const { minimum, maximum } = interval;
  const inRange = `is not a whole number from ${minimum} to ${maximum}`;
  return {
    active: isOn,
    name: read("name", USUAL.name, isSensorName, NO_NAME.isWhat, NO_NAME.fix),
    prefix: read("prefix", USUAL.prefix, isPrefix, NO_PREFIX.isWhat, NO_PREFIX.fix),
    intervalS: read("interval", USUAL.intervalS, isInterval, inRange, "Write a number of seconds, without quotes."),
    devices: read("devices", USUAL.devices, isDevices, "is not a list of names", NO_DEVICES),
  };
}

/** What lines of conf files say has the last word; devices of both count. */
export function sensorSettings(
  options: Pick<Options, "sensors"> | null,
  { sensors: lines }: Pick<Draft, "sensors">,
): SensorSettings | null | "unread" {
  const option = options === null ? USUAL : options.sensors;
  const isOn = lines.isOn ?? option?.active ?? null;
  if (isOn === null) return "unread";
  if (!isOn) return null;
  const { name, prefix, intervalS, devices } = option ?? USUAL;
  return {
    name: lines.name ?? name,
    prefix: lines.prefix ?? prefix,
    intervalS: lines.intervalS ?? intervalS,
    devices: [...new Set([...devices, ...lines.devices])]
      .filter((device) => device !== "")
      .slice(0, MAX_SENSOR_DEVICES),
  };
}

/** Whether a device of Home Assistant can be called so. */
export function isSensorName(value: unknown): value is string {
  return typeof value === "string" && /^[^\p{Cc}]{1,60}$/u.test(value) && value.trim() !== "";
}

/** Whether it can be where announcements are looked for: "homeassistant", "house/discovery". */
export function isPrefix(value: unknown): value is string {
  return typeof value === "string" && new RegExp(prefix.pattern).test(value);
}

/** Why a name or a prefix cannot be used, behind its quoted value, and what can. */
export const NO_NAME = { isWhat: "is no name", fix: "Write a name of at most 60 characters." };
export const NO_PREFIX = {
  isWhat: "is not where Home Assistant looks for devices",
  fix: 'Write the discovery prefix of Home Assistant\'s MQTT integration, mostly "homeassistant".',
};

const AS_BEFORE = "What Home Assistant was told stays as it is.";
const NO_DEVICES = "Write the client ids or user names as a list, or [] for none.";
/** Each is a sensor of its own. */
export const MAX_SENSOR_DEVICES = 100;

function isInterval(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= interval.minimum && value <= interval.maximum;
}

function isDevices(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
