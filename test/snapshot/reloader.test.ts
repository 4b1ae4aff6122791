import { expect, test } from "vitest";
import { createLogger } from "../../src/core/logger.ts";
import type { Problem } from "../../src/core/types.ts";
import { createLive } from "../../src/snapshot/live.ts";
import { createReloader } from "../../src/snapshot/reloader.ts";
import type { Sources } from "../../src/snapshot/types.ts";
import { snapshotOf } from "../helpers/snapshot.ts";

const log = createLogger(() => ({ types: new Set(), sinks: [] }));
const first = snapshotOf();

function sourcesOf(fingerprint: string): Sources {
  return {
    readAtMs: 0,
    options: null,
    optionsReadAtMs: 0,
    conf: [],
    confReadAtMs: 0,
    panelBridges: null,
    authFile: null,
    authFileReadAtMs: 0,
    settings: first.settings,
    problems: [],
    files: new Map(),
    dynsec: null,
    policyTests: { tests: [], faults: [] },
    found: new Set(),
    watched: [],
    fingerprint,
  };
}

test("what was refused stays a problem until it is in force, asked again or not", async () => {
  const problem: Problem = { severity: "error", what: "a.", now: "b.", fix: "c.", where: { file: "rules" } };
  let fingerprint = "refused";
  const deps = {
    live: createLive(first),
    read: () => Promise.resolve(sourcesOf(fingerprint)),
    build: (sources: Sources) =>
      sources.fingerprint === "refused" ? { ...first, isRefused: true, problems: [problem] } : first,
    settle: () => Promise.resolve({ problems: [], done: "nothing" }),
    onRead: () => undefined,
    log,
  };
  const reloader = createReloader(deps, { sources: sourcesOf("first"), problems: [], unsettled: [] });
  await reloader.run("rules");
  expect(reloader.problems()).toEqual([problem]);
  await reloader.run("SIGHUP");
  expect(reloader.problems()).toEqual([problem]);
  fingerprint = "mended";
  await reloader.run("rules");
  expect(reloader.problems()).toEqual([]);
});
