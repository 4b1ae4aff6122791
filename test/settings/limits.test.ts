import { describe, expect, test } from "vitest";
import { limitNames } from "../../src/settings/limit-options.ts";
import { limitsFrom, NO_LIMITS_SAID, parseExpiration } from "../../src/settings/limits.ts";
import type { Limits } from "../../src/settings/types.ts";
import { composeAddOn, composeStandAlone } from "./compose.ts";

const usual = limitsFrom(NO_LIMITS_SAID);

/** Lines and options that say the same, and what is different then. */
const SAYINGS: readonly (readonly [string, string | number | boolean, Partial<Limits>])[] = [
  ["global_max_connections", 7, { maxConnections: 7 }],
  ["global_max_connections", 0, { maxConnections: Infinity }],
  ["global_max_clients", 7, { maxSessions: 7 }],
  ["max_packet_size", 20, { maxPacketSize: 20 }],
  ["message_size_limit", 1000, { maxPayloadBytes: 1000 }],
  ["message_size_limit", 0, {}],
  ["max_keepalive", 60, { maxKeepaliveS: 60 }],
  ["max_keepalive", 0, {}],
  ["max_inflight_messages", 3, { maxInflight: 3, receiveMaximum: 3 }],
  ["max_inflight_messages", 0, { maxInflight: 65_535, receiveMaximum: 65_535 }],
  ["max_inflight_bytes", 500, { maxInflightBytes: 500 }],
  ["max_queued_messages", 5, { maxQueuedMessages: 5 }],
  ["max_queued_messages", 0, { maxQueuedMessages: Infinity }],
  ["max_queued_bytes", 500, { maxQueuedBytes: 500 }],
  ["max_queued_bytes", 0, { maxQueuedBytes: Infinity }],
  ["max_unsent_bytes", 500, { maxUnsentBytes: 500 }],
  ["max_inbound_qos2", 5, { maxInboundQos2: 5 }],
  ["max_subscriptions", 5, { maxSubscriptions: 5 }],
  ["max_subscriptions", 0, { maxSubscriptions: Infinity }],
  ["max_topic_levels", 5, { maxTopicLevels: 5 }],
  ["max_retained_messages", 5, { maxRetainedMessages: 5 }],
  ["max_retained_bytes", 500, { maxRetainedBytes: 500 }],
  ["memory_limit", 500, { maxMemoryBytes: 500 }],
  ["max_user_connections", 2, { maxUserConnections: 2 }],
  ["max_user_connections", 0, {}],
  ["max_user_connect_rate", 3, { maxUserConnectRate: 3 }],
  ["max_user_message_rate", 4, { maxUserMessageRate: 4 }],
  ["max_user_byte_rate", 500, { maxUserByteRate: 500 }],
  ["flapping_count", 15, { flappingCount: 15 }],
  ["flapping_window", 30, { flappingWindowS: 30 }],
  ["flapping_ban", 600, { flappingBanS: 600 }],
  ["sysmon_long_gc", 50, { sysmonLongGcMs: 50 }],
  ["sysmon_long_schedule", 0, { sysmonLongScheduleMs: Infinity }],
  ["sysmon_large_heap", 90, { sysmonLargeHeapPercent: 90 }],
  ["sysmon_busy_port", 5_000, { sysmonBusyPortBytes: 5_000 }],
  ["max_indexed_topics", 0, { maxIndexedTopics: 0 }],
  ["max_index_bytes", 5_000, { maxIndexBytes: 5_000 }],
  ["queue_qos0_messages", true, { queueQos0: true }],
  ["upgrade_outgoing_qos", true, { upgradeQos: true }],
  ["retain_available", false, { retainAvailable: false }],
  ["wildcard_available", false, { wildcardAvailable: false }],
  ["shared_available", false, { sharedAvailable: false }],
  ["sys_local_only", true, { sysLocalOnly: true }],
  ["tell_reasons", false, { tellReasons: false }],
  ["server_moved", true, { serverMoved: true }],
  ["server_reference", "a.lan:1883 b.lan", { serverReference: "a.lan:1883 b.lan" }],
  ["persistent_client_expiration", "14d", { maxSessionExpiryS: 1_209_600 }],
];

