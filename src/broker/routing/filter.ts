/** A topic filter as a client asked for it, split into what routing needs. */
export interface Filter {
  /** As the client wrote it, "$share/group/home/#" included: the name of its subscription. */
  readonly text: string;
  /** What topics are matched with: "home/#". */
  readonly topic: string;
  /** Group of a shared subscription; null: not shared. */
  readonly group: string | null;
  readonly hasWildcard: boolean;
}

const SHARE = "$share/";

/** Splits and checks a topic filter; null when it is not valid (MQTT 5, 4.7.1 and 4.8.2). */
export function parseFilter(text: string, maxLevels: number): Filter | null {
  if (!text.startsWith(SHARE)) return filterOf(text, text, null, maxLevels);
  const slash = text.indexOf("/", SHARE.length);
  const group = slash < 0 ? "" : text.slice(SHARE.length, slash);
  // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
  if (group === "" || group.includes("+") || group.includes("#")) return null;
  return filterOf(text, text.slice(slash + 1), group, maxLevels);
}

function filterOf(text: string, topic: string, group: string | null, maxLevels: number): Filter | null {
  if (topic === "" || topic.length > 65_535) return null; // [MQTT-4.7.3-1]
  const levels = topic.split("/");
  if (levels.length > maxLevels) return null;
  let hasWildcard = false;
  for (const [index, level] of levels.entries()) {
    if (level === "+") hasWildcard = true;
    else if (level === "#") {
      if (index !== levels.length - 1) return null; // [MQTT-4.7.1-1]
      hasWildcard = true;
    } else if (level.includes("+") || level.includes("#")) return null; // [MQTT-4.7.1-2]
  }
  return { text, topic, group, hasWildcard };
}
