import { parseArgs } from "node:util";
import { largeScenarios, findScenario, scenarios } from "./scenarios.ts";
import type { Scenario } from "./scenario.ts";

export interface BenchArguments {
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  readonly seconds: number;
  readonly checkout: string | null;
  readonly profiles: string | null;
}

export const USAGE = `Usage: npm run bench -- [scenario ...] [--rounds 5] [--seconds 3] [--large] [--checkout folder] [--profile folder]

--large      also what takes long
--checkout   measures the Culex of another checkout
--profile    Culex leaves a CPU profile in this folder, one per start
Scenarios: ${[...scenarios, ...largeScenarios].map(({ name }) => name).join(" ")}
`;

/**
 * Reads the command line.
 * @throws Error in words for the user.
 */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      large: { type: "boolean", default: false },
      checkout: { type: "string" },
      profile: { type: "string" },
    },
  });
  const chosen = positionals.length > 0 ? positionals.map(findScenario) : scenarios;
  return {
    scenarios: [...chosen, ...(values.large ? largeScenarios : [])],
    rounds: positive("--rounds", values.rounds),
    seconds: positive("--seconds", values.seconds),
    checkout: values.checkout ?? null,
    profiles: values.profile ?? null,
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${option} ${text} is not a number above 0`);
  return value;
}