/** Limits that a conf file says of a listener. */
const OF_LISTENERS: readonly (readonly [string, number, Partial<Limits>])[] = [
  ["max_qos", 1, { maximumQos: 1 }],
  ["max_topic_alias", 3, { topicAliasMaximum: 3 }],
  ["max_topic_alias_broker", 0, { topicAliasMaximumOut: 0 }],
  ["max_connect_rate", 5, { maxConnectRate: 5 }],
  ["max_connect_rate", 0, { maxConnectRate: Infinity }],
  ["max_message_rate", 6, { maxMessageRate: 6 }],
  ["max_byte_rate", 700, { maxByteRate: 700 }],
];

describe("without a word about limits", () => {
  test("they suit a Raspberry Pi", () => {
    expect(composeAddOn().settings.limits).toEqual({
      maxConnections: 20_000,
      maxSessions: 100_000,
      maxPacketSize: 16_777_216,
      maxPayloadBytes: Infinity,
      maxKeepaliveS: Infinity,
      maxInflight: 20,
      receiveMaximum: 20,
      maxInflightBytes: Infinity,
      maxQueuedMessages: 1000,
      maxQueuedBytes: 8_388_608,
      maxUnsentBytes: 8_388_608,
      maxInboundQos2: 1000,
      maxSubscriptions: 10_000,
      maxTopicLevels: 201,
      maxRetainedMessages: 1_000_000,
      maxRetainedBytes: 268_435_456,
      maxMemoryBytes: Infinity,
      maxUserConnections: Infinity,
      maxUserConnectRate: Infinity,
      maxUserMessageRate: Infinity,
      maxUserByteRate: Infinity,
      flappingCount: Infinity,
      flappingWindowS: 60,
      flappingBanS: 300,
      sysmonLongGcMs: 100,
      sysmonLongScheduleMs: 240,
      sysmonLargeHeapPercent: 80,
      sysmonBusyPortBytes: 1_048_576,
      maxIndexedTopics: 20_000,
      maxIndexBytes: 33_554_432,
      maxConnectRate: Infinity,
      maxMessageRate: Infinity,
      maxByteRate: Infinity,
      maxSessionExpiryS: 0xffff_ffff,
      queueQos0: false,
      upgradeQos: false,
      retainAvailable: true,
      wildcardAvailable: true,
      sharedAvailable: true,
      sysLocalOnly: false,
      tellReasons: true,
      serverReference: null,
      serverMoved: false,
      maximumQos: 2,
      topicAliasMaximum: 10,
      topicAliasMaximumOut: 10,
    });
  });
});

describe("a limit", () => {
  test.each(SAYINGS)("%s %s in a conf file", (name, value, changes) => {
    const { settings, problems } = composeStandAlone(`listener 1883\nallow_anonymous true\n${name} ${value}\n`);
    expect(problems).toEqual([]);
    expect(settings.limits).toEqual({ ...usual, maxPacketSize: 268_435_460, ...changes });
  });

  test.each([...SAYINGS, ...OF_LISTENERS])("%s %s in the options", (name, value, changes) => {
    const { settings, problems } = composeAddOn({}, { limits: { [name]: value } });
    expect(problems).toEqual([]);
    expect(settings.limits).toEqual({ ...usual, ...changes });
  });

  test("of every name is tried above", () => {
    const tried = [...SAYINGS, ...OF_LISTENERS].map(([name]) => name);
    expect([...new Set(tried)].toSorted()).toEqual(limitNames.toSorted());
  });

  test("below zero is none where mosquitto has it so", () => {
    const lines = "global_max_connections -1\nglobal_max_clients -1\nmax_inflight_messages -5\n";
    const { settings, problems } = composeAddOn({ "a.conf": lines });
    expect(problems).toEqual([]);
    const { maxConnections, maxSessions, maxInflight } = settings.limits;
    expect([maxConnections, maxSessions, maxInflight]).toEqual([Infinity, Infinity, 65_535]);
  });

  test("of a conf file has the last word, and the last line of two", () => {
    const { settings } = composeAddOn(
      { "a.conf": "max_queued_messages 1\nmax_queued_messages 2\nretain_available true\n" },
      { limits: { max_queued_messages: 3, max_inflight_messages: 4, retain_available: false } },
    );
    expect(settings.limits).toEqual({ ...usual, maxQueuedMessages: 2, maxInflight: 4, receiveMaximum: 4 });
  });
});

