import { createFleet } from "../generator/fleet.ts";
import type { Client } from "../generator/client.ts";
import { createLedger } from "../generator/ledger.ts";
import { startMeter } from "../generator/meter.ts";
import { startPacer } from "../generator/pacer.ts";
import { encodePublish } from "../generator/packets.ts";
import { ageMs, publisherAt, sequenceAt, stamp, stampTime } from "../generator/payload.ts";
import { createSubscriber } from "../generator/subscriber.ts";
import { wait, waitUntil } from "../wait.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import { percentile } from "../statistics.ts";

const PAYLOAD_BYTES = 200;
const PER_SECOND = 1000;
const TOPICS = 300;
const DEVICES = 10;
const SUBSCRIBERS = 3;
const DRAIN_S = 2;
const WARM_UP_FACTOR = 5;
const SETTLE_S = 0.5;

/** What a large home does all day: far from the limits, so that what counts are CPU and latency. */
export const homeMix: Scenario = {
  name: "a",
  title: "home mix, 1,000 msg/s retained over 300 topics, three #",
  transport: "tcp",
  brokers: ["culex", "mosquitto-nodelay", "mosquitto"],
  isFresh: false,
  figures: [
    {
      key: "cpuMs",
      title: "CPU ms per second, beside set_tcp_nodelay",
      against: "mosquitto-nodelay",
      floor: { kind: "ratio-at-most", value: 1.3 },
    },
    {
      key: "p99Ms",
      title: "p99 latency in ms, beside the default",
      against: "mosquitto",
      floor: { kind: "ratio-at-most", value: 1 },
    },
    { key: "p50Ms", title: "p50 latency in ms, beside set_tcp_nodelay", against: "mosquitto-nodelay", floor: null },
  ],
  run,
};

async function run({ target, seconds, warmUpSeconds }: Load): Promise<Outcome> {
  const fleet = createFleet(target);
  const ledger = createLedger(SUBSCRIBERS, DEVICES);
  let ages: number[] = [];
  for (let index = 0; index < SUBSCRIBERS; index++) {
    await createSubscriber(fleet, {
      clientId: `subscriber-${index}`,
      filters: ["#"],
      qos: 0,
      message(bytes, at, isRetained) {
        if (isRetained) return; // what earlier rounds have left
        ledger.record(index, publisherAt(bytes, at), sequenceAt(bytes, at));
        ages.push(ageMs(bytes, at));
      },
      read: () => undefined,
    });
  }
  const devices: Client[] = [];
  for (let index = 0; index < DEVICES; index++) devices.push(await fleet.connect(`device-${index}`));
  const packets = Array.from({ length: TOPICS }, (_, index) =>
    encodePublish(`bench/room-${index % 30}/device-${index}/state`, PAYLOAD_BYTES, 0, true),
  );

  const sent = Array.from({ length: DEVICES }, () => 0);
  let turn = 0;
  const sendNext = (): void => {
    const topic = turn++ % TOPICS;
    const device = topic % DEVICES;
    const packet = Buffer.from(packets[topic] ?? []);
    const at = packet.length - PAYLOAD_BYTES;
    stamp(packet, at, device, sent[device] ?? 0);
    stampTime(packet, at);
    sent[device] = (sent[device] ?? 0) + 1;
    devices[device]?.write(packet);
  };

  // A broker at home has run for days: at the measured rate the JIT would take minutes to see enough.
  const stopWarmUp = startPacer(PER_SECOND * WARM_UP_FACTOR, sendNext);
  await wait(warmUpSeconds);
  stopWarmUp();
  const stop = startPacer(PER_SECOND, sendNext);
  await wait(SETTLE_S);
  ages = [];
  const finish = startMeter(target.pid, ledger.total);
  // at so little load a tick of the CPU clock is a per cent of what three seconds show
  await wait(seconds * 2);
  const reading = finish();
  const measured = ages;
  stop();
  await waitUntil(() => ledger.total() >= turn * SUBSCRIBERS, DRAIN_S);
  const faults = ledger.faults(sent, SUBSCRIBERS);
  fleet.close();
  return {
    values: {
      cpuMs: (reading.cpuSeconds * 1000) / reading.seconds,
      p50Ms: percentile(measured, 0.5),
      p99Ms: percentile(measured, 0.99),
    },
    faults: [...fleet.faults, ...faults],
  };
}
