import type { Ajv } from "ajv";
import { isRawObject } from "../core/raw-object.ts";
import {
  EXPIRATION,
  type LimitValues,
  NO_LIMITS_SAID,
  numberLimits,
  parseExpiration,
  parseServerReference,
  SERVER_REFERENCE,
  switchLimits,
} from "./limits.ts";

/** Every key of the option `limits`. */
export const limitNames: readonly string[] = [
  ...numberLimits.map(({ name }) => name),
  ...switchLimits.map(({ name }) => name),
  EXPIRATION,
  SERVER_REFERENCE,
];

/** Says that a value is wrong; then the default counts. */
type ReportLimit = (what: string, fix: string) => void;

/** Reads the option `limits`: what is wrong is reported, and left out. `show` gives a value as messages quote it. */
export function readLimits(raw: unknown, ajv: Ajv, report: ReportLimit, show: (value: unknown) => string): LimitValues {
  if (raw === undefined || raw === null) return NO_LIMITS_SAID;
  if (!isRawObject(raw)) {
    report(`limits: ${show(raw)} is not a group of limits.`, "Write names with values below it, or {} for none.");
    return NO_LIMITS_SAID;
  }
  let { numbers, switches, expirationS, serverReference } = NO_LIMITS_SAID;
  for (const { name, minimum, maximum } of numberLimits) {
    const value = raw[name] ?? null;
    if (value === null) continue;
    if (ajv.compile<number>({ type: "integer", minimum, maximum })(value)) numbers = { ...numbers, [name]: value };
    else {
      const what = `limits.${name}: ${show(value)} is not a whole number from ${minimum} to ${maximum}.`;
      report(what, "Write a number, without quotes.");
    }
  }
  for (const { name } of switchLimits) {
    const value = raw[name] ?? null;
    if (value === null) continue;
    if (typeof value === "boolean") switches = { ...switches, [name]: value };
    else report(`limits.${name}: ${show(value)} is neither true nor false.`, "Write true or false, without quotes.");
  }
  const time = raw[EXPIRATION] ?? "";
  if (time !== "") {
    expirationS = typeof time === "string" ? parseExpiration(time) : null;
    if (expirationS === null) {
      const fix = "Write a number and s, h, d, w, m or y: 14d is two weeks.";
      report(`limits.${EXPIRATION}: ${show(time)} is not a time.`, fix);
    }
  }
  const reference = raw[SERVER_REFERENCE] ?? "";
  if (reference !== "") {
    serverReference = typeof reference === "string" ? parseServerReference(reference) : null;
    if (serverReference === null) {
      const fix = "Write host:port, several with spaces between.";
      report(`limits.${SERVER_REFERENCE}: ${show(reference)} is not where a broker is.`, fix);
    }
  }
  return { numbers, switches, expirationS, serverReference };
}
