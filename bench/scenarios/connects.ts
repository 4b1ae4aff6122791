import { createFleet, type Fleet } from "../generator/fleet.ts";
import { startMeter } from "../generator/meter.ts";
import { wait } from "../wait.ts";
import { residentBytes } from "../process-usage.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";

const CONNECTS = 5000;
const AT_A_TIME = 50;
/** Connects before, so that code is warm and the password known. */
const WARM_UP = 500;
const QUIET_S = 3;

/** A broker that comes back, with every device at the door; then what they cost while they say nothing. */
export const connects: Scenario = {
  name: "g",
  title: "5,000 connects with a password",
  transport: "tcp",
  brokers: ["culex", "mosquitto"],
  isFresh: true,
  figures: [
    {
      key: "perCpuSecond",
      title: "connects per CPU second",
      against: "mosquitto",
      floor: { kind: "ratio-at-least", value: 0.1 },
    },
    { key: "perSecond", title: "connects per second", against: "mosquitto", floor: null },
    {
      key: "kilobytes",
      title: "kB of memory per idle connection",
      against: "mosquitto",
      floor: { kind: "at-most", value: 28 },
    },
  ],
  run,
};

async function run({ target }: Load): Promise<Outcome> {
  const early = createFleet(target);
  await connectMany(early, "early", WARM_UP);
  early.close();
  await wait(QUIET_S);

  const fleet = createFleet(target);
  const before = residentBytes(target.pid);
  let connected = 0;
  const finish = startMeter(target.pid, () => connected);
  await connectMany(fleet, "client", CONNECTS, () => connected++);
  const reading = finish();
  await wait(QUIET_S);
  const after = residentBytes(target.pid);
  fleet.close();
  return {
    values: {
      perCpuSecond: reading.count / reading.cpuSeconds,
      perSecond: reading.count / reading.seconds,
      kilobytes: (after - before) / CONNECTS / 1000,
    },
    faults: fleet.faults,
  };
}

async function connectMany(fleet: Fleet, name: string, count: number, done?: () => void): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      await fleet.connect(`${name}-${next++}`);
      done?.();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}
