import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { sameProblem, sentence } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import { pathsInForce } from "./conf-sources.ts";
import type { Live } from "./live.ts";
import type { Snapshot, Sources } from "./types.ts";

export interface ReloaderDeps {
  readonly live: Live;
  readonly read: (last: Sources) => Promise<Sources>;
  readonly build: (sources: Sources, previous: Snapshot) => Snapshot;
  /** Brings the world in line with the moment in force. */
  readonly settle: (snapshot: Snapshot) => Promise<Settled>;
  /** Told of every reading, also of those that changed nothing. */
  readonly onRead: (sources: Sources) => void;
  readonly log: Logger;
  /** Between two tries at what could not be settled, such as a port in use. */
  readonly retryMs?: number;
}

export interface Settled {
  /** What could not be done; it is tried again. */
  readonly problems: readonly Problem[];
  /** What was done, in words: "2 sessions re-checked, 1 closed". */
  readonly done: string;
}

export interface Reloader {
  /** Reads everything again and makes it current. One at a time: a cause during a reload starts another after it. */
  run(cause: string): Promise<void>;
  /** Every fault of the configuration that is known now, those included that could not be settled. */
  problems(): readonly Problem[];
  /** What was read last. */
  sources(): Sources;
  /** Waits for a reload that is under way, and starts no other. */
  stop(): Promise<void>;
}

interface Start {
  readonly sources: Sources;
  /** Faults that were said already; they stay known as long as they last. */
  readonly problems: readonly Problem[];
  /** What could not be settled at the start. */
  readonly unsettled: readonly Problem[];
}

/**
 * How long a file that vanished or became empty is waited for: editors and copy programs delete a file and write it
 * again, and for that moment a missing ACL file must not open the broker.
 */
const VANISHED_MS = 1_000;
const RETRY_MS = 30_000;

/** Makes the one road on which configuration changes: read, build, swap, settle. */
export function createReloader(deps: ReloaderDeps, start: Start): Reloader {
  const { live, log, retryMs = RETRY_MS } = deps;
  const stopping = new AbortController();
  let sources = start.sources;
  let known = start.problems;
  /** Why what is on the disk is not in force; null: it is. */
  let refusal: readonly Problem[] | null = null;
  let running: Promise<void> | null = null;
  let again: string | null = null;
  let retry: NodeJS.Timeout | null = null;

  async function reload(cause: string): Promise<void> {
    let next = await deps.read(sources);
    if (lost(sources, next)) {
      await wait(VANISHED_MS, undefined, { signal: stopping.signal });
      next = await deps.read(sources);
    }
    deps.onRead(next);
    log.debug({ cause }, `read the configuration again (${cause}): ${next.found.size} files`);
    const isNew = next.fingerprint !== sources.fingerprint;
    // Asked by hand, or for what failed before: a port may be free by now although no file has changed.
    if (!isNew && cause !== SIGHUP && cause !== RETRY) return;
    if (isNew) {
      const previous = live.current();
      const snapshot = deps.build(next, previous);
      sources = next;
      report(snapshot.problems);
      refusal = snapshot.isRefused ? snapshot.problems : null;
      if (refusal !== null) return;
      live.swap(snapshot);
      if (isWithoutRulesNow(previous, snapshot)) log.warn({}, ACL_GONE);
    }
    await settle(cause, isNew);
  }

  async function settle(cause: string, isNew: boolean): Promise<void> {
    const snapshot = live.current();
    const { problems, done } = await deps.settle(snapshot);
    report([...(refusal ?? snapshot.problems), ...problems]);
    if (isNew) {
      const { generation } = snapshot;
      log.notice({ generation }, `generation ${generation} is live (${cause}): ${done}`);
    } else if (cause === SIGHUP) {
      log.notice({}, `nothing changed (SIGHUP): ${done}`);
    }
    tryLater(problems);
  }

  function tryLater(unsettled: readonly Problem[]): void {
    if (retry !== null) clearTimeout(retry);
    retry =
      unsettled.length === 0 || stopping.signal.aborted ? null : setTimeout(() => void run(RETRY), retryMs).unref();
  }

  function report(found: readonly Problem[]): void {
    for (const problem of found) {
      if (!known.some((earlier) => sameProblem(earlier, problem))) logProblem(log, problem);
    }
    known = found;
  }

  async function loop(cause: string): Promise<void> {
    for (let next: string | null = cause; next !== null && !stopping.signal.aborted; next = again) {
      again = null;
      try {
        await reload(next);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ error }, `A change was not carried out to its end (${messageOf(error)}). Save again or restart.`);
      }
    }
  }

  function run(cause: string): Promise<void> {
    if (running !== null) {
      again = cause;
      return running;
    }
    running = loop(cause).finally(() => {
      running = null;
    });
    return running;
  }

  tryLater(start.unsettled);
  return {
    run,
    problems: () => known,
    sources: () => sources,
    async stop() {
      stopping.abort();
      if (retry !== null) clearTimeout(retry);
      await running;
    },
  };
}

/** The signal that asks for a reload, as it is named in the log. */
const SIGHUP = "SIGHUP";
const RETRY = "retry";

/** With rules of its own for a listener there is no one sentence for all. */
function isWithoutRulesNow(previous: Snapshot, { settings }: Snapshot): boolean {
  return previous.acl !== null && settings.aclFile === null && settings.listenerAccess.size === 0;
}

const ACL_GONE =
  "No ACL file is configured any more. Every logged-in user may use every topic. Put the acl_file line back if that was not meant.";

/** Writes a problem at the level that fits its severity. */
export function logProblem(log: Logger, problem: Problem): void {
  const write = problem.severity === "error" ? log.error : log.warn;
  write({ where: problem.where }, sentence(problem));
}

/** Whether a file whose content is in force has gone from the disk, or is there and empty. */
function lost(before: Sources, after: Sources): boolean {
  const inForce = [...before.found, ...pathsInForce(before.conf)];
  return inForce.some((path) => !after.found.has(path) && (!existsSync(path) || after.watched.includes(path)));
}
