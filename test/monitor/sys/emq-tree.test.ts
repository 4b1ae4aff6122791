import { describe, expect, test } from "vitest";
import { createEmqTree } from "../../../src/monitor/sys/emq-tree.ts";
import { packets, reading } from "./reading.ts";

function tree() {
  const values = createEmqTree("1.2.3", "house");
  return (...parts: Parameters<typeof reading>): Record<string, string> =>
    Object.fromEntries(
      values(reading(...parts)).map(([topic, payload]) => [topic.replace("$SYS/brokers/house/", ""), payload]),
    );
}

describe("EMQ's tree", () => {
  test("names the broker", () => {
    expect(tree()()).toMatchObject({ "$SYS/brokers": "house", version: "1.2.3", sysdescr: "Culex MQTT Broker" });
  });

  test.each([
    [0, "0 seconds"],
    [59_999, "59 seconds"],
    [60_000, "1 minutes, 0 seconds"],
    [212_000, "3 minutes, 32 seconds"],
    [3_600_000, "1 hours, 0 minutes, 0 seconds"],
    [86_399_999, "23 hours, 59 minutes, 59 seconds"],
    [86_400_000, "1 days,0 hours, 0 minutes, 0 seconds"],
    [18_212_000, "5 hours, 3 minutes, 32 seconds"],
    [191_012_000, "2 days,5 hours, 3 minutes, 32 seconds"],
  ])("after %d ms it is up for %s", (uptimeMs, text) => {
    expect(tree()({}, { uptimeMs })["uptime"]).toBe(text);
  });

  test("counts what there is, and the most there was", () => {
    const next = tree();
    next({ connections: 9, sessions: 9, filters: 9, subscribers: 9, subscriptions: 9, retained: 9 });
    const said = next({ connections: 1, sessions: 2, filters: 3, subscribers: 4, subscriptions: 5, retained: 6 });
    const stats = Object.entries(said).filter(([topic]) => topic.startsWith("stats/"));
    expect(Object.fromEntries(stats.filter(([topic]) => topic.endsWith("/count")))).toEqual({
      "stats/clients/count": "1",
      "stats/sessions/count": "2",
      "stats/topics/count": "3",
      "stats/routes/count": "3",
      "stats/subscribers/count": "4",
      "stats/subscriptions/count": "5",
      "stats/retained/count": "6",
    });
    const most = stats.filter(([topic]) => topic.endsWith("/max"));
    expect(most.map(([, count]) => count)).toEqual(Array.from({ length: 7 }, () => "9"));
  });

  test("counts packets by their type and messages by their QoS", () => {
    // one of the first type, two of the second, and so on
    const received = Object.fromEntries(Array.from({ length: 15 }, (_, type) => [type << 4, type]));
    const said = tree()({
      received: { packets: packets({ ...received, 0x3d: 10, 0x33: 5 }), bytes: 77, payloadBytes: 1 },
      sent: { packets: packets({ 0x20: 2, 0x31: 3, 0x3a: 4, 0x62: 5, 0xb0: 6 }), bytes: 88, payloadBytes: 2 },
      dropped: 8,
      retained: 9,
    });
    expect(said).toMatchObject({
      "metrics/bytes/received": "77",
      "metrics/bytes/sent": "88",
      "metrics/packets/received": "120",
      "metrics/packets/sent": "20",
      "metrics/packets/connect": "1",
      "metrics/packets/connack": "2",
      "metrics/packets/publish/received": "18",
      "metrics/packets/publish/sent": "7",
      "metrics/packets/puback/received": "4",
      "metrics/packets/pubrec/received": "5",
      "metrics/packets/pubrel/received": "6",
      "metrics/packets/pubrel/sent": "5",
      "metrics/packets/pubcomp/received": "7",
      "metrics/packets/subscribe": "8",
      "metrics/packets/suback": "0",
      "metrics/packets/unsubscribe": "10",
      "metrics/packets/unsuback": "6",
      "metrics/packets/pingreq": "12",
      "metrics/packets/pingresp": "0",
      "metrics/packets/disconnect": "14",
      "metrics/messages/received": "18",
      "metrics/messages/sent": "7",
      "metrics/messages/qos0/received": "3",
      "metrics/messages/qos1/received": "5",
      "metrics/messages/qos2/received": "10",
      "metrics/messages/qos0/sent": "3",
      "metrics/messages/qos1/sent": "4",
      "metrics/messages/qos2/sent": "0",
      "metrics/messages/dropped": "8",
      "metrics/messages/retained": "9",
    });
  });
});
