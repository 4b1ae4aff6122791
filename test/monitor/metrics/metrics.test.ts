import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { exposition } from "../../../src/monitor/metrics/exposition.ts";
import { metricFamilies } from "../../../src/monitor/metrics/metric-list.ts";
import { describeWith } from "../../helpers/needs.ts";
import { textOf } from "../../package/files.ts";
import { packets, reading as sysReading } from "../sys/reading.ts";
import { parseExposition } from "./parse-exposition.ts";
import { reading } from "./reading.ts";

const EVIL = 'a"b\\c\nd';

const BUSY = reading({
  figures: {
    ...sysReading().figures,
    received: { packets: packets({ 0x10: 2, 0x30: 5, 0x32: 7, 0x3d: 1, 0xc0: 9 }), bytes: 700, payloadBytes: 90 },
    connections: 3,
    queued: { count: 4, payloadBytes: 40 },
  },
  dropped: new Map([["queue_bytes", 6]]),
  refusedConnections: new Map([["wrong_password", 8]]),
  logins: new Map([[EVIL, new Map([["yes", 2]])]]),
  problems: 1,
  certificateEndsAtMs: 1_800_000_000_000,
});

test("every figure is named as Prometheus wants it, below culex_", () => {
  const { samples, types } = parseExposition(exposition(metricFamilies(BUSY)));
  expect([...types.keys()].filter((name) => !/^culex_[a-z_]+$/.test(name))).toEqual([]);
  expect(Object.fromEntries(samples)).toMatchObject({
    'culex_build_info{version="1.2.3",node_version="24.0.0"}': 1,
    culex_start_time_seconds: 1,
    culex_clients_connected: 3,
    'culex_packets_received_total{type="connect"}': 2,
    'culex_packets_received_total{type="pingreq"}': 9,
    'culex_messages_received_total{qos="0"}': 5,
    'culex_messages_received_total{qos="1"}': 7,
    // a repeated, retained one
    'culex_messages_received_total{qos="2"}': 1,
    culex_received_bytes_total: 700,
    culex_queued_messages: 4,
    culex_queued_bytes: 40,
    'culex_messages_dropped_total{reason="queue_bytes"}': 6,
    'culex_connections_refused_total{reason="wrong_password"}': 8,
    'culex_logins_total{source="a\\"b\\\\c\\nd",answer="yes"}': 2,
    culex_problems: 1,
    culex_certificate_end_timestamp_seconds: 1_800_000_000,
  });
});

test("what there is not has no line", () => {
  const { types } = parseExposition(exposition(metricFamilies(reading())));
  const missing = ["problems", "certificate_end_timestamp_seconds", "messages_dropped_total", "logins_total"];
  expect(missing.filter((name) => types.has(`culex_${name}`))).toEqual([]);
});

test("the page about metrics lists every one, with its type, labels and meaning", () => {
  const one = new Map([["x", 1]]);
  const families = metricFamilies({
    ...BUSY,
    refusedMessages: one,
    deniedActions: one,
  });
  const rows = families.map(({ name, type, help, samples }) => {
    const labels = Object.keys(samples[0]?.labels ?? {}).map((label) => `\`${label}\``);
    return `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`;
  });
  const listed = textOf("docs/metrics.md").match(/^\| `culex_.*$/gm);
  expect(listed?.map((row) => row.replace(/ +/g, " "))).toEqual(rows.map((row) => row.replace(/ +/g, " ")));
});

describeWith(["promtool"], "Prometheus' own tool", () => {
  test("finds nothing to object to", () => {
    const input = exposition(metricFamilies(BUSY));
    // what it objects to makes it fail, with its words
    expect(execFileSync("promtool", ["check", "metrics"], { input, encoding: "utf8" })).toBe("");
  });
});
