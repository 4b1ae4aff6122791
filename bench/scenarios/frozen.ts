import type { Client } from "../generator/client.ts";
import { createFleet } from "../generator/fleet.ts";
import { createLedger } from "../generator/ledger.ts";
import { startMeter } from "../generator/meter.ts";
import { startPacer } from "../generator/pacer.ts";
import { encodePublish } from "../generator/packets.ts";
import { ageMs, publisherAt, sequenceAt, stamp, stampTime } from "../generator/payload.ts";
import { createSubscriber } from "../generator/subscriber.ts";
import { wait, waitUntil } from "../wait.ts";
import { residentBytes } from "../process-usage.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import { percentile } from "../statistics.ts";

const PAYLOAD_BYTES = 1000;
const PER_SECOND = 2000;
const PAIRS = 5;
/** 20 MB and more for the frozen one, above what sockets and queues hold. */
const LEAST_SECONDS = 10;
const DRAIN_S = 2;

/** One client has stopped reading; nobody else may notice. */
export const frozen: Scenario = {
  name: "i",
  title: "a # subscriber that reads nothing, beside 5 -> 5 at 2,000/s of 1 kB",
  transport: "tcp",
  brokers: ["culex", "mosquitto"],
  isFresh: true,
  figures: [
    {
      key: "arrived",
      title: "% of the others' messages in time",
      against: "mosquitto",
      floor: { kind: "at-least", value: 99 },
    },
    { key: "p99Ms", title: "p99 latency of the others in ms", against: "mosquitto", floor: null },
    { key: "megabytes", title: "MB of memory grown", against: "mosquitto", floor: { kind: "at-most", value: 64 } },
  ],
  run,
};

async function run({ target, seconds }: Load): Promise<Outcome> {
  const fleet = createFleet(target);
  const ledger = createLedger(PAIRS, PAIRS);
  const ages: number[] = [];
  const topic = (pair: number): string => `bench/pair/${pair}`;
  for (let pair = 0; pair < PAIRS; pair++) {
    await createSubscriber(fleet, {
      clientId: `subscriber-${pair}`,
      filters: [topic(pair)],
      qos: 0,
      message(bytes, at) {
        ledger.record(pair, publisherAt(bytes, at), sequenceAt(bytes, at));
        ages.push(ageMs(bytes, at));
      },
      read: () => undefined,
    });
  }
  const sleeper = await fleet.connect("sleeper");
  await sleeper.subscribe(["#"], 0);
  sleeper.freeze();

  const publishers: Client[] = [];
  for (let pair = 0; pair < PAIRS; pair++) publishers.push(await fleet.connect(`publisher-${pair}`));
  const packets = publishers.map((_, pair) => encodePublish(topic(pair), PAYLOAD_BYTES, 0, false));
  const sent = publishers.map(() => 0);
  let turn = 0;
  const before = residentBytes(target.pid);
  const finish = startMeter(target.pid, ledger.total);
  const stop = startPacer(PER_SECOND, () => {
    const pair = turn++ % PAIRS;
    const packet = Buffer.from(packets[pair] ?? []);
    stamp(packet, packet.length - PAYLOAD_BYTES, pair, sent[pair] ?? 0);
    stampTime(packet, packet.length - PAYLOAD_BYTES);
    sent[pair] = (sent[pair] ?? 0) + 1;
    publishers[pair]?.write(packet);
  });
  await wait(Math.max(seconds, LEAST_SECONDS));
  const sentInTime = turn;
  const reading = finish();
  const after = residentBytes(target.pid);
  stop();
  await waitUntil(() => ledger.total() >= turn, DRAIN_S);
  const faults = ledger.faults(sent, 1);
  fleet.close();
  return {
    values: {
      arrived: (100 * reading.count) / sentInTime,
      p99Ms: percentile(ages, 0.99),
      megabytes: (after - before) / 1e6,
    },
    faults: [...fleet.faults, ...faults],
  };
}
