import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attack, mutatedSession } from "./attack.ts";
import { startBrokerProcess } from "./broker-process.ts";
import { connectBystander } from "./bystander.ts";
import { createRandom } from "./random.ts";

/**
 * `npm run fuzz`: mutated packets over real connections to a real broker, which must neither end nor hang nor grow, and
 * must serve others as if nothing was. `--packets 1000000`, `--seed 1`, `--connections 32`.
 */
const { values } = parseArgs({
  options: {
    packets: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    connections: { type: "string", default: "32" },
  },
});
const wanted = Number(values.packets);
const seed = Number(values.seed);
/** Beyond what the store and the caches may hold of mutated topics and sessions. */
const MAX_GROWTH_BYTES = 150_000_000;
/** Sessions that are written down when something goes wrong. */
const REMEMBERED = 500;
const REPORT_EVERY = 100_000;

process.stdout.write(`Seed ${seed}, ${wanted} packets.\n`);
const broker = await startBrokerProcess();
const bystander = await connectBystander(broker.port);
const recent: string[] = [];
let packets = 0;
let sessions = 0;
let closed = 0;
let stuck = 0;
let atStart: number | null = null;
let nextReport = REPORT_EVERY;
let failure: string | null = null;

try {
  await Promise.all([...Array(Number(values.connections)).keys()].map(attackAgainAndAgain));
  await bystander.check();
} catch (error) {
  failure = error instanceof Error ? error.message : String(error);
}
const atEnd = broker.residentBytes();
const grown = atStart === null || atEnd === null ? 0 : atEnd - atStart;
const last = broker.ended();
if (last !== null) failure = `the broker is gone:\n${last}`;
else if (stuck > 0) failure ??= `${stuck} connections were neither answered nor closed`;
else if (grown > MAX_GROWTH_BYTES) failure ??= `the broker grew by ${Math.round(grown / 1e6)} MB`;
report();
bystander.close();
await broker.stop();
if (failure === null) {
  process.stdout.write("No crash, no hang, no growth, nobody else noticed.\n");
} else {
  const file = join(tmpdir(), `culex-fuzz-${seed}.txt`);
  writeFileSync(file, `${recent.join("\n")}\n`);
  process.stdout.write(`FAILED: ${failure}\nThe last sessions are in ${file}.\n`);
  process.exitCode = 1;
}

async function attackAgainAndAgain(lane: number): Promise<void> {
  const random = createRandom(seed * 1000 + lane);
  // its own, so that lanes do not take each other's sessions over; four letters as in the recordings
  const clientId = `f${String(lane).padStart(3, "0")}`;
  while (packets < wanted && broker.ended() === null && stuck === 0) {
    const session = mutatedSession(random, clientId);
    recent.push(session.map((packet) => packet.toString("hex")).join(" "));
    if (recent.length > REMEMBERED) recent.shift();
    packets += session.length;
    sessions++;
    const how = await attack(broker.port, session, random);
    if (how === "closed") closed++;
    if (how === "stuck") stuck++;
    if (lane === 0) await bystander.check();
    if (packets < nextReport) continue;
    nextReport += REPORT_EVERY;
    // The first tenth warms up: code is compiled, caches are filled.
    atStart ??= broker.residentBytes();
    report();
  }
}

function report(): void {
  const megabytes = Math.round((broker.residentBytes() ?? 0) / 1e6);
  process.stdout.write(`${packets} packets, ${sessions} sessions, ${closed} closed by the broker, ${megabytes} MB\n`);
}
