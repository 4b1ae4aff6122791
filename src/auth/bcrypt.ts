import { Worker } from "node:worker_threads";
import { BackendError } from "../core/errors.ts";
import { utf8Text } from "../core/text.ts";
import type { BcryptQuestion } from "./bcrypt-worker.ts";
import { createLane } from "./lane.ts";

/**
 * Checks bcrypt hashes in a thread of its own: bcryptjs computes in JavaScript and would hold the event loop for about
 * 90 ms at cost 10, on a small machine for half a second. The thread starts with the first check.
 */
interface Bcrypt {
  /** @throws BackendError when too many checks are waiting, or the thread failed. */
  matches(password: Uint8Array, hash: string): Promise<boolean>;
  close(): Promise<void>;
}

interface Asker {
  readonly resolve: (matches: boolean) => void;
  readonly reject: (error: BackendError) => void;
}

/** Makes the checker; one check runs at a time. */
export function createBcrypt(): Bcrypt {
  const lane = createLane(1);
  let worker: Worker | null = null;
  let asker: Asker | null = null;

  const start = (): Worker => {
    const started = new Worker(new URL("./bcrypt-worker.ts", import.meta.url));
    let failure: unknown = null;
    started.on("message", (matches: unknown) => {
      started.unref();
      asker?.resolve(matches === true);
      asker = null;
    });
    started.on("error", (error) => {
      failure = error;
    });
    // always the last event; the next check starts a new thread
    started.on("exit", () => {
      worker = null;
      asker?.reject(new BackendError("the bcrypt thread ended", { cause: failure }));
      asker = null;
    });
    return started;
  };

  const ask = (question: BcryptQuestion): Promise<boolean> =>
    new Promise((resolve, reject) => {
      worker ??= start();
      asker = { resolve, reject };
      // an idle thread does not keep the process alive, a check does
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window has an origin, a thread has none
      worker.postMessage(question);
    });

  return {
    async matches(password, hash) {
      // bcryptjs takes text only; bytes that are none match nothing
      const text = utf8Text(password);
      return text !== null && lane.run(hash, () => ask({ password: text, hash }));
    },

    async close() {
      lane.close();
      await worker?.terminate();
    },
  };
}
