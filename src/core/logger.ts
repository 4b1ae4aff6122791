import { strftime } from "./strftime.ts";

/** Local time as the official add-on writes it: "2026-11-20 12:03:04 ". */
export const TIME_PREFIX = "%Y-%m-%d %H:%M:%S ";

/** Mosquitto's log types; "subscribe" and "unsubscribe" are single lines a user can switch on. */
export const EVERY_LOG_TYPE = [
  "error",
  "warning",
  "notice",
  "information",
  "debug",
  "subscribe",
  "unsubscribe",
] as const;

export type LogType = (typeof EVERY_LOG_TYPE)[number];

/** What is written until somebody says otherwise. */
export const DEFAULT_LOG_TYPES: readonly LogType[] = ["error", "warning", "notice", "information"];

/** Values of a line, for `--log-format json` and for tests; the message says them in words. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one plain line per call. The call shape is pino's: fields first, then the message. */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  /** A life event that someone may want to see: start, reload, client connected. */
  notice(fields: LogFields, message: string): void;
  /** Per packet; what is costly to compose is composed only if it is written. */
  debug(fields: LogFields, message: string | (() => string)): void;
  /** A line of any type, such as mosquitto's "subscribe" and "unsubscribe". */
  log(type: LogType, fields: LogFields, message: string): void;
}

/** One line on its way to a destination. */
export interface LogEntry {
  readonly type: LogType;
  readonly atMs: number;
  readonly fields: LogFields;
  readonly message: string;
}

export type LogSink = (entry: LogEntry) => void;

/** What is written and where; replaced as a whole when the configuration changes. */
export interface LogTarget {
  readonly types: ReadonlySet<LogType>;
  readonly sinks: readonly LogSink[];
}

/** Makes a logger that asks for its target at each line, so that a reload can change it. */
export function createLogger(target: () => LogTarget): Logger {
  const log = (type: LogType, fields: LogFields, message: string | (() => string)): void => {
    const { types, sinks } = target();
    if (!types.has(type)) return;
    const text = oneLine(typeof message === "string" ? message : message());
    const entry: LogEntry = { type, atMs: Date.now(), fields, message: text };
    for (const sink of sinks) sink(entry);
  };
  return {
    error: (fields, message) => log("error", fields, message),
    warn: (fields, message) => log("warning", fields, message),
    notice: (fields, message) => log("notice", fields, message),
    debug: (fields, message) => log("debug", fields, message),
    log,
  };
}

/**
 * Renders a line for people: "2026-11-20 12:03:04 warning: acl.conf line 4: ...". `timePrefix` is what stands before it,
 * in strftime's words.
 */
export function textLine(entry: LogEntry, timePrefix: string = TIME_PREFIX): string {
  const label = entry.type === "error" || entry.type === "warning" ? `${entry.type}: ` : "";
  return `${strftime(timePrefix, entry.atMs)}${label}${entry.message}\n`;
}

/** Renders a line for machines: one JSON object. */
export function jsonLine(entry: LogEntry): string {
  const { type, atMs, fields, message } = entry;
  return `${JSON.stringify({ time: new Date(atMs).toISOString(), type, message, ...fields })}\n`;
}

/** Names and topics come from the network: a control character in them must not forge a line or colour a terminal. */
export function oneLine(text: string): string {
  const kept = text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)}…`;
  // oxlint-disable-next-line no-control-regex
  return kept.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Characters; what is longer holds a name of 64 kB, and a log must not be filled by those who are refused. */
const LONGEST_LINE = 2_000;
