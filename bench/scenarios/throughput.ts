import type { BrokerName } from "../brokers/broker.ts";
import { createFleet } from "../generator/fleet.ts";
import { createLedger } from "../generator/ledger.ts";
import { startMeter } from "../generator/meter.ts";
import type { Qos } from "../generator/packets.ts";
import { publisherAt, sequenceAt } from "../generator/payload.ts";
import { createPublisher, type Publisher } from "../generator/publisher.ts";
import { createSubscriber } from "../generator/subscriber.ts";
import { wait, waitUntil } from "../wait.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import type { Transport } from "../target.ts";

/** A saturating load: publishers that send as fast as their window allows. */
export interface ThroughputPlan {
  readonly name: string;
  readonly title: string;
  readonly transport: Transport;
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: Qos;
  /** Messages of one publisher on their way at a time. */
  readonly window: number;
  readonly topic: (publisher: number) => string;
  readonly filter: (subscriber: number) => string;
  /** Subscribers that get each message. */
  readonly fanOut: number;
  /** Filters of one more client, none of which matches. */
  readonly heldFilters: readonly string[];
  /** null: reported only. */
  readonly floorRatio: number | null;
  readonly brokers: readonly BrokerName[];
}

const PAYLOAD_BYTES = 64;
/** For what is on its way when the load ends. */
const DRAIN_S = 5;
const FILTERS_PER_SUBSCRIBE = 100;

/** Makes the scenario of a plan. */
export function throughput(plan: ThroughputPlan): Scenario {
  const { name, title, transport, brokers, floorRatio } = plan;
  return {
    name,
    title,
    transport,
    brokers,
    isFresh: false,
    figures: [
      {
        key: "perCpuSecond",
        title: "messages per CPU second",
        against: "mosquitto",
        floor: floorRatio === null ? null : { kind: "ratio-at-least", value: floorRatio },
      },
      { key: "perSecond", title: "messages per second", against: "mosquitto", floor: null },
    ],
    run: (load) => run(plan, load),
  };
}

async function run(plan: ThroughputPlan, { target, seconds, warmUpSeconds }: Load): Promise<Outcome> {
  const fleet = createFleet(target);
  const ledger = createLedger(plan.subscribers, plan.publishers);
  const publishers: Publisher[] = [];
  const pumpAll = (): void => {
    for (const publisher of publishers) publisher.pump();
  };

  for (let index = 0; index < plan.subscribers; index++) {
    await createSubscriber(fleet, {
      clientId: `subscriber-${index}`,
      filters: [plan.filter(index)],
      qos: plan.qos,
      message: (bytes, at) => ledger.record(index, publisherAt(bytes, at), sequenceAt(bytes, at)),
      read: pumpAll,
    });
  }
  const holder = await fleet.connect("holder");
  for (let at = 0; at < plan.heldFilters.length; at += FILTERS_PER_SUBSCRIBE) {
    await holder.subscribe(plan.heldFilters.slice(at, at + FILTERS_PER_SUBSCRIBE), 0);
  }
  for (let index = 0; index < plan.publishers; index++) {
    publishers.push(
      await createPublisher(fleet, {
        index,
        topic: plan.topic(index),
        qos: plan.qos,
        payloadBytes: PAYLOAD_BYTES,
        window: plan.window,
        arrived: () => Math.floor((ledger.delivered[index] ?? 0) / plan.fanOut),
      }),
    );
  }

  pumpAll();
  await wait(warmUpSeconds);
  const finish = startMeter(target.pid, ledger.total);
  await wait(seconds);
  const reading = finish();

  for (const publisher of publishers) publisher.stop();
  await waitUntil(() => publishers.every((publisher) => publisher.isIdle()), DRAIN_S);
  const faults = ledger.faults(
    publishers.map((publisher) => publisher.sent()),
    plan.fanOut,
  );
  fleet.close();
  return {
    values: {
      perCpuSecond: reading.count / reading.cpuSeconds,
      perSecond: reading.count / reading.seconds,
    },
    faults: [...fleet.faults, ...faults],
  };
}
