import type { DiscoveryInfo } from "../../core/api/topics.ts";
import type { RetainedMessages } from "../../core/retained.ts";
import { type DiscoveryConfig, readDiscovery } from "./discovery-config.ts";
import { createPauses } from "../pauses.ts";
import type { TopicIndex } from "./topic-index.ts";
import { timeOf } from "./topic-info.ts";

interface DiscoveryDeps {
  readonly retained: RetainedMessages;
  readonly index: TopicIndex;
  /** Whether the index is kept. */
  readonly isIndexed: () => boolean;
  /** Since when. */
  readonly indexedSinceMs: number;
  readonly isConnected: (clientId: string) => boolean;
  readonly now: () => number;
}

/** Where Home Assistant looks for announcements: of one part, or with the node that it belongs to, or of a whole device. */
const FILTERS = ["homeassistant/+/+/config", "homeassistant/+/+/+/config"];
const WEEK_MS = 7 * 86_400_000;
/** Bytes; what says more than whether it is there says that it is. */
const LONGEST_STATE = 1024;

type DiscoveryReason = DiscoveryInfo["reasons"][number];

/**
 * The devices that are announced to Home Assistant by retained messages, and whether anything is left behind them; with a
 * client id those that this client has announced.
 */
export async function discoveredDevices(
  deps: DiscoveryDeps,
  announcedBy: string | null = null,
): Promise<readonly DiscoveryInfo[]> {
  const { retained } = deps;
  const devices = new Map<string, DiscoveryConfig[]>();
  // an announcement may take milliseconds
  const pauses = createPauses(1);
  for (const filter of FILTERS) {
    for (const facts of retained.walk(filter)) {
      if (pauses.isDue()) await pauses.rest();
      const content = facts === null ? null : retained.content(facts.topic);
      if (facts === null || content === null) continue;
      const config = readDiscovery(facts.topic, content.payload);
      const known = devices.get(config.device);
      if (known === undefined) devices.set(config.device, [config]);
      else known.push(config);
    }
  }
  const infos: DiscoveryInfo[] = [];
  for (const [id, configs] of devices) {
    if (pauses.isDue()) await pauses.rest();
    if (announcedBy === null || hasAnnounced(deps, configs, announcedBy)) infos.push(await infoOf(deps, id, configs));
  }
  return infos;
}

/** Whether a client published any of the messages, as far as they or the index tell. */
function hasAnnounced({ retained, index }: DiscoveryDeps, configs: readonly DiscoveryConfig[], clientId: string) {
  return configs.some(
    ({ topic }) =>
      retained.facts(topic)?.publisher === clientId ||
      index.get(topic)?.publishers.some(({ client }) => client.clientId === clientId) === true,
  );
}

/** Anybody may announce as many parts of one device as there is room for messages, with thousands of topics each. */
async function infoOf(deps: DiscoveryDeps, id: string, configs: readonly DiscoveryConfig[]): Promise<DiscoveryInfo> {
  const reasons = [await availability(deps, configs), await silence(deps, configs), announcer(deps, configs)];
  const topics = configs.map(({ topic }) => topic);
  const publishers = topics.map((topic) => deps.retained.facts(topic)?.publisher ?? null);
  return {
    id,
    name: configs[0]?.name ?? id,
    topics,
    probablyUnused: reasons.every(({ holds }) => holds),
    reasons,
    publisher: publishers.find((publisher) => publisher !== null) ?? null,
  };
}

/** It says that it is not there, or says nothing. */
async function availability(
  { retained }: DiscoveryDeps,
  configs: readonly DiscoveryConfig[],
): Promise<DiscoveryReason> {
  const pauses = createPauses();
  let offline: string | null = null;
  let online: string | null = null;
  for (const config of configs) {
    let isThere: string | null = null;
    let isAway: string | null = null;
    for (const { topic, offline: word } of config.availability) {
      if (pauses.isDue()) await pauses.rest();
      const facts = retained.facts(topic);
      if (facts === null) continue;
      const payload = facts.bytes > LONGEST_STATE ? null : retained.content(topic)?.payload;
      if (payload && isOffline(payload.toString("utf8"), word)) isAway = topic;
      else isThere = topic;
    }
    const counts = isAway !== null && (isThere === null || config.needsAll);
    if (counts) offline ??= isAway;
    else online ??= isThere;
  }
  if (online !== null) return { sentence: `topic ${online} says that it is there`, holds: false };
  if (offline !== null) return { sentence: `topic ${offline} says that it is not there`, holds: true };
  return { sentence: "nothing says whether it is there", holds: true };
}

/** As a word, or as Zigbee2MQTT writes it: {"state":"offline"}. */
function isOffline(payload: string, word: string): boolean {
  return payload === word || /^\{"state":"offline"\}$/.test(payload);
}

/** Nothing was published to what it names. */
async function silence(deps: DiscoveryDeps, configs: readonly DiscoveryConfig[]): Promise<DiscoveryReason> {
  const { index, isIndexed, indexedSinceMs, now } = deps;
  if (!isIndexed()) {
    return { sentence: "it is not known what is published, because max_indexed_topics is 0", holds: false };
  }
  const sinceMs = Math.max(indexedSinceMs, now() - WEEK_MS);
  let last: { readonly topic: string; readonly atMs: number } | null = null;
  const pauses = createPauses();
  for (const { topics } of configs) {
    for (const topic of topics) {
      if (pauses.isDue()) await pauses.rest();
      const atMs = index.get(topic)?.atMs ?? 0;
      if (atMs >= sinceMs && atMs > (last?.atMs ?? 0)) last = { topic, atMs };
    }
  }
  if (last !== null) return { sentence: `topic ${last.topic} was published at ${timeOf(last.atMs)}`, holds: false };
  if (index.forgottenUntilMs >= sinceMs) {
    const why = "it is not known what was published, because the index had to forget topics (max_indexed_topics)";
    return { sentence: why, holds: false };
  }
  return { sentence: `nothing was published to its topics since ${timeOf(sinceMs)}`, holds: true };
}

/** Nobody who is here has announced it. */
function announcer(
  { index, isConnected, indexedSinceMs }: DiscoveryDeps,
  configs: readonly DiscoveryConfig[],
): DiscoveryReason {
  for (const { topic } of configs) {
    for (const { client } of index.get(topic)?.publishers ?? []) {
      if (isConnected(client.clientId)) {
        return { sentence: `client ${client.clientId}, which is connected, has announced it`, holds: false };
      }
    }
  }
  return { sentence: `no connected device has announced it since ${timeOf(indexedSinceMs)}`, holds: true };
}
