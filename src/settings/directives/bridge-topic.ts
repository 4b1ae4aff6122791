import { filterFault } from "../../core/topic.ts";
import type { BridgeTopic } from "../types.ts";
import type { Fault } from "./draft.ts";
import { parseInteger } from "./row.ts";

type TopicFault = Pick<Fault, "what" | "fix">;

/**
 * Reads the value of a bridge's `topic` line: `<pattern> [direction [qos [local-prefix [remote-prefix]]]]`.
 *
 *     # both 1 cabin/ house/
 *     "two words/#" in
 *     "" out 0 one/local one/remote
 *
 * `""` stands for nothing; without a pattern the two prefixes are whole topic names.
 */
export function parseBridgeTopic(value: string): BridgeTopic | TopicFault {
  const words = splitTopic(value);
  const fault = (what: string, fix: string): TopicFault => ({ what: `"topic ${value}": ${what}.`, fix });
  if (words === null) return fault("the quotation mark is not closed", 'Write "two words/#", or no quotation marks.');
  const [pattern, way = "out", qosWord = "0", localPrefix = "", remotePrefix = ""] = words;
  if (pattern === undefined) return fault("there is no topic", "Write topic <filter> in, out or both.");
  const direction = directionOf(way);
  if (direction === null) return fault(`"${way}" is not a direction`, "Use one of: in, out, both.");
  const qos = qosOf(qosWord);
  if (qos === null) return fault(`"${qosWord}" is not a quality of service`, "Write 0, 1 or 2.");
  if (pattern === "" && (localPrefix === "" || remotePrefix === "")) {
    return fault("without a topic both prefixes are needed", 'Write topic "" out 0 <topic here> <topic there>.');
  }
  if (/[+#]/.test(localPrefix + remotePrefix)) {
    return fault('a prefix has no wildcards ("+" or "#")', "Put the wildcards into the topic.");
  }
  const [local, remote] = [localPrefix + pattern, remotePrefix + pattern];
  const wrong = [local, remote].find((filter) => filterFault(filter) !== null);
  if (wrong !== undefined) {
    return fault(`"${wrong}" is not a topic filter: ${filterFault(wrong)}`, 'A prefix mostly ends with "/".');
  }
  return { direction, qos, local, remote, localPrefix, remotePrefix };
}

/** The word that says the direction, where there is one. */
export function secondWord(value: string): string {
  return splitTopic(value)?.[1] ?? "";
}

/** Splits at blanks; null for a quotation mark that is not closed. A pattern may be quoted, a comment ends the line. */
function splitTopic(value: string): readonly string[] | null {
  const quoted = /^"([^"]*)"(?:[ \t]+|$)/.exec(value);
  if (quoted === null && value.startsWith('"')) return null;
  const rest = quoted === null ? value : value.slice(quoted[0].length);
  const words = rest.split(/[ \t]+/).filter((word) => word !== "");
  const all = quoted === null ? words : [quoted[1] ?? "", ...words];
  const comment = all.findIndex((word, index) => index >= 2 && word.startsWith("#"));
  return (comment === -1 ? all : all.slice(0, comment)).map((word, index) => (index > 0 && word === '""' ? "" : word));
}

function directionOf(word: string): BridgeTopic["direction"] | null {
  const direction = word.toLowerCase();
  return direction === "in" || direction === "out" || direction === "both" ? direction : null;
}

function qosOf(word: string): BridgeTopic["qos"] | null {
  const value = parseInteger(word) ?? 0; // mosquitto reads a word that is no number as 0
  return value === 0 || value === 1 || value === 2 ? value : null;
}
