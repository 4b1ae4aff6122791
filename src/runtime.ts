import { enableCompileCache } from "node:module";
import { join } from "node:path";

/** What the broker wants of Node and can only be said on its command line; the image says the same. */
export const FLAGS = [
  // Half the memory of an idle connection and of a start: many small objects that live long would wait in pages of
  // 16 MB each, three of them.
  "--max-semi-space-size=4",
];

const CACHE = join(import.meta.dirname, "..", "node_modules", ".cache", "culex");

/**
 * Sees to it that this process runs with the flags above and keeps compiled code beside the packages: the next start
 * needs neither to strip types nor to compile, which halves its time and saves 25 MB. Where the folder cannot be
 * written, as in the image, what was put there at its build is used.
 *
 * A process that was started without them becomes one that was started with them: same pid, arguments and streams.
 */
export function prepareRuntime(): void {
  const { env, execArgv, argv, execPath } = process;
  const isStartedSo = FLAGS.every((flag) => execArgv.includes(flag)) && env["NODE_COMPILE_CACHE"] !== undefined;
  // A parent that talks to this process by Node's own channel, as node --watch does, would lose it.
  if (!isStartedSo && env["NODE_CHANNEL_FD"] === undefined && process.execve !== undefined) {
    const args = [execPath, ...FLAGS, ...execArgv, ...argv.slice(1)];
    process.execve(execPath, args, { ...env, NODE_COMPILE_CACHE: CACHE });
  }
  useCompileCache();
}

/** Compiles everything that a broker at home loads, so that its first start need not. */
export async function warmCache(): Promise<void> {
  useCompileCache();
  await import("./cli/stand-alone.ts");
  await import("./run.ts");
  await import("./broker/listeners/websocket.ts");
}

function useCompileCache(): void {
  enableCompileCache(CACHE);
}
