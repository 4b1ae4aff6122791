import type { Figures, TrafficFigures } from "../../core/figures.ts";
import { packetsOf, publishesOf } from "../sys/reading.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";

/** What the figures for Prometheus are made of, at one moment. Counts are since the start. */
export interface MetricReading {
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAtMs: number;
  readonly figures: Figures;
  readonly retainedBytes: number;
  /** By why: each is a list of few names, never of clients or topics. */
  readonly dropped: Counts;
  readonly refusedMessages: Counts;
  readonly deniedActions: Counts;
  readonly refusedConnections: Counts;
  /** What each login source of the configuration said, by its name. */
  readonly logins: ReadonlyMap<string, Counts>;
  readonly bridges: { readonly all: number; readonly connected: number };
  /** Open ones; null: nobody looks for them. */
  readonly problems: number | null;
  /** When the first certificate ends; null: there is none. */
  readonly certificateEndsAtMs: number | null;
  readonly storageWrites: number;
  readonly process: {
    readonly userCpuS: number;
    readonly systemCpuS: number;
    readonly residentBytes: number;
    readonly heapUsedBytes: number;
    /** The longest that anything waited for its turn lately. */
    readonly loopDelayS: number;
    /** Time that the event loop was at work. */
    readonly loopActiveS: number;
  };
}

type Counts = ReadonlyMap<string, number>;

/** Control packets by their type (MQTT 5, table 2-1). */
const PACKET_TYPES = [
  "connect connack publish puback pubrec pubrel pubcomp subscribe suback unsubscribe unsuback pingreq pingresp",
  "disconnect auth",
].flatMap((names) => names.split(" "));

/** Names every figure with what it says. */
export function metricFamilies(reading: MetricReading): readonly MetricFamily[] {
  return [...ofBroker(reading), ...ofTraffic(reading), ...ofRefusals(reading), ...ofProcess(reading)];
}

function ofBroker(reading: MetricReading): readonly MetricFamily[] {
  const { version, nodeVersion, figures, bridges, problems, certificateEndsAtMs } = reading;
  const { retained, stored, queued } = figures;
  return [
    gauge("build_info", "Always 1; its labels say what runs.", [
      { labels: { version, node_version: nodeVersion }, value: 1 },
    ]),
    gauge("start_time_seconds", "When the broker started, in seconds since 1970.", reading.startedAtMs / 1000),
    gauge("clients_connected", "Clients that are connected.", figures.connections),
    gauge("sessions", "Sessions of clients, connected or not.", figures.sessions),
    counter("sessions_expired_total", "Sessions whose time was over.", figures.sessionsExpired),
    gauge("subscriptions", "Subscriptions of all sessions, shared ones included.", figures.subscriptions),
    gauge("shared_subscriptions", "Shared subscriptions of all sessions.", figures.sharedSubscriptions),
    gauge("retained_messages", "Retained messages, those of $SYS included.", retained),
    gauge("retained_bytes", "Bytes of retained messages, with their topics.", reading.retainedBytes),
    gauge("stored_messages", "Messages that are retained, queued or in flight.", stored.count),
    gauge("stored_payload_bytes", "Bytes of their payloads.", stored.payloadBytes),
    gauge("queued_messages", "Messages that wait for clients.", queued.count),
    gauge("queued_bytes", "Bytes of messages that wait for clients.", queued.payloadBytes),
    gauge("unsent_bytes", "Bytes that connected clients have not read yet.", figures.bytesUnsent),
    gauge("bridges", "Connections to other brokers that are configured.", bridges.all),
    gauge("bridges_connected", "Those of them that are connected.", bridges.connected),
    gauge("problems", "Open problems, as the panel shows them.", problems ?? []),
    gauge(
      "certificate_end_timestamp_seconds",
      "When the certificate that ends first ends, in seconds since 1970.",
      certificateEndsAtMs === null ? [] : certificateEndsAtMs / 1000,
    ),
    counter("storage_writes_total", "Transactions written to the disk.", reading.storageWrites),
  ];
}

function ofTraffic({ figures: { sockets, received, sent } }: MetricReading): readonly MetricFamily[] {
  return [
    counter("connections_total", "Connections that came in.", sockets),
    counter("packets_received_total", "Packets received from clients, by type.", byType(received)),
    counter("packets_sent_total", "Packets sent to clients, by type.", byType(sent)),
    counter("messages_received_total", "Messages received from clients, by QoS.", byQos(received)),
    counter("messages_sent_total", "Messages sent to clients, by QoS.", byQos(sent)),
    counter("received_bytes_total", "Bytes received from clients, without TLS and WebSocket.", received.bytes),
    counter("sent_bytes_total", "Bytes sent to clients, without TLS and WebSocket.", sent.bytes),
    counter("received_payload_bytes_total", "Bytes of payloads received.", received.payloadBytes),
    counter("sent_payload_bytes_total", "Bytes of payloads sent.", sent.payloadBytes),
  ];
}

function ofRefusals(reading: MetricReading): readonly MetricFamily[] {
  const { dropped, refusedMessages, deniedActions, refusedConnections, logins } = reading;
  const answers = [...logins].flatMap(([source, counts]) =>
    [...counts].map(([answer, value]) => ({ labels: { source, answer }, value })),
  );
  return [
    counter("messages_dropped_total", "Copies for one client that were given up, by reason.", by("reason", dropped)),
    counter(
      "messages_refused_total",
      "Messages that the rules allow and a limit does not, by reason.",
      by("reason", refusedMessages),
    ),
    counter("actions_denied_total", "What the rules did not allow, by action.", by("action", deniedActions)),
    counter("connections_refused_total", "Connections refused, by reason.", by("reason", refusedConnections)),
    counter("logins_total", "What each login source said of clients.", answers),
  ];
}

function ofProcess({ process }: MetricReading): readonly MetricFamily[] {
  const cpu = new Map([
    ["user", process.userCpuS],
    ["system", process.systemCpuS],
  ]);
  return [
    counter("process_cpu_seconds_total", "Time of processors that the process has used.", by("mode", cpu)),
    gauge("process_resident_memory_bytes", "Memory of the whole process.", process.residentBytes),
    gauge("process_heap_used_bytes", "Memory of its objects.", process.heapUsedBytes),
    gauge(
      "event_loop_delay_seconds",
      "The longest that anything waited for its turn in the last half to whole minute.",
      process.loopDelayS,
    ),
    counter("event_loop_active_seconds_total", "Time that the event loop was at work.", process.loopActiveS),
  ];
}

function gauge(name: string, help: string, value: number | readonly MetricSample[]): MetricFamily {
  return { name: `culex_${name}`, type: "gauge", help, samples: samplesOf(value) };
}

function counter(name: string, help: string, value: number | readonly MetricSample[]): MetricFamily {
  return { name: `culex_${name}`, type: "counter", help, samples: samplesOf(value) };
}

function samplesOf(value: number | readonly MetricSample[]): readonly MetricSample[] {
  return typeof value === "number" ? [{ labels: {}, value }] : value;
}

function by(label: string, counts: Counts): readonly MetricSample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function byType(traffic: TrafficFigures): readonly MetricSample[] {
  return PACKET_TYPES.map((type, index) => ({ labels: { type }, value: packetsOf(traffic, index + 1) }));
}

function byQos(traffic: TrafficFigures): readonly MetricSample[] {
  return ([0, 1, 2] as const).map((qos) => ({ labels: { qos: String(qos) }, value: publishesOf(traffic, qos) }));
}
