import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type BenchArguments, parseArguments, USAGE } from "./arguments.ts";
import { hasMosquitto } from "./brokers/launch.ts";
import { measure } from "./measure.ts";
import { heading, linesOf } from "./report.ts";

/** Measures Culex beside mosquitto and prints the table. */
async function bench({ scenarios, rounds, seconds, checkout, profiles }: BenchArguments): Promise<void> {
  print(`${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} CPUs, Node ${process.version}, ${rounds} rounds`);
  if (!hasMosquitto()) print("mosquitto is not installed: no ratios");
  print(heading());
  for (const scenario of scenarios) {
    const results = await measure(scenario, {
      rounds,
      seconds,
      checkout: checkout === null ? join(import.meta.dirname, "..") : resolve(checkout),
      profiles: profiles === null ? null : resolve(profiles),
      progress: (round) => process.stderr.write(`${scenario.name}: round ${round + 1} of ${rounds}\n`),
    });
    for (const line of linesOf(scenario, results)) print(line);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

let wanted: BenchArguments | null = null;
try {
  wanted = parseArguments(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
if (wanted !== null) await bench(wanted);
