import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectAsync, type MqttClient } from "mqtt";
import { LOGIN } from "./brokers/configuration.ts";
import type { RunningBroker } from "./brokers/broker.ts";
import { launch } from "./brokers/launch.ts";
import { type Written, written } from "./process-usage.ts";
import { wait } from "./wait.ts";

const MINUTES = "10";
/** What a broker writes once, because it has just been started or connected to, is not what it writes per hour. */
const SETTLE_S = 20;

const TOPICS = 300;
const PER_SECOND = 10;
const PAYLOAD_BYTES = 200;

/** What clients do while the bytes are counted; gives what ends them. */
interface Load {
  readonly name: string;
  begin(url: string): Promise<() => Promise<void>>;
}

const LOADS: readonly Load[] = [
  { name: "idle: one client that subscribed to everything, and nobody else", begin: idle },
  { name: "home: 10 retained messages a second over 300 topics, 200 B, QoS 1 to a persistent session", begin: home },
];

async function idle(url: string): Promise<() => Promise<void>> {
  const reader = await subscriber(url);
  return () => reader.endAsync();
}

async function home(url: string): Promise<() => Promise<void>> {
  const reader = await subscriber(url);
  const device = await connectAsync(url, { ...LOGIN, clientId: "device" });
  let turn = 0;
  const clock = setInterval(() => {
    const topic = `bench/room-${turn % 30}/device-${turn % TOPICS}/state`;
    // another payload each time, as a sensor has it
    const payload = `${turn++} `.padEnd(PAYLOAD_BYTES, "x");
    void device.publishAsync(topic, payload, { qos: 1, retain: true });
  }, 1000 / PER_SECOND);
  return async () => {
    clearInterval(clock);
    await device.endAsync();
    await reader.endAsync();
  };
}

/** The persistent session: connected, and quick to acknowledge. */
async function subscriber(url: string): Promise<MqttClient> {
  const client = await connectAsync(url, { ...LOGIN, clientId: "reader", clean: false });
  await client.subscribeAsync("bench/#", { qos: 1 });
  return client;
}

/** Counts what one broker writes under one load. */
async function measure({ name, begin }: Load, seconds: number): Promise<string> {
  const broker = await started();
  try {
    const end = await begin(`mqtt://127.0.0.1:${broker.port}`);
    await wait(SETTLE_S);
    const before = written(broker.pid);
    await wait(seconds);
    const after = written(broker.pid);
    await end();
    const perHour = (key: keyof Written): string => ((((after[key] - before[key]) / seconds) * 3600) / 1e6).toFixed(2);
    return `| ${name} | ${perHour("toDisk")} | ${perHour("all")} |`;
  } finally {
    await broker.stop();
  }
}

async function started(): Promise<RunningBroker> {
  const checkout = join(import.meta.dirname, "..");
  const broker = await launch("culex", "tcp", { checkout, profiles: null, isPersistent: true });
  if (broker === null) throw new Error("culex does not start");
  return broker;
}

const { values } = parseArgs({ options: { minutes: { type: "string", default: MINUTES } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is not a number above 0`);
process.stdout.write(
  `${cpus()[0]?.model ?? "unknown CPU"}, ${availableParallelism()} CPUs, Node ${process.version}, ${minutes} minutes\n` +
    "| load | MB per hour to the disk | MB per hour written, sockets too |\n| --- | --- | --- |\n",
);
// it is bytes that count: both at once are not in each other's way
const lines = await Promise.all(LOADS.map((load) => measure(load, minutes * 60)));
process.stdout.write(`${lines.join("\n")}\n`);
