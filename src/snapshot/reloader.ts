import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { sameProblem, sentence } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import type { Live } from "./live.ts";
import type { Snapshot, Sources } from "./types.ts";

export interface ReloaderDeps {
  readonly live: Live;
  readonly read: (last: Sources) => Promise<Sources>;
  readonly build: (sources: Sources, previous: Snapshot) => Snapshot;
  /** Brings the world in line with the new moment; gives problems met on the way and what it did, in words. */
  readonly settle: (next: Snapshot) => Promise<Settled>;
  /** Told of every reading, also of those that changed nothing. */
  readonly onRead: (sources: Sources) => void;
  readonly log: Logger;
}

export interface Settled {
  readonly problems: readonly Problem[];
  /** "2 sessions re-checked, 1 closed". */
  readonly done: string;
}

export interface Reloader {
  /** Reads everything again and makes it current. One at a time: a cause during a reload starts another after it. */
  run(cause: string): Promise<void>;
  /** Faults of the moment in force, those of settling included. */
  problems(): readonly Problem[];
  /** Waits for a reload that is under way, and starts no other. */
  stop(): Promise<void>;
}

/**
 * How long a file that vanished is waited for: editors and copy programs delete a file and write it again, and for
 * that moment a missing ACL file must not open the broker.
 */
const VANISHED_MS = 1_000;

/** Makes the one road on which configuration changes: read, build, swap, settle. */
export function createReloader(deps: ReloaderDeps, first: Sources, startProblems: readonly Problem[]): Reloader {
  const { live, log } = deps;
  const stopping = new AbortController();
  let sources = first;
  let problems = startProblems;
  let running: Promise<void> | null = null;
  let again: string | null = null;

  async function reload(cause: string): Promise<void> {
    let next = await deps.read(sources);
    if (vanished(sources, next)) {
      await wait(VANISHED_MS, undefined, { signal: stopping.signal });
      next = await deps.read(sources);
    }
    deps.onRead(next);
    if (next.fingerprint === sources.fingerprint) {
      log.debug({ cause }, `nothing changed (${cause})`);
      return;
    }
    const snapshot = deps.build(next, live.current());
    sources = next;
    live.swap(snapshot);
    const settled = await deps.settle(snapshot);
    report([...snapshot.problems, ...settled.problems]);
    log.notice(
      { generation: snapshot.generation },
      `generation ${snapshot.generation} is live (${cause}): ${settled.done}`,
    );
  }

  function report(found: readonly Problem[]): void {
    for (const problem of found) {
      if (!problems.some((known) => sameProblem(known, problem))) logProblem(log, problem);
    }
    problems = found;
  }

  async function loop(cause: string): Promise<void> {
    for (let next: string | null = cause; next !== null && !stopping.signal.aborted;) {
      again = null;
      try {
        await reload(next);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ error }, `The change could not be loaded (${messageOf(error)}). The last good state stays in use.`);
      }
      next = again;
    }
  }

  return {
    run(cause) {
      if (running !== null) {
        again = cause;
        return running;
      }
      running = loop(cause).finally(() => {
        running = null;
      });
      return running;
    },
    problems: () => problems,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Writes a problem at the level that fits its severity. */
export function logProblem(log: Logger, problem: Problem): void {
  const write = problem.severity === "error" ? log.error : log.warn;
  write({ where: problem.where }, sentence(problem));
}

function vanished(before: Sources, after: Sources): boolean {
  return [...before.found].some((path) => !after.found.has(path) && !existsSync(path));
}
