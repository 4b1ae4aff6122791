import type { ProtocolVersion } from "../../core/types.ts";
import { propertyBlock } from "./properties.ts";
import { readText } from "./text.ts";

export type SubscribeFault = "malformed" | "filter";

/** Reads the topic filters of a SUBSCRIBE or UNSUBSCRIBE, body `[at, end)`; `options` is what follows each filter. */
export function readFilters(
  bytes: Buffer,
  at: number,
  end: number,
  version: ProtocolVersion,
  options: 0 | 1,
): readonly string[] | SubscribeFault {
  if (at + 2 > end || bytes.readUInt16BE(at) === 0) return "malformed"; // [MQTT-2.2.1-3]
  let next = at + 2;
  if (version === 5) {
    const block = propertyBlock(bytes, next, end);
    if (block === null) return "malformed";
    next = block.end;
  }
  const filters: string[] = [];
  while (next < end) {
    const filter = readText(bytes, next, end);
    if (filter === null || filter.next + options > end) return "malformed";
    if (!isFilter(filter.value)) return "filter";
    filters.push(filter.value);
    next = filter.next + options;
  }
  return filters.length === 0 ? "malformed" : filters; // [MQTT-3.8.3-2]
}

/** Wildcards stand alone in their level, and "#" only in the last one [MQTT-4.7.1-1, MQTT-4.7.1-2]. */
function isFilter(filter: string): boolean {
  if (filter === "") return false;
  if (!filter.includes("#") && !filter.includes("+")) return true;
  const levels = filter.split("/");
  return levels.every((level, index) => {
    if (level === "#") return index === levels.length - 1;
    return level === "+" || !(level.includes("#") || level.includes("+"));
  });
}
