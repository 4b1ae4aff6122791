import { constants, accessSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../core/errors.ts";
import type { Problem } from "../../core/types.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { Journal } from "../sessions/journal.ts";
import type { Session } from "../sessions/session.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { StoredState } from "../sessions/stored-state.ts";
import type { WriterReply, WriterRequest } from "./batch.ts";
import { changesOf, createChanges, forgetDelivery, takeBatch, takeWholeBatch } from "./changes.ts";
import { type Hold, holdStore } from "./hold.ts";
import { loadState } from "./load.ts";
import { openProblem, writeProblem } from "./problems.ts";

export interface StorageOptions {
  /** The SQLite file; its folder exists. */
  readonly path: string;
  /** Write-back of what is not urgent, in milliseconds. */
  readonly intervalMs: number;
  readonly mode: Journal["mode"];
  readonly now: () => number;
  /** Told when writing begins to fail; null when it works again. */
  readonly report: (problem: Problem | null) => void;
}

/** The file behind the engine's tables. */
export interface Storage {
  readonly kind: "open";
  /** What the last run left; handed out once, so that nothing of it is kept. */
  takeState(): StoredState;
  readonly journal: Journal;
  /** How often something was written, since it was opened. */
  readonly writes: number;
  /** What can be stored as a whole after a failure. */
  attach(tables: LiveState): void;
  /** Writes what is not written yet; false when that failed, which report() has told then or before. */
  save(): Promise<boolean>;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
}

/** The engine's tables. */
export interface LiveState {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly retained: { messages(): Iterable<StoredMessage> };
}

/** QoS 1 and 2 messages, subscriptions and retained messages are written within this time. */
const URGENT_MS = 1000;
const GONE = "the writer thread has ended";
/** Pause between attempts to write when writing fails. */
const RETRY_MS = 30_000;

/** Opens the store. What cannot be used is left as it is, and the broker runs without it. */
export function openStorage(
  options: StorageOptions,
): Storage | { readonly kind: "unusable"; readonly problem: Problem } {
  let hold: Hold | null = null;
  try {
    accessSync(dirname(options.path), constants.W_OK);
    hold = holdStore(options.path);
    return createStorage(options, hold, loadState(options.path));
  } catch (error) {
    hold?.release();
    return { kind: "unusable", problem: openProblem(options.path, error) };
  }
}

function createStorage(options: StorageOptions, hold: Hold, loaded: StoredState): Storage {
  const { mode, now } = options;
  const changes = createChanges();
  const workerData = { path: options.path, isSynchronous: mode === "always" };
  let worker: Worker | null = null;
  const waiting = new Map<number, (error: string | null) => void>();
  const known = new WeakSet<Session>();
  let lastNumber = 0;
  let live: LiveState | null = null;
  let timer: NodeJS.Timeout | null = null;
  let timerDueMs = Infinity;
  let hasUnstored = false;
  let isFailing = false;
  let isGone = false;
  let state = loaded;
  for (const session of loaded.sessions) for (const delivery of session.deliveries) changes.stored.add(delivery);

  const ask = (request: RequestOf, done: (error: string | null) => void): void => {
    if (isGone) {
      done(GONE);
      return;
    }
    worker ??= startWriter();
    waiting.set(++lastNumber, done);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage({ ...request, number: lastNumber });
  };
  const answer = ({ number, error }: WriterReply): void => {
    const done = waiting.get(number);
    waiting.delete(number);
    done?.(error);
  };
  const giveUp = (error: string): void => {
    isGone = true;
    for (const number of waiting.keys()) answer({ number, error });
  };
  // With the first write: a broker at rest needs no second thread, which costs 20 MB.
  const startWriter = (): Worker => {
    const writer = new Worker(new URL("./writer-thread.ts", import.meta.url), { workerData });
    writer.on("message", answer);
    writer.on("error", (error) => giveUp(messageOf(error)));
    writer.on("exit", () => giveUp(GONE));
    writer.unref();
    return writer;
  };

  const schedule = (afterMs: number): void => {
    hasUnstored = true;
    const delay = isFailing ? RETRY_MS : afterMs;
    const dueMs = performance.now() + delay;
    if (dueMs >= timerDueMs) return;
    if (timer !== null) clearTimeout(timer);
    timerDueMs = dueMs;
    timer = setTimeout(() => flush(() => undefined), delay);
    timer.unref();
  };

  let writes = 0;
  const flush = (done: (error: string | null) => void): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    timerDueMs = Infinity;
    hasUnstored = false;
    writes++;
    const whole = isFailing ? live : null;
    const batch =
      whole === null
        ? takeBatch(changes, now())
        : takeWholeBatch(changes, whole.sessions.values(), whole.retained.messages(), now());
    ask({ kind: "write", batch }, (error) => {
      noteOutcome(error, whole !== null || live === null);
      done(error);
    });
  };

  // A batch that was on its way when one before it failed does not make up for that one: only a whole one does.
  const noteOutcome = (error: string | null, isComplete: boolean): void => {
    if (error !== null) {
      if (!isFailing) options.report(writeProblem(options.path, error));
      isFailing = true;
      schedule(RETRY_MS);
    } else if (isFailing && isComplete) {
      isFailing = false;
      options.report(null);
    }
  };

  const journal: Journal = {
    mode,
    get hasUnstored() {
      // while writing fails nothing waits for it: the broker runs from memory
      return hasUnstored && !isFailing;
    },
    session(session) {
      changesOf(changes, session).isChanged = true;
      // a new session is written with what it gets; when a client comes and goes, the difference is small
      schedule(known.has(session) ? options.intervalMs : URGENT_MS);
      known.add(session);
    },
    sessionEnded(session) {
      changes.sessions.delete(session);
      changes.ended.add(session.clientId);
      // no acknowledgement waits for this: a crash would bring back what a clean start has ended
      schedule(mode === "always" ? 0 : URGENT_MS);
    },
    subscription(session, subscription) {
      changesOf(changes, session).subscriptions.set(subscription.filter.text, subscription);
      schedule(URGENT_MS);
    },
    unsubscribed(session, filter) {
      changesOf(changes, session).subscriptions.set(filter, null);
      schedule(URGENT_MS);
    },
    delivery(session: Session, delivery: Delivery) {
      changesOf(changes, session).deliveries.set(delivery, true);
      schedule(URGENT_MS);
    },
    delivered(session, delivery) {
      forgetDelivery(changes, session, delivery);
      if (changes.stored.has(delivery)) schedule(URGENT_MS);
    },
    inbound(session, packetId, isOpen) {
      changesOf(changes, session).inbound.set(packetId, isOpen);
      schedule(URGENT_MS);
    },
    retained(message) {
      changes.retained.set(message.topic, message);
      schedule(URGENT_MS);
    },
    retainedDeleted(topic) {
      changes.retained.set(topic, null);
      schedule(URGENT_MS);
    },
    afterStored: (done) => flush(() => done()),
  };

  return {
    kind: "open",
    takeState() {
      const taken = state;
      state = { sessions: [], retained: [] };
      return taken;
    },
    journal,
    get writes() {
      return writes;
    },
    attach(tables) {
      live = tables;
    },
    save: () =>
      new Promise((resolve) => {
        if (worker === null && !hasUnstored) resolve(true);
        else flush((error) => resolve(error === null));
      }),
    close: () =>
      new Promise((resolve) => {
        const closed = (): void => {
          hold.release();
          resolve();
        };
        if (worker === null && !hasUnstored) {
          closed();
          return;
        }
        worker ??= startWriter();
        worker.ref();
        flush(() => {
          if (timer !== null) clearTimeout(timer);
          ask({ kind: "close" }, closed);
        });
      }),
  };
}

type WithoutNumber<T> = T extends unknown ? Omit<T, "number"> : never;
type RequestOf = WithoutNumber<WriterRequest>;
