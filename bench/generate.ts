import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pinnedTo } from "./brokers/broker.ts";
import { type Job, parseOutcome } from "./job.ts";
import type { Outcome } from "./scenario.ts";

const MAIN = join(import.meta.dirname, "generator", "main.ts");

/**
 * Runs a job in a process of its own, on the second CPU.
 * @throws Error when it ends without an outcome.
 */
export async function generate(job: Job): Promise<Outcome> {
  const { command, args } = pinnedTo(1, process.execPath, [MAIN, JSON.stringify(job)]);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(child.stdout);
  const line = output.trim().split("\n").at(-1) ?? "";
  if (line === "") throw new Error(`the generator ended without an outcome in scenario ${job.scenario}`);
  return parseOutcome(line);
}
