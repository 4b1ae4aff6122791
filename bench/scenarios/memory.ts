import { createFleet } from "../generator/fleet.ts";
import { wait } from "../wait.ts";
import { residentBytes } from "../process-usage.ts";
import type { Load, Outcome, Scenario } from "../scenario.ts";
import { storeRetained } from "./retained.ts";

const MESSAGES = 100_000;
const QUIET_S = 3;

/** A broker that has just been started, then one that holds much. */
export const memory: Scenario = {
  name: "memory",
  title: "idle, start-up, 100,000 retained of 200 B",
  transport: "tcp",
  brokers: ["culex", "mosquitto"],
  isFresh: true,
  figures: [
    { key: "idle", title: "MB of memory when idle", against: "mosquitto", floor: { kind: "at-most", value: 100 } },
    {
      key: "startUpMs",
      title: "ms from start to listening",
      against: "mosquitto",
      floor: { kind: "at-most", value: 500 },
    },
    {
      key: "perMessage",
      title: "bytes of memory per retained message",
      against: "mosquitto",
      floor: { kind: "at-most", value: 600 },
    },
  ],
  run,
};

async function run({ target, startUpMs }: Load): Promise<Outcome> {
  await wait(QUIET_S);
  const idle = residentBytes(target.pid);
  const fleet = createFleet(target);
  const storer = await fleet.connect("storer");
  await wait(QUIET_S);
  // a first login loads and starts what every login needs: that is no cost of a message
  const connected = residentBytes(target.pid);
  await storeRetained(storer, MESSAGES);
  await wait(QUIET_S);
  const full = residentBytes(target.pid);
  fleet.close();
  return {
    values: { idle: idle / 1e6, startUpMs, perMessage: (full - connected) / MESSAGES },
    faults: fleet.faults,
  };
}
