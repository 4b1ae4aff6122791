import { matches } from "../core/topic.ts";
import type { Qos } from "../core/types.ts";
import type { BridgeTopic } from "../settings/types.ts";

export interface Wanted {
  readonly filter: string;
  readonly qos: Qos;
}

/** What a bridge carries in which direction, and under which names. */
export interface Mapping {
  /** Subscriptions at this broker, for what goes out. */
  readonly local: readonly Wanted[];
  /** Subscriptions at the remote broker, for what comes in. */
  readonly remote: readonly Wanted[];
  /** Filters of the remote broker that an earlier configuration may have subscribed to. */
  readonly remoteUnwanted: readonly string[];
  /** Bytes that a topic name may be longer at the remote broker. */
  readonly growth: number;
  /** Whether a line brings in a topic of the remote broker. */
  bringsIn(topic: string): boolean;
  toRemote(topic: string): string;
  toLocal(topic: string): string;
}

/** Compiles the `topic` lines of a bridge; `former` are filters that lines before these subscribed to over there. */
export function createMapping(topics: readonly BridgeTopic[], former: readonly string[] = []): Mapping {
  const out = topics.filter(({ direction }) => direction !== "in");
  const incoming = topics.filter(({ direction }) => direction !== "out");
  const remote = strongest(incoming.map(({ remote: filter, qos }) => ({ filter, qos })));
  const wanted = remote.map(({ filter }) => filter.replace(SHARED, ""));
  const renamesOut = out.filter(isRenamed).map(({ local, localPrefix, remotePrefix }) => {
    return { filter: local, from: localPrefix, to: remotePrefix };
  });
  const renamesIn = incoming.filter(isRenamed).map(({ remote, localPrefix, remotePrefix }) => {
    return { filter: remote, from: remotePrefix, to: localPrefix };
  });
  const growths = renamesOut.map(({ from, to }) => Buffer.byteLength(to) - Buffer.byteLength(from));
  return {
    local: strongest(out.map(({ local: filter, qos }) => ({ filter, qos }))),
    remote,
    remoteUnwanted: [...new Set([...out.map((topic) => topic.remote), ...former])].filter(
      (filter) => !remote.some((wanted) => wanted.filter === filter),
    ),
    growth: Math.max(0, ...growths),
    bringsIn: (topic) => wanted.some((filter) => matches(filter, topic)),
    toRemote: (topic) => rename(topic, renamesOut),
    toLocal: (topic) => rename(topic, renamesIn),
  };
}

/**
 * The subscription that a bridge makes: what was published over it does not come back over it, and retained messages stay
 * what they are. A shared one cannot be asked for that [MQTT-3.8.3-4].
 */
export function subscriptionTo(filter: string, qos: Qos, retainHandling: 0 | 2) {
  return { topic: filter, qos, nl: !SHARED.test(filter), rap: true, rh: retainHandling };
}

/** `$share/group/` before a filter; messages come without it. */
const SHARED = /^\$share\/[^/]+\//;

interface Rename {
  readonly filter: string;
  readonly from: string;
  readonly to: string;
}

function isRenamed({ localPrefix, remotePrefix }: BridgeTopic): boolean {
  return localPrefix !== "" || remotePrefix !== "";
}

/** The first line with a prefix that covers the topic counts, as in mosquitto. */
function rename(topic: string, renames: readonly Rename[]): string {
  const found = renames.find(({ filter }) => matches(filter, topic));
  if (found === undefined) return topic;
  const rest = topic.startsWith(found.from) ? topic.slice(found.from.length) : topic;
  const renamed = found.to + rest;
  // a topic that is nothing but the prefix keeps its name
  return renamed === "" ? topic : renamed;
}

/** A broker has one subscription for each filter: the highest quality of service that a line asks for. */
function strongest(wanted: readonly Wanted[]): readonly Wanted[] {
  const all = new Map<string, Wanted>();
  for (const each of wanted) if ((all.get(each.filter)?.qos ?? -1) < each.qos) all.set(each.filter, each);
  return [...all.values()];
}
