import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TraceFile, TraceInfo } from "../../core/api/traces.ts";
import { codeOf } from "../../core/errors.ts";
import type { RawObject } from "../../core/raw-object.ts";
import { strftime } from "../../core/strftime.ts";
import { withoutTokens } from "../../core/tokens.ts";
import type { Traces, TraceState } from "./traces.ts";
import { isFileName, parseQuestion } from "./wish.ts";

/** Why a trace is not started or stopped, as the end of a sentence. */
export interface TraceFault {
  /** "wish": what was asked for is wrong; "state": it does not go with what there is. */
  readonly of: "wish" | "state";
  readonly text: string;
}

/** What programs ask about traces. */
export interface TracePrograms {
  list(): readonly TraceInfo[];
  /** Starts what a `NewTrace` asks for, within the bounds of the command. */
  start(wish: RawObject): TraceInfo | TraceFault;
  /** Whether there was one. */
  stop(kind: string, value: string): boolean | TraceFault;
  /** The files of traces that run and that have ended, the newest first. */
  files(): Promise<readonly TraceFile[]>;
  /** What the file of a trace holds now, also when the trace has ended; null: there is no such file. */
  read(file: string): Promise<AsyncIterable<Uint8Array> | null>;
}

/** Answers programs; `folder` is that of the traces. */
export function createTracePrograms(traces: Traces, folder: string, now: () => number): TracePrograms {
  const list = (): readonly TraceInfo[] => traces.list().map(infoOf);

  return {
    list,
    start({ kind, value, file, minutes, megabytes, payload }) {
      const name = file ?? fileFor(String(kind), String(value), now());
      const asked = parseQuestion({ action: "start", by: kind, value, file: name, minutes, megabytes, payload });
      if (typeof asked === "string") return { of: "wish", text: asked };
      if (asked.action !== "start") throw new Error("a start was read as something else");
      const fault = traces.start(asked.wish);
      if (fault !== null)
        return { of: "state", text: fault === "existed" ? `one of this ${asked.wish.by} runs` : fault };
      const begun = list().find((one) => one.file === asked.wish.file);
      if (begun === undefined) throw new Error("a trace that was started does not run");
      return begun;
    },
    stop(kind, value) {
      const asked = parseQuestion({ action: "stop", by: kind, value });
      if (typeof asked === "string") return { of: "wish", text: asked };
      return asked.action === "stop" && traces.stop(asked.by, asked.value);
    },
    async files() {
      const names = (await readdir(folder).catch(() => [])).filter(isFileName);
      const found = await Promise.all(names.map((name) => fileIn(folder, name)));
      return found.flatMap((file) => file ?? []).toSorted((a, b) => b.at.localeCompare(a.at));
    },
    async read(file) {
      if (!isFileName(file)) return null;
      try {
        const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
        const handle = await open(join(folder, file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if ((await handle.stat()).isFile()) return handle.createReadStream();
        await handle.close();
        return null;
      } catch (error) {
        if (codeOf(error) === null) throw error;
        return null;
      }
    },
  };
}

/** null: it is no plain file, or gone. */
async function fileIn(folder: string, name: string): Promise<TraceFile | null> {
  const found = await lstat(join(folder, name)).catch(() => null);
  return found?.isFile() === true ? { file: name, bytes: found.size, at: found.mtime.toISOString() } : null;
}

function infoOf({ by, value, file, bytes, endsAtMs, payload }: TraceState): TraceInfo {
  return { kind: by, value, file, bytes, until: new Date(endsAtMs).toISOString(), payload };
}

/** A name that tells what is in it: "client-kitchen-pump-20261121-142100.log". */
function fileFor(kind: string, value: string, nowMs: number): string {
  const name = withoutTokens(value)
    .replaceAll(/[^A-Za-z0-9._]+/g, "-")
    .slice(0, 60);
  return `${kind}-${name}-${strftime("%Y%m%d-%H%M%S", nowMs)}.log`;
}
