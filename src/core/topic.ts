const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

/** Bytes of UTF-8 that a string on the wire can hold [MQTT-4.7.3-3]. */
const MAX_BYTES = 65_535;

/** Says why a string is not a topic name, as the end of a sentence; null when it is one. */
export function topicFault(topic: string): string | null {
  // wildcards belong into filters [MQTT-4.7.0-1]
  if (topic.includes("+") || topic.includes("#")) return 'a topic name has no wildcards ("+" or "#")';
  return stringFault(topic);
}

/** Says why a string is not a topic filter, as the end of a sentence; null when it is one. */
export function filterFault(filter: string): string | null {
  const fault = stringFault(filter);
  if (fault !== null) return fault;
  for (let at = 0; at < filter.length; at++) {
    const code = filter.charCodeAt(at);
    // "#" is a level of its own, and the last one [MQTT-4.7.1-1]
    if (code === HASH && (at !== filter.length - 1 || !beginsLevel(filter, at))) {
      return '"#" must be the last level and stand alone in it';
    }
    // "+" is a level of its own, anywhere [MQTT-4.7.1-2]
    if (code === PLUS && (!beginsLevel(filter, at) || !endsLevel(filter, at))) {
      return '"+" must stand alone in its level';
    }
  }
  return null;
}

/**
 * Tells whether a topic filter covers a topic name. Both must be valid. Called for every message and subscriber, so
 * it walks the two strings side by side and allocates nothing.
 */
export function matches(filter: string, topic: string): boolean {
  // a leading wildcard never matches a $-topic [MQTT-4.7.2-1]
  if (topic.charCodeAt(0) === DOLLAR && filter.charCodeAt(0) !== DOLLAR) return false;
  const filterEnd = filter.length;
  const topicEnd = topic.length;
  let t = 0;
  for (let f = 0; f < filterEnd; f++) {
    const code = filter.charCodeAt(f);
    if (code === HASH) return true;
    if (code === PLUS) {
      while (t < topicEnd && topic.charCodeAt(t) !== SLASH) t++;
    } else if (t < topicEnd && topic.charCodeAt(t) === code) {
      t++;
    } else {
      // "a/#" covers the parent "a" as well [MQTT-4.7.1.2, non-normative]
      return t === topicEnd && code === SLASH && filter.charCodeAt(f + 1) === HASH;
    }
  }
  return t === topicEnd;
}

/**
 * Tells whether a topic filter covers every topic that another one does: "a/#" covers "a/+", "a/+" does not cover "a/#".
 * Both must be valid.
 */
export function covers(filter: string, other: string): boolean {
  if (!matches(filter, other)) return false;
  // where "+" was put against "#", it covers one level of any number of them
  return !other.endsWith("#") || (filter.endsWith("#") && slashesIn(filter) <= slashesIn(other));
}

/**
 * Tells whether some topic is covered by both filters: "a/+/c" and "a/b/#" overlap, "a/+" and "b/#" do not. Both must be
 * valid.
 */
export function overlaps(filter: string, other: string): boolean {
  const a = filter.split("/");
  const b = other.split("/");
  // a leading wildcard never matches a $-topic [MQTT-4.7.2-1]
  if ((isWildcard(a[0]) && other.startsWith("$")) || (isWildcard(b[0]) && filter.startsWith("$"))) {
    return false;
  }
  for (let at = 0; ; at++) {
    if (a[at] === "#" || b[at] === "#") return true;
    if (at === a.length || at === b.length) return a.length === b.length;
    if (a[at] !== "+" && b[at] !== "+" && a[at] !== b[at]) return false;
  }
}

function isWildcard(level: string | undefined): boolean {
  return level === "+" || level === "#";
}

function slashesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("/"); at !== -1; at = text.indexOf("/", at + 1)) count++;
  return count;
}

function stringFault(text: string): string | null {
  // [MQTT-4.7.3-1]
  if (text === "") return "it is empty";
  // [MQTT-4.7.3-2]
  if (text.includes("\u0000")) return "it contains the character U+0000";
  // a UTF-16 unit takes at most three bytes: most texts need no counting
  if (text.length * 3 > MAX_BYTES && Buffer.byteLength(text) > MAX_BYTES) return "it is longer than 65535 bytes";
  return null;
}

function beginsLevel(text: string, at: number): boolean {
  return at === 0 || text.charCodeAt(at - 1) === SLASH;
}

function endsLevel(text: string, at: number): boolean {
  return at === text.length - 1 || text.charCodeAt(at + 1) === SLASH;
}

/** Whether what is published to a topic is a command to the broker itself, not a message. */
export function isControlTopic(topic: string): boolean {
  return topic.startsWith("$CONTROL/");
}
