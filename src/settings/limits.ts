import type { Qos } from "../core/types.ts";
import type { Limits, ListenerLimits } from "./types.ts";

/** The largest packet that MQTT can express: 268,435,455 bytes of remaining length and a header of five. */
export const LARGEST_PACKET = 268_435_460;
const MOST = 0x7f_ff_ff_ff;

/**
 * Limits that are whole numbers, by their name in options and conf files: mosquitto's own where it has one. They suit
 * a Raspberry Pi with a house behind it. With a minimum of 0, 0 is "no limit", but for the last three and
 * `max_indexed_topics`.
 */
export const numberLimits = [
  { name: "global_max_connections", minimum: 0, maximum: MOST, default: 20_000 },
  { name: "global_max_clients", minimum: 0, maximum: MOST, default: 100_000 },
  // Mosquitto 2.1 stops at 2,000,000 bytes, which cut off the camera pictures that users had sent for years
  // (home-assistant/addons#4570).
  { name: "max_packet_size", minimum: 20, maximum: LARGEST_PACKET, default: 16_777_216 },
  { name: "message_size_limit", minimum: 0, maximum: LARGEST_PACKET, default: 0 },
  { name: "max_keepalive", minimum: 0, maximum: 65_535, default: 0 },
  { name: "max_inflight_messages", minimum: 0, maximum: 65_535, default: 20 },
  { name: "max_inflight_bytes", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_queued_messages", minimum: 0, maximum: MOST, default: 1000 },
  { name: "max_queued_bytes", minimum: 0, maximum: MOST, default: 8_388_608 },
  { name: "max_unsent_bytes", minimum: 1, maximum: MOST, default: 8_388_608 },
  { name: "max_inbound_qos2", minimum: 1, maximum: 65_535, default: 1000 },
  { name: "max_subscriptions", minimum: 0, maximum: MOST, default: 10_000 },
  { name: "max_topic_levels", minimum: 1, maximum: 32_768, default: 201 },
  { name: "max_retained_messages", minimum: 0, maximum: MOST, default: 1_000_000 },
  { name: "max_retained_bytes", minimum: 0, maximum: MOST, default: 268_435_456 },
  { name: "memory_limit", minimum: 0, maximum: MOST, default: 0 },
  // how fast clients may be, each second
  { name: "max_connect_rate", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_message_rate", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_byte_rate", minimum: 0, maximum: MOST, default: 0 },
  // of all connections of one user
  { name: "max_user_connections", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_user_connect_rate", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_user_message_rate", minimum: 0, maximum: MOST, default: 0 },
  { name: "max_user_byte_rate", minimum: 0, maximum: MOST, default: 0 },
  // of one device: logins, and seconds
  { name: "flapping_count", minimum: 0, maximum: MOST, default: 0 },
  { name: "flapping_window", minimum: 1, maximum: 86_400, default: 60 },
  { name: "flapping_ban", minimum: 1, maximum: 31_536_000, default: 300 },
  // what $SYS tells: milliseconds, percent, bytes
  { name: "sysmon_long_gc", minimum: 0, maximum: 60_000, default: 100 },
  { name: "sysmon_long_schedule", minimum: 0, maximum: 60_000, default: 240 },
  { name: "sysmon_large_heap", minimum: 0, maximum: 100, default: 80 },
  { name: "sysmon_busy_port", minimum: 0, maximum: MOST, default: 1_048_576 },
  // what the panel knows of topics; without topics there is no index
  { name: "max_indexed_topics", minimum: 0, maximum: 1_000_000, default: 20_000 },
  { name: "max_index_bytes", minimum: 0, maximum: MOST, default: 33_554_432 },
  { name: "max_topic_alias", minimum: 0, maximum: 65_535, default: 10 },
  { name: "max_topic_alias_broker", minimum: 0, maximum: 65_535, default: 10 },
  { name: "max_qos", minimum: 0, maximum: 2, default: 2 },
] as const;

/** Limits that are switches. */
export const switchLimits = [
  { name: "queue_qos0_messages", default: false },
  { name: "upgrade_outgoing_qos", default: false },
  { name: "retain_available", default: true },
  { name: "wildcard_available", default: true },
  { name: "shared_available", default: true },
  { name: "sys_local_only", default: false },
  { name: "tell_reasons", default: true },
  { name: "server_moved", default: false },
] as const;

/** The limit that is a time: `14d`. Without it sessions live as long as their clients want. */
export const EXPIRATION = "persistent_client_expiration";
/** Where clients find another broker: `host`, `host:port`, or several of them with spaces between (MQTT 5, 4.11). */
export const SERVER_REFERENCE = "server_reference";

export type NumberLimit = (typeof numberLimits)[number]["name"];
export type SwitchLimit = (typeof switchLimits)[number]["name"];

/** Limits as options or conf files say them; what is missing is at its default. */
export interface LimitValues {
  readonly numbers: Readonly<Partial<Record<NumberLimit, number>>>;
  readonly switches: Readonly<Partial<Record<SwitchLimit, boolean>>>;
  /** Seconds; Infinity: as the client wants. null: nothing is said. */
  readonly expirationS: number | null;
  /** null: nothing is said. */
  readonly serverReference: string | null;
}

/** Nothing is said about any limit. */
export const NO_LIMITS_SAID: LimitValues = { numbers: {}, switches: {}, expirationS: null, serverReference: null };

/** Puts what `stronger` says over what `weaker` says. */
export function mergeLimits(weaker: LimitValues, stronger: LimitValues): LimitValues {
  return {
    numbers: { ...weaker.numbers, ...stronger.numbers },
    switches: { ...weaker.switches, ...stronger.switches },
    expirationS: stronger.expirationS ?? weaker.expirationS,
    serverReference: stronger.serverReference ?? weaker.serverReference,
  };
}

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["h", 3_600],
  ["d", 86_400],
  ["w", 604_800],
  ["m", 30 * 86_400],
  ["y", 365 * 86_400],
]);

