import type { Identity } from "../../core/types.ts";
import { utf8ByteString } from "../packets/bytes.ts";
import type { WillPacket } from "../packets/connect-packet.ts";
import type { Filter } from "../routing/filter.ts";
import type { StoredMessage } from "../routing/stored-message.ts";

/**
 * What stands before the topics of a client. Routing, rules, the store and the log know them with it only: it is put
 * before a topic where a packet is read, and taken off where one is written.
 */
export interface Prefixes {
  /** That of its listener, before all it publishes and subscribes to; what it is sent comes without it. "": none. */
  readonly mountPoint: string;
  /** The mount point and the prefix of its user, before what it publishes. */
  readonly publishPrefix: string;
}

/** The prefixes of a client. */
export function prefixesOf({ mountPoint = "", prefix }: Identity): Prefixes {
  return { mountPoint, publishPrefix: mountPoint + (prefix ?? "") };
}

/** A will to the topic that it has behind a prefix. */
export function mountedWill(publishPrefix: string, will: WillPacket | null): WillPacket | null {
  return will === null || publishPrefix === "" ? will : { ...will, topic: publishPrefix + will.topic };
}

const SHARE = "$share/";

/** A filter as a client wrote it, behind a mount point: "$share/group/a/#" becomes "$share/group/house/a/#". */
export function mountedName(mountPoint: string, text: string): string {
  if (mountPoint === "") return text;
  const slash = text.startsWith(SHARE) ? text.indexOf("/", SHARE.length) : -1;
  return text.slice(0, slash + 1) + mountPoint + text.slice(slash + 1);
}

/** A valid filter behind a mount point, which is plain text: "house" before "#" is a level that no topic has. */
export function mountedFilter(mountPoint: string, filter: Filter): Filter {
  if (mountPoint === "") return filter;
  return { ...filter, text: mountedName(mountPoint, filter.text), topic: mountPoint + filter.topic };
}

/** Whether a topic has a name behind a mount point: "#" behind "house/" covers "house" too, which has none. */
export function hasName(mountPoint: string, topic: string): boolean {
  return mountPoint === "" || (topic.length > mountPoint.length && topic.startsWith(mountPoint));
}

/** The message that was written last without its mount point: more clients of that listener may get it. */
export interface Unmounted {
  source: StoredMessage | null;
  message: StoredMessage | null;
  mountPoint: string;
}

/** Starts with none. */
export function createUnmounted(): Unmounted {
  return { source: null, message: null, mountPoint: "" };
}

/** Forgets the message, so that its memory goes. */
export function clearUnmounted(last: Unmounted): void {
  last.source = null;
  last.message = null;
}

/** A message as the clients behind a mount point know it. */
export function unmounted(last: Unmounted, mountPoint: string, message: StoredMessage): StoredMessage {
  if (last.source === message && last.mountPoint === mountPoint && last.message !== null) return last.message;
  const topic = message.topic.slice(mountPoint.length);
  const own = { ...message, topic, topicBytes: utf8ByteString(topic) };
  last.source = message;
  last.mountPoint = mountPoint;
  last.message = own;
  return own;
}
