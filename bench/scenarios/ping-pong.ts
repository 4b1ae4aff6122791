import type { Client } from "../generator/client.ts";
import { createFleet } from "../generator/fleet.ts";
import { startMeter } from "../generator/meter.ts";
import { encodePublish } from "../generator/packets.ts";
import { createSubscriber } from "../generator/subscriber.ts";
import { wait } from "../wait.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import { percentile } from "../statistics.ts";

const PAYLOAD_BYTES = 64;

/** Two clients that answer each other: nothing can be done together with anything else. */
export const pingPong: Scenario = {
  name: "p",
  title: "ping-pong, one message at a time",
  transport: "tcp",
  brokers: ["culex", "mosquitto-nodelay"],
  isFresh: false,
  figures: [
    {
      key: "p50Ms",
      title: "p50 of a round trip in ms",
      against: "mosquitto-nodelay",
      floor: { kind: "ratio-at-most", value: 1.1 },
    },
    {
      key: "cpuMicros",
      title: "CPU microseconds per message",
      against: "mosquitto-nodelay",
      floor: { kind: "ratio-at-most", value: 1.1 },
    },
  ],
  run,
};

async function run({ target, seconds, warmUpSeconds }: Load): Promise<Outcome> {
  const fleet = createFleet(target);
  const ping = encodePublish("bench/ping", PAYLOAD_BYTES, 0, false);
  const pong = encodePublish("bench/pong", PAYLOAD_BYTES, 0, false);
  let trips: number[] = [];
  let messages = 0;
  let isOver = false;
  let begun = 0;

  const answering: Client = await createSubscriber(fleet, {
    clientId: "answering",
    filters: ["bench/ping"],
    qos: 0,
    message() {
      messages++;
      answering.write(pong);
    },
    read: () => undefined,
  });
  const asking: Client = await createSubscriber(fleet, {
    clientId: "asking",
    filters: ["bench/pong"],
    qos: 0,
    message() {
      messages++;
      trips.push(performance.now() - begun);
      if (isOver) return;
      begun = performance.now();
      asking.write(ping);
    },
    read: () => undefined,
  });

  begun = performance.now();
  asking.write(ping);
  await wait(warmUpSeconds);
  trips = [];
  const finish = startMeter(target.pid, () => messages);
  await wait(seconds);
  const reading = finish();
  const measured = trips;
  isOver = true;
  fleet.close();
  return {
    values: { p50Ms: percentile(measured, 0.5), cpuMicros: (reading.cpuSeconds * 1e6) / reading.count },
    faults: [...fleet.faults, ...(reading.count === 0 ? ["a message was lost"] : [])],
  };
}
