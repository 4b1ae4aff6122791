import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { expect, vi } from "vitest";

/** A real server on loopback. */
export interface Server {
  readonly port: number;
  /** Ends it in the middle of what it does. */
  kill(): Promise<void>;
}

/** Waits until a server says on its output that it is ready; `end` is the signal that ends it at once, with all its processes. */
export async function startServer(
  child: ChildProcessWithoutNullStreams,
  port: number,
  ready: RegExp,
  end: NodeJS.Signals = "SIGKILL",
): Promise<Server> {
  let log = "";
  const keep = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exited = once(child, "exit");
  await vi.waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${log.slice(-800)}`);
      expect(log).toMatch(ready);
    },
    { timeout: 30_000, interval: 20 },
  );
  return {
    port,
    async kill() {
      child.kill(end);
      await exited;
    },
  };
}
