import { describe, expect, onTestFinished, test } from "vitest";
import type { BrokerEvent, ClientInfo } from "../../src/core/events.ts";
import { createLogger, type LogEntry, type LogType } from "../../src/core/logger.ts";
import { deny, denyLazily } from "../../src/core/reasons.ts";
import { createEventLog } from "../../src/monitor/event-log.ts";

const CLIENT: ClientInfo = { clientId: "esp-1", username: "kitchen-plug", address: "192.0.2.7", listener: "1883" };
const TYPES: ReadonlySet<LogType> = new Set(["error", "warning", "notice", "information", "subscribe", "unsubscribe"]);

function lines(events: readonly BrokerEvent[], connectionMessages = true, types = TYPES): readonly string[] {
  const entries: LogEntry[] = [];
  const log = createLogger(() => ({ types, sinks: [(entry) => entries.push(entry)] }));
  const eventLog = createEventLog({ log, connectionMessages: () => connectionMessages });
  onTestFinished(eventLog.stop);
  for (const event of events) eventLog.record(event);
  return entries.map(({ message }) => message);
}

test("why a delivery is denied is not composed unless it is written", () => {
  let composed = 0;
  const decision = denyLazily("acl", () => {
    composed++;
    return { kind: "receive_denied", sentence: "no rule" };
  });
  const event: BrokerEvent = { kind: "denied", client: CLIENT, action: "receive", topic: "t", decision };
  expect(lines([event])).toEqual([]);
  expect(composed).toBe(0);
  expect(lines([event], true, new Set(["debug"]))).toEqual([
    "Device esp-1 (user kitchen-plug) may not receive t: no rule.",
  ]);
});

describe("a line of the log", () => {
  test.each<[string, BrokerEvent, string]>([
    [
      "wrong password",
      {
        kind: "refused",
        client: CLIENT,
        reason: { kind: "wrong_password", sentence: "wrong password for user kitchen-plug" },
      },
      "Device esp-1 at 192.0.2.7 was refused: wrong password for user kitchen-plug.",
    ],
    [
      "no credentials",
      {
        kind: "refused",
        client: { ...CLIENT, username: null },
        reason: {
          kind: "no_credentials",
          sentence: "sent no user name",
          hint: "This broker has no anonymous access; add a login in the device or a guest rule.",
        },
      },
      "Device esp-1 at 192.0.2.7 was refused: sent no user name. This broker has no anonymous access; add a login in the device or a guest rule.",
    ],
    [
      "a stored session whose user is gone",
      {
        kind: "session_ended",
        client: CLIENT,
        reason: { kind: "unknown_user", sentence: "user kitchen-plug was removed from the logins" },
      },
      "Device esp-1 (user kitchen-plug) lost its stored session: user kitchen-plug was removed from the logins.",
    ],
    [
      "TLS on the plain port",
      {
        kind: "refused",
        client: { ...CLIENT, clientId: "", username: null },
        reason: {
          kind: "tls_on_plain",
          sentence: "speaks TLS on port 1883",
          hint: "Use 8883, or switch TLS off in the device.",
        },
      },
      "192.0.2.7 speaks TLS on port 1883. Use 8883, or switch TLS off in the device.",
    ],
    [
      "denied publish",
      {
        kind: "denied",
        client: CLIENT,
        action: "publish",
        topic: "lights/x",
        decision: deny("acl", { kind: "publish_denied", sentence: "no rule in accesscontrollist allows it" }),
      },
      "Device esp-1 (user kitchen-plug) may not publish to lights/x: no rule in accesscontrollist allows it.",
    ],
    [
      "connected",
      { kind: "connected", client: CLIENT, version: 5, clean: false, keepaliveS: 60, source: "logins" },
      "Device esp-1 at 192.0.2.7 connected on 1883 (user kitchen-plug, known to logins; MQTT 5, kept session, keepalive 60 s).",
    ],
    [
      "connected with an empty user name",
      {
        kind: "connected",
        client: { ...CLIENT, username: "" },
        version: 4,
        clean: true,
        keepaliveS: 60,
        source: "anonymous",
      },
      "Device esp-1 at 192.0.2.7 connected on 1883 (with an empty user name, known to anonymous; MQTT 3.1.1, clean session, keepalive 60 s).",
    ],
    [
      "denied publish with an empty user name",
      {
        kind: "denied",
        client: { ...CLIENT, username: "" },
        action: "publish",
        topic: "lights/x",
        decision: deny("acl", {
          kind: "publish_denied",
          sentence: "no rule in accesscontrollist allows it",
          hint: "give the device a user name",
        }),
      },
      "Device esp-1 (with an empty user name) may not publish to lights/x: no rule in accesscontrollist allows it. Give the device a user name.",
    ],
    ["a clean goodbye", { kind: "disconnected", client: CLIENT, reason: null }, "Device esp-1 disconnected."],
    [
      "a lost client",
      { kind: "disconnected", client: CLIENT, reason: { kind: "keepalive", sentence: "no sign of life for 90 s" } },
      "Device esp-1 disconnected: no sign of life for 90 s.",
    ],
    ["a subscription", { kind: "subscribed", client: CLIENT, filter: "a/#", qos: 1 }, "esp-1 1 a/#"],
  ])("%s", (_name, event, expected) => {
    expect(lines([event])).toEqual([expected]);
  });

  test("names cannot forge a line", () => {
    const client = { ...CLIENT, clientId: "x\n2026-11-20 ready: \u001b[31m" };
    const [line] = lines([{ kind: "disconnected", client, reason: null }]);
    expect(line).toBe("Device x\\u000a2026-11-20 ready: \\u001b[31m disconnected.");
  });

  test("connection_messages false leaves refusals alone", () => {
    const refused: BrokerEvent = {
      kind: "refused",
      client: CLIENT,
      reason: { kind: "unknown_user", sentence: "nobody is called x here" },
    };
    expect(lines([{ kind: "disconnected", client: CLIENT, reason: null }, refused], false)).toEqual([
      "Device esp-1 at 192.0.2.7 was refused: nobody is called x here.",
    ]);
  });

  test("a probe that says nothing and a denied delivery are debug lines", () => {
    const silent: BrokerEvent = {
      kind: "refused",
      client: CLIENT,
      reason: { kind: "silent", sentence: "said nothing" },
    };
    const denied: BrokerEvent = {
      kind: "denied",
      client: CLIENT,
      action: "receive",
      topic: "a",
      decision: deny("acl", { kind: "receive_denied", sentence: "no rule" }),
    };
    expect(lines([silent, denied])).toEqual([]);
    expect(lines([silent, denied], true, new Set(["debug"] as const))).toHaveLength(2);
  });
});

