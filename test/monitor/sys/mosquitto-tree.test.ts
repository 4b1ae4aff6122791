import { describe, expect, test } from "vitest";
import { createMosquittoTree } from "../../../src/monitor/sys/mosquitto-tree.ts";
import type { SysValue } from "../../../src/monitor/sys/reading.ts";
import { packets, reading } from "./reading.ts";

/** The values below $SYS/broker that are not 0. */
function said(values: readonly SysValue[]): Record<string, string> {
  const telling = values.filter(([, payload]) => payload !== "0" && payload !== "0.00");
  return Object.fromEntries(telling.map(([topic, payload]) => [topic.replace("$SYS/broker/", ""), payload]));
}

describe("mosquitto's tree", () => {
  test("has mosquitto's names, all of them from the first reading on", () => {
    const loads = [
      "messages/received",
      "messages/sent",
      "publish/received",
      "publish/sent",
      "publish/dropped",
      "bytes/received",
      "bytes/sent",
      "sockets",
      "connections",
    ].flatMap((name) => ["1min", "5min", "15min"].map((window) => `load/${name}/${window}`));
    const topics = createMosquittoTree("1.2.3")(reading()).map(([topic]) => topic);
    expect(topics.toSorted()).toEqual(
      [
        "version",
        "uptime",
        "clients/total",
        "clients/maximum",
        "clients/active",
        "clients/connected",
        "clients/inactive",
        "clients/disconnected",
        "clients/expired",
        "heap/current",
        "heap/maximum",
        "messages/stored",
        "messages/received",
        "messages/sent",
        "store/messages/count",
        "store/messages/bytes",
        "subscriptions/count",
        "shared_subscriptions/count",
        "retained messages/count",
        "packet/out/bytes",
        "publish/messages/received",
        "publish/messages/sent",
        "publish/messages/dropped",
        "publish/bytes/received",
        "publish/bytes/sent",
        "bytes/received",
        "bytes/sent",
        "connections/socket/count",
        ...loads,
      ]
        .map((name) => `$SYS/broker/${name}`)
        .toSorted(),
    );
  });

  test("tells what the figures say", () => {
    const tree = createMosquittoTree("1.2.3");
    const values = tree(
      reading(
        {
          received: {
            packets: packets({ 0x10: 4, 0x30: 10, 0x33: 5, 0x3c: 1, 0xc0: 2 }),
            bytes: 1000,
            payloadBytes: 500,
          },
          sent: { packets: packets({ 0x20: 4, 0x31: 7, 0x40: 6 }), bytes: 800, payloadBytes: 70 },
          sockets: 9,
          connections: 3,
          sessions: 5,
          sessionsExpired: 1,
          dropped: 2,
          subscriptions: 12,
          sharedSubscriptions: 4,
          retained: 60,
          stored: { count: 65, payloadBytes: 4321 },
          bytesUnsent: 99,
        },
        { uptimeMs: 61_999 },
      ),
    );
    const { "heap/current": heap, ...rest } = said(values.filter(([topic]) => !topic.includes("/load/")));
    expect(heap).toBe("50000000");
    expect(rest).toEqual({
      version: "culex version 1.2.3",
      uptime: "61 seconds",
      "clients/total": "5",
      "clients/maximum": "5",
      "clients/active": "3",
      "clients/connected": "3",
      "clients/inactive": "2",
      "clients/disconnected": "2",
      "clients/expired": "1",
      "heap/maximum": "50000000",
      "messages/stored": "65",
      "messages/received": "22",
      "messages/sent": "17",
      "store/messages/count": "65",
      "store/messages/bytes": "4321",
      "subscriptions/count": "8",
      "shared_subscriptions/count": "4",
      "retained messages/count": "60",
      "packet/out/bytes": "99",
      "publish/messages/received": "16",
      "publish/messages/sent": "7",
      "publish/messages/dropped": "2",
      "publish/bytes/received": "500",
      "publish/bytes/sent": "70",
      "bytes/received": "1000",
      "bytes/sent": "800",
      "connections/socket/count": "9",
    });
  });

  test("maxima stay when there is less again", () => {
    const tree = createMosquittoTree("1.2.3");
    tree(reading({ sessions: 7 }, { memoryBytes: 70 }));
    const values = said(tree(reading({ sessions: 2 }, { memoryBytes: 20, uptimeMs: 1000 })));
    expect(values).toMatchObject({
      "clients/total": "2",
      "clients/maximum": "7",
      "heap/current": "20",
      "heap/maximum": "70",
    });
  });

  test("each load is that of its own counter, per minute", () => {
    const tree = createMosquittoTree("1.2.3");
    tree(reading());
    const values = said(
      tree(
        reading(
          {
            received: { packets: packets({ 0x10: 1000, 0x30: 2000 }), bytes: 4000, payloadBytes: 0 },
            sent: { packets: packets({ 0x20: 5000, 0x30: 6000 }), bytes: 7000, payloadBytes: 0 },
            sockets: 8000,
            dropped: 9000,
          },
          // so long that one reading is all that counts
          { uptimeMs: 60_000_000 },
        ),
      ),
    );
    expect(values).toMatchObject({
      "load/connections/1min": "1.00",
      "load/publish/received/1min": "2.00",
      "load/messages/received/1min": "3.00",
      "load/bytes/received/1min": "4.00",
      "load/messages/sent/1min": "11.00",
      "load/publish/sent/5min": "6.00",
      "load/bytes/sent/15min": "7.00",
      "load/sockets/1min": "8.00",
      "load/publish/dropped/1min": "9.00",
    });
  });
});
