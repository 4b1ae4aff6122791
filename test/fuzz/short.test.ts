import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

/** The same packets each time, so that a failure is one that can be looked at; `npm run fuzz` takes others. */
test("a short run of the fuzzer finds nothing", async () => {
  const main = join(import.meta.dirname, "main.ts");
  const args = ["--packets", "5000", "--seed", "1", "--connections", "8"];
  const { stdout } = await run(process.execPath, [main, ...args]);
  expect(stdout).toMatch(/^Seed 1, 5000 packets\.$/m);
  expect(stdout).toMatch(/^No crash, no hang, no growth, nobody else noticed\.$/m);
}, 60_000);
