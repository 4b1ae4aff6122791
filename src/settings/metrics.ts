import { isRawObject } from "../core/raw-object.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import type { Environment, MetricsSettings } from "./types.ts";

/** The group `metrics` of the add-on. */
export interface MetricsOptions {
  readonly active: boolean;
  /** Empty: none. */
  readonly token: string;
}

const OFF: MetricsOptions = { active: false, token: "" };

/** Reads the group. What is wrong in it keeps the port closed: without its token it would not be what was asked for. */
export function readMetrics(
  value: unknown,
  report: (what: string, fix: string) => void,
  show: (value: unknown) => string,
): MetricsOptions {
  if (value === undefined || value === null) return OFF;
  if (!isRawObject(value)) {
    report(`metrics: ${show(value)} is not what it can be.`, "Write active (true or false) below it.");
    return OFF;
  }
  const active = value["active"] ?? OFF.active;
  const token = value["token"] ?? OFF.token;
  if (typeof active !== "boolean") {
    report(`metrics.active: ${show(active)} is neither true nor false.`, "Write true or false, without quotes.");
    return OFF;
  }
  if (typeof token === "string" && isToken(token)) return { active, token };
  report("metrics.token: this is no token.", TOKEN_FIX);
  return OFF;
}

/** What conf files say has the last word, then the option. A line opens the port for this machine alone unless it names an address. */
export function metricsSettings(
  { host, ports }: Pick<Environment, "host" | "ports">,
  options: Pick<Options, "metrics" | "file"> | null,
  { metrics: { place, isShut, token } }: Pick<Draft, "metrics">,
): MetricsSettings | null {
  if (isShut) return null;
  const option = options?.metrics ?? OFF;
  const shown = token ?? (option.token === "" ? null : option.token);
  if (place !== null) {
    return { host: place.host ?? "127.0.0.1", port: place.port, token: shown, origin: place.origin };
  }
  const port = ports.metrics ?? null;
  if (!option.active || port === null) return null;
  return { host, port, token: shown, origin: { file: options?.file ?? "options.json" } };
}

/** Whether it can be sent in a header as it is; "" is none. */
export function isToken(text: string): boolean {
  return /^[!-~]{0,256}$/.test(text);
}

/** What to do about one that is not. */
export const TOKEN_FIX = "Write letters, digits and signs without blanks, or nothing for no token.";