test("a device without a client id of its own is folded into one line, however often it comes", () => {
  const refusals = Array.from({ length: 20 }, (_, index): BrokerEvent => {
    const client = { ...CLIENT, clientId: `auto-${index}` };
    return {
      kind: "refused",
      client,
      reason: { kind: "wrong_password", sentence: "wrong password for user kitchen-plug" },
    };
  });
  expect(lines(refusals)).toEqual(["Device auto-0 at 192.0.2.7 was refused: wrong password for user kitchen-plug."]);
});

test("a name of 64 kB does not fill the log", () => {
  const client = { ...CLIENT, clientId: "x".repeat(65_000), username: "y".repeat(65_000) };
  const reason = { kind: "wrong_password", sentence: `wrong password for user ${client.username}` } as const;
  const [line] = lines([{ kind: "refused", client, reason }]);
  expect(line?.length).toBeLessThan(2_100);
});

test("messages dropped at once are counted one by one in the folded line", () => {
  const reason = {
    kind: "queue_dropped",
    sentence: "messages are dropped while it is away (at most 1000 or 8 MB wait)",
  } as const;
  const entries: LogEntry[] = [];
  const log = createLogger(() => ({ types: TYPES, sinks: [(entry) => entries.push(entry)] }));
  const eventLog = createEventLog({ log, connectionMessages: () => true });
  for (const count of [1, 40, 2]) eventLog.record({ kind: "dropped", client: CLIENT, reason, count });
  eventLog.stop();
  const sentence = "Device esp-1: messages are dropped while it is away (at most 1000 or 8 MB wait)";
  expect(entries[0]?.message).toBe(`${sentence}.`);
  expect(entries[1]?.message).toMatch(/ wait\) \(43 times since \d\d:\d\d\)\.$/);
});
