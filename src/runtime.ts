import { readdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join, sep } from "node:path";

/** What the broker wants of Node and can only be said on its command line; the image says the same. */
export const FLAGS = [
  // Half the memory of an idle connection and of a start: many small objects that live long would wait in pages of
  // 16 MB each, three of them.
  "--max-semi-space-size=4",
  // For giveBackMemory().
  "--expose-gc",
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

/**
 * Compiles the whole broker, what is loaded when it is switched on and what runs in other threads included, and `more`
 * files of this repository: one that is missing costs each start 20 MB for what strips its types, in every thread that
 * loads one. Node has to be told where to keep it (NODE_COMPILE_CACHE) for this file to be among them.
 */
export async function warmCache(more: readonly string[]): Promise<void> {
  useCompileCache();
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const own = files.filter((file) => file.endsWith(".ts") && !file.startsWith(`panel${sep}`) && file !== "main.ts");
  const paths = [...own, ...more.map((file) => join("..", file))];
  await Promise.all(paths.map((path) => import(join(import.meta.dirname, path))));
}

/** Above it a collection holds up clients longer than it is worth. */
const LARGE_HEAP_BYTES = 64 * 1024 * 1024;

/**
 * Collects what loading left behind and gives its pages back to the system: 11 MB of the 103 that a broker with its
 * panel has. Left to itself V8 keeps them.
 */
export function giveBackMemory(): void {
  if (process.memoryUsage().heapUsed > LARGE_HEAP_BYTES) return;
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

function useCompileCache(): void {
  enableCompileCache(CACHE);
}
