import { existsSync } from "node:fs";
import { basename } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import { createDynsecFile } from "../dynsec/file.ts";
import type { DynsecFile, DynsecState } from "../dynsec/types.ts";
import type { DynamicSecuritySettings, FileReference } from "../settings/types.ts";
import type { Reading } from "./reading.ts";
import type { DynsecMoment } from "./types.ts";

/** Reads the file of dynamic security when configuration is read. */
export interface DynsecReader {
  /** null: it is switched off. */
  read(settings: DynamicSecuritySettings | null, reading: Reading): Promise<DynsecMoment | null>;
}

/** Holds the one file of dynamic security: people change it by saving, commands by save(). */
export interface DynsecKeeper extends DynsecReader {
  /** What commands work on; null: there is none, or its file must not be overwritten. */
  state(): DynsecState | null;
  /** Writes the state that commands changed; resolves to what went wrong. To be called in the turn of the change. */
  save(state: DynsecState): Promise<Problem | null>;
}

/** Makes the file of a first start; resolves to what kept it from that. */
export type MakeFirstFile = (
  reference: FileReference,
  passwordInitFile: FileReference | null,
) => Promise<Problem | null>;

interface Held {
  readonly path: string;
  readonly file: DynsecFile;
  moment: DynsecMoment | null;
  /** When the state was read. */
  readAtMs: number;
  /** Whether `moment` is what the file said when it was looked at last. */
  isSettled: boolean;
  /** Counts the moments. */
  revision: number;
}

/** Makes a keeper without a file. `makeFirst` null: a missing file stays missing. */
export function createDynsecKeeper(makeFirst: MakeFirstFile | null): DynsecKeeper {
  let held: Held | null = null;
  let saving: Promise<unknown> = Promise.resolve();

  const settle = (moment: DynsecMoment, isSettled: boolean, of: Held): DynsecMoment => {
    of.moment = moment;
    of.isSettled = isSettled;
    of.revision++;
    return moment;
  };

  const look = async (reference: FileReference, passwordInitFile: FileReference | null, of: Held, nowMs: number) => {
    // what commands wrote, or write now, is not news
    const saved = saving;
    await saved;
    const { moment, file, path } = of;
    const state = moment?.state ?? null;
    if (moment !== null && (await file.isUnchanged())) {
      // a file that was missing is there again by a command
      return of.isSettled ? moment : settle({ ...moment, isIntact: true, problems: [] }, true, of);
    }
    if (!existsSync(path)) {
      const problem = state === null && makeFirst !== null ? await makeFirst(reference, passwordInitFile) : MISSING;
      if (problem !== null) return missing(problem, reference, of);
    }
    const { state: found, problems } = await file.load();
    // a command came between: it writes the file anew
    if (saving !== saved) return look(reference, passwordInitFile, of, nowMs);
    const name = basename(reference.shown);
    if (found === null) {
      const now = whatStays(of, "Commands are refused.");
      const faults = problems.map((problem) => ({ ...problem, now }));
      return unusable({ file: name, state, isIntact: false, problems: faults }, of);
    }
    of.readAtMs = nowMs;
    return settle({ file: name, state: found, isIntact: true, problems }, true, of);
  };

  const missing = (problem: Problem | "missing", reference: FileReference, of: Held): DynsecMoment => {
    const state = of.moment?.state ?? null;
    const now = whatStays(of, state === null ? "Commands are refused." : "The next command writes it anew.");
    const told = problem === MISSING ? notFound(reference, makeFirst === null, now) : { ...problem, now };
    return unusable({ file: basename(reference.shown), state, isIntact: state !== null, problems: [told] }, of);
  };

  /** What is still wrong in the same way is the same moment still. */
  const unusable = (moment: DynsecMoment, of: Held): DynsecMoment => {
    const before = of.isSettled ? null : of.moment;
    if (before !== null && before.problems[0]?.what === moment.problems[0]?.what) return before;
    return settle(moment, false, of);
  };

  return {
    async read(settings, reading) {
      if (settings === null) {
        held = null;
        return null;
      }
      const { file: reference, passwordInitFile } = settings;
      if (reference === null) return nameless(settings);
      const { path, shown } = reference;
      if (held?.path !== path) {
        const file = createDynsecFile({ path, shown: basename(shown) });
        held = { path, file, moment: null, readAtMs: reading.startedAtMs, isSettled: false, revision: 0 };
      }
      const of = held;
      const moment = await look(reference, passwordInitFile, of, reading.startedAtMs);
      reading.elsewhere(path, existsSync(path) ? `dynamic security ${of.revision}` : null);
      return moment;
    },
    state: () => (held?.moment?.isIntact === true ? held.moment.state : null),
    save(state) {
      const saved = held === null || held.moment?.state !== state ? Promise.resolve(null) : held.file.save(state);
      saving = saved;
      return saved;
    },
  };
}

const MISSING = "missing";

function whatStays({ moment, readAtMs }: Held, commands: string): string {
  return (moment?.state ?? null) === null
    ? `Nobody can log in with it, and no device except Home Assistant and apps may use any topic. ${commands}`
    : `The clients and roles read at ${clockTime(readAtMs)}, with the changes since, stay in use. ${commands}`;
}

function notFound({ shown, folder, origin }: FileReference, isFirst: boolean, now: string): Problem {
  const what = `${basename(shown)} of dynamic security not found in ${folder}.`;
  if (!isFirst) return { severity: "error", what, now, fix: "Put the file back.", where: origin };
  return {
    severity: "warning",
    what,
    now: "The broker makes one at its start, with one client that may change it.",
    fix: "Put the file there if you have one already.",
    where: origin,
  };
}

function nameless({ origin }: DynamicSecuritySettings): DynsecMoment {
  const problem: Problem = {
    severity: "error",
    what: `${placeOf(origin)}: dynamic security has no file.`,
    now: "Nobody can log in with it, and no device except Home Assistant and apps may use any topic.",
    fix: 'Write "plugin_opt_config_file <file>" below that line.',
    where: origin,
  };
  return { file: "its file", state: null, isIntact: false, problems: [problem] };
}
