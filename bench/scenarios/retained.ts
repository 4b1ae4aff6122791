import type { Client } from "../generator/client.ts";
import { createFleet, type Fleet } from "../generator/fleet.ts";
import { createLedger } from "../generator/ledger.ts";
import { encodePublish } from "../generator/packets.ts";
import { publisherAt, sequenceAt, stamp } from "../generator/payload.ts";
import { createSubscriber } from "../generator/subscriber.ts";
import { wait, waitUntil } from "../wait.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import { median } from "../statistics.ts";

const PAYLOAD_BYTES = 200;
const REPEATS = 5;
const TIMEOUT_S = 30;
/** How long a slow SUBSCRIBE may show its effect. */
const AFTERMATH_S = 0.3;

/** Stored messages, and the time until one `#` has them all. */
export function retained(name: string, count: number): Scenario {
  return {
    name,
    title: `${count.toLocaleString("en")} retained of 200 B, then one #`,
    transport: "tcp",
    brokers: ["culex", "mosquitto"],
    isFresh: false,
    figures: [
      {
        key: "allMs",
        title: "ms until one # has them all",
        against: "mosquitto",
        floor: { kind: "ratio-at-most", value: 1 },
      },
      {
        key: "heldMs",
        title: "ms a ping waits beside a SUBSCRIBE of 50 filters",
        against: "mosquitto",
        floor: { kind: "at-most", value: 5 },
      },
    ],
    run: (load) => run(count, load),
  };
}

async function run(count: number, { target }: Load): Promise<Outcome> {
  const fleet = createFleet(target);
  await storeRetained(await fleet.connect("storer"), count);
  const times: number[] = [];
  const faults: string[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { ms, found } = await timeToAll(fleet, `all-${repeat}`, count);
    times.push(ms);
    faults.push(...found);
  }
  // what else the machine does only adds to it, so the least of several is nearest to the truth
  const held: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) held.push(await longestPing(fleet, `many-${repeat}`));
  fleet.close();
  return { values: { allMs: median(times), heldMs: Math.min(...held) }, faults: [...fleet.faults, ...faults] };
}

/** Publishes retained messages in a tree of ten buildings, and waits until the broker has them. */
export async function storeRetained(client: Client, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const topic = `bench/b-${index % 10}/room-${Math.floor(index / 10) % 50}/device-${Math.floor(index / 500)}`;
    const packet = encodePublish(topic, PAYLOAD_BYTES, 0, true);
    stamp(packet, packet.length - PAYLOAD_BYTES, 0, index);
    client.write(packet);
    if (index % 200 === 0) await client.ping();
  }
  await client.ping();
}

/** The brokers send in an order of their own, so what arrives is counted and told apart, not put in order. */
async function timeToAll(
  fleet: Fleet,
  clientId: string,
  count: number,
): Promise<{ readonly ms: number; readonly found: readonly string[] }> {
  const ledger = createLedger(count, 1);
  let lastAt = 0;
  const begun = performance.now();
  const client = await createSubscriber(fleet, {
    clientId,
    filters: ["#"],
    qos: 0,
    // a receiver of its own for every message: each may come once
    message: (bytes, at) => ledger.record(sequenceAt(bytes, at), publisherAt(bytes, at), 0),
    read() {
      lastAt = performance.now();
    },
  });
  await waitUntil(() => ledger.total() >= count, TIMEOUT_S);
  client.close();
  return { ms: lastAt - begun, found: ledger.faults([count], 1) };
}

/** The longest that a ping of one client takes while another subscribes to 50 filters that match nothing. */
async function longestPing(fleet: Fleet, clientId: string): Promise<number> {
  const pinger = await fleet.connect(`${clientId}-pinger`);
  const subscriber = await fleet.connect(clientId);
  let longest = 0;
  const over = new AbortController();
  const pinging = (async () => {
    while (!over.signal.aborted) {
      const begun = performance.now();
      await pinger.ping();
      longest = Math.max(longest, performance.now() - begun);
    }
  })();
  await wait(AFTERMATH_S);
  longest = 0;
  // half of them look at every level above the last, the others at every message
  const filters = Array.from({ length: 50 }, (_, index) =>
    index % 2 === 0 ? `bench/+/+/none-${index}` : `+/+/+/+/none-${index}/#`,
  );
  await subscriber.subscribe(filters, 0);
  await wait(AFTERMATH_S);
  over.abort();
  await pinging;
  pinger.close();
  subscriber.close();
  return longest;
}
