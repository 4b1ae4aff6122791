import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import type { Logger } from "../core/logger.ts";
import { POLICY_TEST_ENDING } from "../settings/policy-tests.ts";
import { HASHED_NAME } from "./reading.ts";

export interface Watcher {
  /** Watches these files and folders from now on, whether they exist yet or not. */
  update(paths: readonly string[]): void;
  close(): Promise<void>;
}

interface WatcherDeps {
  /** Called once when a burst of changes has ended, with the base name of one changed file, or words in its place. */
  readonly changed: (file: string) => void;
  readonly log: Logger;
  /** Quiet time that ends a burst: editors write, rename and touch in quick succession. */
  readonly quietMs?: number;
  /** Longest wait for that quiet: a file that never rests must not keep others from being read. */
  readonly longestMs?: number;
}

/**
 * Watches the folders that hold the configuration's files rather than the files: editors and certificate tools replace
 * a file by renaming another over it, and a folder that does not exist yet shows up in its parent.
 */
export function createWatcher({ changed, log, quietMs = 200, longestMs = 500 }: WatcherDeps): Watcher {
  let watcher: FSWatcher | null = null;
  let wanted: ReadonlySet<string> = new Set();
  let folders: readonly string[] = [];
  let timer: NodeJS.Timeout | null = null;
  let burstSinceMs: number | null = null;
  let cause: string | null = null;
  let isClosed = false;

  // Of a listed folder only some files count: a log file beside them changes all the time.
  const isWanted = (path: string): boolean =>
    wanted.has(path) || (isOfFolder(path) && wanted.has(dirname(path))) || holdsWanted(path, wanted);

  function seen(path: string): void {
    if (isClosed || !isWanted(path)) return;
    cause = path.slice(path.lastIndexOf(sep) + 1);
    lookLater();
  }

  function lookLater(): void {
    if (isClosed) return;
    if (timer !== null) clearTimeout(timer);
    const nowMs = performance.now();
    burstSinceMs ??= nowMs;
    timer = setTimeout(
      () => {
        timer = null;
        burstSinceMs = null;
        const named = cause ?? MEANWHILE;
        cause = null;
        changed(named);
      },
      Math.max(0, Math.min(quietMs, burstSinceMs + longestMs - nowMs)),
    );
  }

  function open(): FSWatcher {
    const opened = watch([...folders], {
      depth: 0,
      ignoreInitial: true,
      atomic: false,
      ignored: (path) => !folders.includes(path) && !isWanted(path),
    });
    opened.on("all", (_event, path) => {
      seen(path);
    });
    opened.on("error", (error) => {
      log.warn({ error }, "A folder cannot be watched. Changes in it take effect at SIGHUP or restart.");
    });
    return opened;
  }

  return {
    update(paths) {
      if (isClosed) return;
      // A link is saved in two places: where it stands, and where it points to.
      const nextWanted = new Set(paths.flatMap(withTarget));
      const nextFolders = [...new Set([...nextWanted].flatMap(foldersFor))].toSorted();
      const same =
        nextFolders.join("\0") === folders.join("\0") && [...nextWanted].join("\0") === [...wanted].join("\0");
      if (same) return;
      wanted = nextWanted;
      folders = nextFolders;
      const old = watcher;
      watcher = open();
      // What was saved between reading and watching would go unseen, so one more look follows.
      watcher.once("ready", lookLater);
      void old?.close();
    },
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await watcher?.close();
    },
  };
}

/** Conf files, policy tests and CAs. */
function isOfFolder(path: string): boolean {
  return path.endsWith(".conf") || path.endsWith(POLICY_TEST_ENDING) || HASHED_NAME.test(basename(path));
}

/** The cause of a look that no file asked for. */
const MEANWHILE = "saved while the files were read";

/** A path, and the file it leads to when it is a link or lies below one. */
function withTarget(path: string): readonly string[] {
  try {
    return [path, realpathSync(path)];
  } catch {
    return [path];
  }
}

/** The folders to watch for a path: the nearest one above it that exists, and itself when it is a folder. */
function foldersFor(path: string): readonly string[] {
  let above = dirname(path);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? [above, path] : [above];
}

/** Whether a wanted path lies below this one: a missing folder that just appeared. */
function holdsWanted(path: string, wanted: ReadonlySet<string>): boolean {
  const prefix = path.endsWith(sep) ? path : path + sep;
  return [...wanted].some((candidate) => candidate.startsWith(prefix));
}
