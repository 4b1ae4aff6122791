import { isIP } from "node:net";
import { isRawObject } from "../../core/raw-object.ts";
import { filterFault } from "../../core/topic.ts";

/** What a trace looks at. */
export type TraceBy = (typeof TRACE_BY)[number];

export const TRACE_BY = ["client", "user", "ip", "topic"] as const;

/** How much of a payload is written. */
export type PayloadForm = (typeof PAYLOAD_FORMS)[number];

export const PAYLOAD_FORMS = ["text", "hex", "hidden"] as const;

/** A trace as somebody asks for it. */
export interface TraceWish {
  readonly by: TraceBy;
  /** A client id, a user name, an address or a topic filter. */
  readonly value: string;
  /** A name without a folder. */
  readonly file: string;
  readonly minutes: number;
  readonly megabytes: number;
  readonly payload: PayloadForm;
}

/** What is asked about traces. */
export type TraceQuestion =
  | { readonly action: "list" }
  | { readonly action: "stop"; readonly by: TraceBy; readonly value: string }
  | { readonly action: "start"; readonly wish: TraceWish };

const MAX_MINUTES = 1440;
const MAX_MEGABYTES = 100;

/** Reads a question that came from outside; a text says what is wrong with it. */
export function parseQuestion(raw: unknown): TraceQuestion | string {
  if (!isRawObject(raw)) return "this is no question about traces";
  const { action, by: kind, value, file, minutes = 60, megabytes = 10, payload: form = "text" } = raw;
  if (action === "list") return { action };
  const by = TRACE_BY.find((known) => known === kind);
  if (by === undefined) return "a trace is by client, user, ip or topic";
  if (typeof value !== "string" || value === "") return `the ${by} has no name`;
  if (action === "stop") return { action, by, value };
  if (action !== "start") return "a trace is started, stopped or listed";
  if (by === "ip" && isIP(value) === 0) return `"${value}" is no IP address`;
  const wrong = by === "topic" ? filterFault(value) : null;
  if (wrong !== null) return `"${value}" is no topic filter: ${wrong}`;
  if (typeof file !== "string" || !isFileName(file)) {
    return "the file needs a name of letters, digits and . _ -, without a folder";
  }
  if (!isWithin(minutes, MAX_MINUTES)) return `a trace runs for 1 to ${MAX_MINUTES} minutes`;
  if (!isWithin(megabytes, MAX_MEGABYTES)) return `its file has 1 to ${MAX_MEGABYTES} megabytes`;
  const payload = PAYLOAD_FORMS.find((known) => known === form);
  if (payload === undefined) return "payloads are written as text, hex or hidden";
  return { action, wish: { by, value, file, minutes, megabytes, payload } };
}

/** Whether a file in the folder of the traces can have this name. */
export function isFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most;
}