describe("a limit of a listener", () => {
  test.each([...OF_LISTENERS, ["maximum_qos", 0, { maximumQos: 0 }] as const])(
    "%s %i counts for the listener above it",
    (name, value, changes) => {
      const { settings, problems } = composeAddOn({ "a.conf": `listener 1885\n${name} ${value}\nlistener 1886\n` });
      expect(problems).toEqual([]);
      expect(settings.limits).toEqual(usual);
      const own = settings.listeners.filter(({ name: listener }) => listener === "1885" || listener === "1886");
      expect(own.map(({ limits }) => limits)).toEqual([changes, {}]);
    },
  );

  test("belongs to the default listener in a file without one", () => {
    const { settings } = composeAddOn({ "a.conf": "max_qos 1\n" });
    expect(settings.listeners.map(({ limits }) => limits)).toEqual([{ maximumQos: 1 }, {}, {}, {}]);
  });
});

describe("a wrong limit", () => {
  test.each([
    [
      { max_queued_messages: -1 },
      "limits.max_queued_messages: -1 is not a whole number from 0 to 2147483647. The default is used. Write a number, without quotes.",
    ],
    [
      { max_qos: "1" },
      'limits.max_qos: "1" is not a whole number from 0 to 2. The default is used. Write a number, without quotes.',
    ],
    [
      { retain_available: "no" },
      'limits.retain_available: "no" is neither true nor false. The default is used. Write true or false, without quotes.',
    ],
    [
      { persistent_client_expiration: "14 days" },
      'limits.persistent_client_expiration: "14 days" is not a time. The default is used. Write a number and s, h, d, w, m or y: 14d is two weeks.',
    ],
    [
      { server_reference: "a\nb" },
      'limits.server_reference: "a\\nb" is not where a broker is. The default is used. Write host:port, several with spaces between.',
    ],
    [
      { max_queued_message: 1 },
      '"limits.max_queued_message" is not an option of this broker. It is ignored. Did you mean "limits.max_queued_messages"?',
    ],
    [[], "limits: [] is not a group of limits. The default is used. Write names with values below it, or {} for none."],
  ])("%j in the options is reported, and the default counts", (limits, problem) => {
    const { settings, problems } = composeAddOn({}, { limits });
    expect(problems).toEqual([problem]);
    expect(settings.limits).toEqual(usual);
  });

  test("switches off no other one", () => {
    const limits = { max_qos: 3, max_queued_messages: 5, max_keepalive: null };
    expect(composeAddOn({}, { limits }).settings.limits).toEqual({ ...usual, maxQueuedMessages: 5 });
  });

  test.each([
    ["max_packet_size 19", '"19" is too low', "Write a whole number from 20 to 268435460."],
    ["max_qos 3", '"3" is too high', "Write a whole number from 0 to 2."],
    [
      "persistent_client_expiration 2 weeks",
      '"2" is not a time',
      "Write a number and s, h, d, w, m or y: 14d is two weeks.",
    ],
  ])("%s in a conf file is left out", (line, isWhat, fix) => {
    const { settings, problems } = composeAddOn({ "a.conf": line });
    expect(problems).toEqual([`a.conf line 1: "${line}": ${isWhat}. The line is ignored. ${fix}`]);
    expect(settings.limits).toEqual(usual);
  });
});

describe("a time", () => {
  test.each([
    ["90s", 90],
    ["12h", 43_200],
    ["14d", 1_209_600],
    ["2w", 1_209_600],
    ["1m", 2_592_000],
    ["1y", 31_536_000],
  ])("%s is %i seconds", (text, seconds) => {
    expect(parseExpiration(text)).toBe(seconds);
  });

  test.each(["", "14", "d", "0d", "-1d", "1.5d", "14 d", "14D", "9999999999d"])("%j is none", (text) => {
    expect(parseExpiration(text)).toBeNull();
  });
});