/** Reads a time as mosquitto writes it, in seconds: `90s`, `12h`, `14d`, `2w`, `3m`, `1y`. null: it is none. */
export function parseExpiration(text: string): number | null {
  const { count, unit } = /^(?<count>[1-9]\d{0,8})(?<unit>[shdwmy])$/.exec(text)?.groups ?? {};
  const seconds = SECONDS.get(unit ?? "");
  return count === undefined || seconds === undefined ? null : Number(count) * seconds;
}

/** Reads where another broker is; null: that is no list of hosts. */
export function parseServerReference(text: string): string | null {
  const hosts = text.trim().split(/ +/);
  return text.length <= 255 && hosts.every((host) => /^[!-~]+$/.test(host)) ? hosts.join(" ") : null;
}

/** Session expiry that MQTT 5 understands as "never". */
const NEVER = 0xffff_ffff;

/** Makes limits of what was said. */
export function limitsFrom({ numbers, switches, expirationS, serverReference }: LimitValues): Limits {
  const number = (name: NumberLimit): number => numbers[name] ?? NUMBERS.get(name) ?? 0;
  const bound = (name: NumberLimit): number => number(name) || Infinity;
  const isOn = (name: SwitchLimit): boolean => switches[name] ?? SWITCHES.get(name) ?? false;
  // 65535 is what MQTT 5 takes for none
  const inflight = number("max_inflight_messages") || 65_535;
  return {
    ...listenerLimitsFrom(number),
    maxConnections: bound("global_max_connections"),
    maxSessions: bound("global_max_clients"),
    maxPacketSize: number("max_packet_size"),
    maxPayloadBytes: bound("message_size_limit"),
    maxKeepaliveS: bound("max_keepalive"),
    maxInflight: inflight,
    receiveMaximum: inflight,
    maxInflightBytes: bound("max_inflight_bytes"),
    maxQueuedMessages: bound("max_queued_messages"),
    maxQueuedBytes: bound("max_queued_bytes"),
    maxUnsentBytes: number("max_unsent_bytes"),
    maxInboundQos2: number("max_inbound_qos2"),
    maxSubscriptions: bound("max_subscriptions"),
    maxTopicLevels: number("max_topic_levels"),
    maxRetainedMessages: bound("max_retained_messages"),
    maxRetainedBytes: bound("max_retained_bytes"),
    maxMemoryBytes: bound("memory_limit"),
    maxUserConnections: bound("max_user_connections"),
    maxUserConnectRate: bound("max_user_connect_rate"),
    maxUserMessageRate: bound("max_user_message_rate"),
    maxUserByteRate: bound("max_user_byte_rate"),
    flappingCount: bound("flapping_count"),
    flappingWindowS: number("flapping_window"),
    flappingBanS: number("flapping_ban"),
    sysmonLongGcMs: bound("sysmon_long_gc"),
    sysmonLongScheduleMs: bound("sysmon_long_schedule"),
    sysmonLargeHeapPercent: bound("sysmon_large_heap"),
    sysmonBusyPortBytes: bound("sysmon_busy_port"),
    maxIndexedTopics: number("max_indexed_topics"),
    maxIndexBytes: bound("max_index_bytes"),
    maxSessionExpiryS: Math.min(expirationS ?? NEVER, NEVER),
    queueQos0: isOn("queue_qos0_messages"),
    upgradeQos: isOn("upgrade_outgoing_qos"),
    retainAvailable: isOn("retain_available"),
    wildcardAvailable: isOn("wildcard_available"),
    sharedAvailable: isOn("shared_available"),
    sysLocalOnly: isOn("sys_local_only"),
    tellReasons: isOn("tell_reasons"),
    serverReference,
    serverMoved: isOn("server_moved"),
  };
}

/** What a number says that may stand at a listener too. */
function listenerLimitsFrom(number: (name: NumberLimit) => number): ListenerLimits {
  return {
    maximumQos: toQos(number("max_qos")),
    topicAliasMaximum: number("max_topic_alias"),
    topicAliasMaximumOut: number("max_topic_alias_broker"),
    maxConnectRate: rate(number("max_connect_rate")),
    maxMessageRate: rate(number("max_message_rate")),
    maxByteRate: rate(number("max_byte_rate")),
  };
}

/** A number each second; 0: as many as come. */
export function rate(value: number): number {
  return value || Infinity;
}

/** A number from 0 to 2 as a QoS. */
export function toQos(value: number): Qos {
  return value === 0 ? 0 : value === 1 ? 1 : 2;
}

const NUMBERS: ReadonlyMap<NumberLimit, number> = new Map(numberLimits.map((limit) => [limit.name, limit.default]));
const SWITCHES: ReadonlyMap<SwitchLimit, boolean> = new Map(switchLimits.map((limit) => [limit.name, limit.default]));
