import type { RetainedMessages } from "../../core/retained.ts";
import { topicsIn } from "./announcement.ts";

/** Announcements below a prefix of one, two or three levels. */
const FILTERS = ["+", "+/+", "+/+/+"].flatMap((prefix) => [
  `${prefix}/sensor/+/+/config`,
  `${prefix}/binary_sensor/+/+/config`,
]);

/**
 * Finds what this broker has told Home Assistant and what is still retained of it, also from before a restart and under
 * other settings. What a client published is never among it, whatever it says.
 */
export function leftovers(retained: Pick<RetainedMessages, "walk" | "content" | "facts">): ReadonlySet<string> {
  const found = new Set<string>();
  const isOurs = (topic: string): boolean => retained.facts(topic)?.publisher === null;
  for (const filter of FILTERS) {
    for (const facts of retained.walk(filter)) {
      if (facts === null || facts.publisher !== null) continue;
      const named = topicsIn(retained.content(facts.topic)?.payload ?? new Uint8Array());
      if (named === null) continue;
      // the announcement first: what is not announced any more needs no value
      for (const topic of [facts.topic, ...named.filter(isOurs)]) found.add(topic);
    }
  }
  return found;
}
