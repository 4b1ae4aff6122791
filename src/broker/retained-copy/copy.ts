import { setTimeout } from "node:timers/promises";
import { toByteString, utf8ByteString } from "../packets/bytes.ts";
import { PacketType } from "../packets/codes.ts";
import { createPropertyScan } from "../packets/property-scan.ts";
import { createPublishHeader, decodePublish, forwardedProperties } from "../packets/publish-header.ts";
import { topicNameFault } from "../packets/utf8-text.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import { encodeEmpty, encodeSubscribe, encodeUnsubscribe } from "./client-packets.ts";
import { openRemote, type Remote, type RemoteAddress, RemoteError } from "./remote.ts";

/** Retained messages come one after the other; when none came for so long, that was all. */
const QUIET_MS = 1000;
const POLL_MS = 10;
/** Topics asked for at a time: brokers queue a thousand messages and drop the rest. */
const TOPICS_AT_A_TIME = 100;

/** The other broker's own count, where it has mosquitto's $SYS. */
const COUNT_TOPIC = "$SYS/broker/retained messages/count";

/** What was found on another broker. */
export interface RetainedCopy {
  readonly messages: readonly StoredMessage[];
  /** How many more it says it has; 0 also where it does not say. */
  readonly missing: number;
}

/**
 * Copies the retained messages that a login may read on another broker. First all topics are looked for at QoS 0, for
 * which brokers keep no long queue that could be full; then each is asked for at QoS 2, which shows its own QoS.
 * @throws RemoteError
 */
export async function copyRetained(address: RemoteAddress, now: () => number): Promise<RetainedCopy> {
  const remote = await openRemote(address);
  try {
    const own = await collect(remote, ["$SYS/#"], 0, Infinity, now);
    const found = await collect(remote, ["#"], 0, Infinity, now);
    // it counts its own, which are not copied
    const count = Number(own.find(({ topic }) => topic === COUNT_TOPIC)?.body ?? 0) - own.length;
    const topics = found.map(({ topic }) => topic);
    const messages: StoredMessage[] = [];
    for (let at = 0; at < topics.length; at += TOPICS_AT_A_TIME) {
      const some = topics.slice(at, at + TOPICS_AT_A_TIME);
      messages.push(...(await collect(remote, some, 2, some.length, now)));
    }
    return {
      messages: messages.map((message, index) => ({ ...message, sequence: index + 1 })),
      missing: Math.max(count - found.length, 0),
    };
  } finally {
    remote.close();
  }
}

/** Subscribes and gathers retained messages until there are `enough` or no more come. */
async function collect(
  remote: Remote,
  filters: readonly string[],
  qos: 0 | 2,
  enough: number,
  now: () => number,
): Promise<readonly StoredMessage[]> {
  // only put aside while they come: a broker drops messages for a client that reads slowly
  const packets: Buffer[] = [];
  let lastMs = 0;
  remote.onPublish((packet) => {
    if (((packet[0] ?? 0) & 1) === 0) return; // sent just now, not retained
    packets.push(packet);
    lastMs = performance.now();
  });
  const suback = await remote.ask(encodeSubscribe(1, filters, qos, remote.version), PacketType.suback);
  if (filters[0] === "#" && (suback.at(-1) ?? 0) >= 0x80) {
    throw new RemoteError("refused", 'it does not let this login subscribe to "#"');
  }
  // what was sent before this answer is here before it
  await remote.ask(encodeEmpty(PacketType.pingreq), PacketType.pingresp);
  lastMs = performance.now();
  while (packets.length < enough && performance.now() - lastMs < QUIET_MS) await setTimeout(POLL_MS);
  remote.onPublish(() => undefined);
  await remote.ask(encodeUnsubscribe(1, filters, remote.version), PacketType.unsuback);
  const messages = packets.map((packet) => retainedIn(packet, remote.version, now)).filter((found) => found !== null);
  return [...new Map(messages.map((message) => [message.topic, message])).values()];
}

/** The retained message in a PUBLISH; null for one that cannot be used. */
function retainedIn(packet: Buffer, version: Remote["version"], now: () => number): StoredMessage | null {
  const header = createPublishHeader(createPropertyScan());
  if (decodePublish(header, packet, 0, packet.length, version) !== null) return null;
  const { topicStart, topicEnd, payloadStart, payloadEnd, qos, expiryS } = header;
  if (topicNameFault(packet, topicStart, topicEnd, Infinity) !== null || payloadStart === payloadEnd) return null;
  const topic = packet.toString("utf8", topicStart, topicEnd);
  const properties = forwardedProperties(header.properties, packet);
  return {
    topic,
    topicBytes: utf8ByteString(topic),
    body: properties + toByteString(packet, payloadStart, payloadEnd),
    propertiesLength: properties.length,
    qos,
    retain: true,
    expiresAtMs: expiryS < 0 ? 0 : now() + expiryS * 1000,
    publisher: null,
    source: null,
    sequence: 0,
  };
}
