import { findScenario } from "../scenarios.ts";
import { parseJob } from "../job.ts";

/** Runs one job, given as JSON in the only argument, and prints its outcome as one line of JSON. */
const job = parseJob(process.argv[2] ?? "");
const outcome = await findScenario(job.scenario).run(job.load);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
