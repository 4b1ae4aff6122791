import { DEFAULT_LOG_TYPES, EVERY_LOG_TYPE, TIME_PREFIX, type LogType } from "../core/logger.ts";
import type { Draft } from "./directives/draft.ts";
import type { LogDestName, Options } from "./options.ts";
import type { Environment, LogDestination, LogSettings } from "./types.ts";

/** Lines of a conf file about the log's types, or its destinations, replace what the options say about them. */
export function logSettings(kind: Environment["kind"], options: Options | null, draft: Draft): LogSettings {
  const types = draft.logTypes ?? nonEmpty(options?.logType) ?? DEFAULT_LOG_TYPES;
  const names = nonEmpty(options?.logDest) ?? [kind === "add-on" ? "stdout" : "stderr"];
  return {
    types: options?.debug === true ? new Set(EVERY_LOG_TYPE) : typesOf(types),
    destinations: draft.logDestinations ?? destinationsOf(names),
    timePrefix: timePrefix(draft),
    connectionMessages: draft.connectionMessages,
  };
}

/** A format of the user's is followed by a colon, as mosquitto has it. */
function timePrefix({ logTimestamp, logTimestampFormat }: Draft): string {
  if (!logTimestamp) return "";
  return logTimestampFormat === null ? TIME_PREFIX : `${logTimestampFormat}: `;
}

function nonEmpty<T>(values: readonly T[] | undefined): readonly T[] | null {
  return values === undefined || values.length === 0 ? null : values;
}

/** "none" takes back what came before it. Names of lines that this broker never writes count for nothing. */
function typesOf(names: readonly string[]): ReadonlySet<LogType> {
  const counting = names.slice(names.lastIndexOf("none") + 1);
  return new Set(EVERY_LOG_TYPE.filter((type) => counting.includes(type) || counting.includes("all")));
}

function destinationsOf(names: readonly LogDestName[]): readonly LogDestination[] {
  return names.slice(names.lastIndexOf("none") + 1).flatMap((kind) => (kind === "none" ? [] : [{ kind }]));
}
