import type { Load, Outcome } from "./scenario.ts";
import type { Transport } from "./target.ts";

/** What the generator's process is asked for. */
export interface Job {
  readonly scenario: string;
  readonly load: Load;
}

/**
 * Reads a job from JSON.
 * @throws Error when it is none.
 */
export function parseJob(text: string): Job {
  const job = record(JSON.parse(text));
  const load = record(job["load"]);
  const target = record(load["target"]);
  return {
    scenario: textOf(job["scenario"]),
    load: {
      target: {
        host: textOf(target["host"]),
        port: numberOf(target["port"]),
        transport: transportOf(target["transport"]),
        pid: numberOf(target["pid"]),
        username: textOf(target["username"]),
        password: textOf(target["password"]),
      },
      seconds: numberOf(load["seconds"]),
      warmUpSeconds: numberOf(load["warmUpSeconds"]),
      startUpMs: numberOf(load["startUpMs"]),
    },
  };
}

/**
 * Reads an outcome from JSON; NaN travels as null.
 * @throws Error when it is none.
 */
export function parseOutcome(text: string): Outcome {
  const outcome = record(JSON.parse(text));
  const faults = outcome["faults"];
  return {
    values: Object.fromEntries(
      Object.entries(record(outcome["values"])).map(([key, value]) => [
        key,
        value === null ? Number.NaN : numberOf(value),
      ]),
    ),
    faults: Array.isArray(faults) ? faults.map(textOf) : [],
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error(`expected an object, got ${String(value)}`);
  return Object.fromEntries(Object.entries(value));
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new Error(`expected a text, got ${String(value)}`);
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new Error(`expected a number, got ${String(value)}`);
  return value;
}

function transportOf(value: unknown): Transport {
  if (value === "tcp" || value === "tls" || value === "ws") return value;
  throw new Error(`unknown transport ${String(value)}`);
}
