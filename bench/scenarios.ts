import type { Scenario } from "./scenario.ts";
import { connects } from "./scenarios/connects.ts";
import { frozen } from "./scenarios/frozen.ts";
import { homeMix } from "./scenarios/home-mix.ts";
import { memory } from "./scenarios/memory.ts";
import { pingPong } from "./scenarios/ping-pong.ts";
import { retained } from "./scenarios/retained.ts";
import { throughput } from "./scenarios/throughput.ts";
import { throughputPlans } from "./scenarios/throughput-plans.ts";

/** Every scenario that is run without being asked for by name. */
export const scenarios: readonly Scenario[] = [
  ...throughputPlans.map(throughput),
  retained("f", 10_000),
  homeMix,
  pingPong,
  connects,
  frozen,
  memory,
];

/** Those that take long. */
export const largeScenarios: readonly Scenario[] = [retained("f-large", 100_000)];

/**
 * The scenario of a name.
 * @throws Error when there is none.
 */
export function findScenario(name: string): Scenario {
  const found = [...scenarios, ...largeScenarios].find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario is called "${name}"`);
  return found;
}
