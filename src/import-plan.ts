import { basename, dirname, join } from "node:path";
import type { ImportCount, ImportedFile, ImportReport } from "./core/api/moving.ts";
import type { ConfigProblem } from "./core/api/system.ts";
import { ConfigError } from "./core/errors.ts";
import { sentence } from "./core/problem.ts";
import type { RawObject } from "./core/raw-object.ts";
import type { Problem } from "./core/types.ts";
import { lineFates } from "./cli/carry-over.ts";
import { readMomentOf } from "./cli/moment.ts";
import type { SentFile } from "./http/panel/import.ts";
import { contentOf, type NewFile, withCopy } from "./import-folder.ts";
import { DYNSEC_FILE, type Material, OPTIONS_FILE, sortMaterial } from "./import-material.ts";
import { mergeOptions, type OptionWish } from "./import-options.ts";
import { surveyFile } from "./importing.ts";
import { listedRules } from "./snapshot/listed-rules.ts";
import { listedUsers } from "./snapshot/listed-users.ts";
import type { Snapshot, Sources, SourceSpec } from "./snapshot/types.ts";

/** What an import is compared with. */
export interface ImportPlace {
  readonly spec: SourceSpec;
  readonly current: Snapshot;
  readonly problems: readonly Problem[];
  /** options.json as it is written; null: it cannot be changed from here. */
  readonly options: RawObject | null;
  /** Where a mosquitto.db is looked for at the next start; null: nowhere. */
  readonly database: string | null;
  /** Gives the options with hashes in the place of passwords. */
  readonly hashed: (options: RawObject) => Promise<RawObject>;
}

/** What a token carries out. */
export interface ImportPlan {
  readonly files: readonly PlannedFile[];
  readonly wish: OptionWish;
  readonly changes: readonly string[];
}

interface PlannedFile extends NewFile {
  /** "/share/mosquitto/passwd" */
  readonly shown: string;
}

/** A folder of conf files that lies in the share folder. */
interface ConfFolder {
  /** "mosquitto" */
  readonly name: string;
  readonly path: string;
  /** "/share/mosquitto" */
  readonly shown: string;
}

const MAX_PROBLEMS = 500;
const SAMPLE = 200;

/** Finds out what files would bring, as they would be read here; nothing is changed. */
export async function planImport(
  sent: readonly SentFile[],
  place: ImportPlace,
  folderName: string,
): Promise<{ readonly plan: ImportPlan; readonly report: Omit<ImportReport, "token"> }> {
  const path = join(place.spec.environment.folders.share, folderName);
  const folder: ConfFolder = { name: folderName, path, shown: `/share/${folderName}` };
  const material = sortMaterial(sent, folder.shown);
  const compared = await Promise.all(material.files.map((file) => compare(file, folder, place.current)));
  const fresh = compared.flatMap(({ file, bytes }) =>
    file.state === "new" ? [{ path: join(path, file.name), shown: file.to ?? "", bytes }] : [],
  );
  const database = material.database === null ? null : await compareDatabase(material.database, place);
  const wish: OptionWish = {
    sent: material.options === null ? null : await place.hashed(material.options),
    needsFolder: compared.some(({ file }) => file.state !== "kept"),
    needsDynsec:
      material.needsDynsecOption && compared.some(({ file }) => file.name === DYNSEC_FILE && file.state !== "kept"),
  };
  const { options, changes } = mergeOptions(place.options ?? {}, wish);
  const files = [
    ...fresh,
    ...(database?.file.state === "new" ? [{ ...database.target, shown: database.file.to ?? "" }] : []),
  ];
  const found = await readAsIf(
    material,
    new Set(fresh.map((file) => basename(file.path))),
    folder,
    JSON.stringify(options),
    place,
  );
  const why = whyNot(files, changes, place);
  return {
    plan: { files, wish, changes },
    report: {
      files: [
        ...compared.map(({ file }) => file),
        ...(database === null ? [] : [database.file]),
        ...(wish.sent === null ? [] : [optionsRow(wish, place)]),
        ...material.left,
      ],
      options: countOf(changes),
      ...found,
      ...(why === null ? {} : { why }),
    },
  };
}

async function compare(
  { name, text, note }: Material["files"][number],
  folder: ConfFolder,
  { dynsec }: Snapshot,
): Promise<{ readonly file: ImportedFile; readonly bytes: Buffer }> {
  const bytes = Buffer.from(text);
  const own = await contentOf(join(folder.path, name));
  const to = `${folder.shown}/${name}`;
  const because = (state: "kept" | "left", why: string) => ({ file: { name, state, note: why }, bytes });
  if (own === null && name === DYNSEC_FILE && dynsec !== null) {
    return because("kept", "Dynamic security is in use here with a file of its own, which stays.");
  }
  if (own === null) return { file: { name, to, state: "new", ...(note === undefined ? {} : { note }) }, bytes };
  if (own !== "else" && own.equals(bytes)) return { file: { name, to, state: "same" }, bytes };
  return because(
    "kept",
    `${to} is there already and says something else. It stays; move it away first if this one is to count.`,
  );
}

async function compareDatabase(
  { name, bytes }: SentFile,
  { current, database: path }: ImportPlace,
): Promise<{ readonly file: ImportedFile; readonly target: NewFile }> {
  const { store } = current.settings;
  const target = { path: path ?? "", bytes };
  const because = (state: ImportedFile["state"], note: string) => ({ file: { name, state, note }, target });
  if (path === null || store === null)
    return because("left", "This broker stores nothing, so there is nowhere to import it.");
  const found = surveyFile(name, bytes, store.path);
  if (found.kind === "failed") return because("left", sentence(found.problem));
  if (found.kind === "imported") return because("same", "It was imported before.");
  const to = `/share/${basename(dirname(path))}/${basename(path)}`;
  const own = await contentOf(path);
  if (own === null || (own !== "else" && own.equals(bytes))) {
    const note = `${found.what}: they come at the next start of the app.`;
    return { file: { name, to, state: own === null ? "new" : "same", note }, target };
  }
  return because("kept", `${to} is there already and is another one. It stays.`);
}

function optionsRow({ sent }: OptionWish, { options }: ImportPlace): ImportedFile {
  const { changes } = mergeOptions(options ?? {}, { sent, needsFolder: false, needsDynsec: false });
  const note = "Options that are set here stay.";
  return { name: OPTIONS_FILE, state: changes.length > 0 ? "new" : "same", note };
}

function whyNot(files: readonly NewFile[], changes: readonly string[], { options }: ImportPlace): string | null {
  if (files.length + changes.length === 0) return "There is nothing to do: what can be taken over is here already.";
  if (changes.length === 0 || options !== null) return null;
  return `The options are in a file that is not changed from here. Set ${changes.join(", ")} there first.`;
}

type Found = Pick<ImportReport, "users" | "rules" | "bridges" | "lines" | "carriedOut" | "problems">;

async function readAsIf(
  { files }: Material,
  fresh: ReadonlySet<string>,
  { path: existing, name: folder }: ConfFolder,
  options: string,
  { spec, current, problems: known }: ImportPlace,
): Promise<Found> {
  const added = files.filter(({ name }) => fresh.has(name));
  return withCopy({ existing, folder, files: added, options }, async ({ share, data }) => {
    const { environment } = spec;
    const folders = { ...environment.folders, share, data };
    const optionsFile = join(data, "options.json");
    try {
      const moment = await readMomentOf({
        ...spec,
        environment: { ...environment, folders },
        optionsFile,
        confFile: null,
      });
      await moment.close();
      return found(moment, { current, known, fresh, reserved: environment.reservedUsers });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { ...NOTHING, problems: error.problems.map(shown) };
    }
  });
}

const NONE: ImportCount = { count: 0, sample: [] };
const NOTHING = { users: NONE, rules: NONE, bridges: NONE, lines: 0, carriedOut: 0 };

interface Before {
  readonly current: Snapshot;
  readonly known: readonly Problem[];
  /** Files that are not here yet. */
  readonly fresh: ReadonlySet<string>;
  readonly reserved: readonly string[];
}

function found(
  { sources, snapshot }: { readonly sources: Sources; readonly snapshot: Snapshot },
  { current, known, fresh, reserved }: Before,
): Found {
  const usersOf = (moment: Snapshot) =>
    listedUsers(moment, { reservedUsers: reserved, optionsFile: "options.json", areOptionsWritable: false }).map(
      ({ name, source }) => `${name} (${source})`,
    );
  const users = new Set(usersOf(current));
  const bridges = new Set(current.bridges.map(({ settings }) => settings.name));
  const told = new Set(known.map(({ what }) => what));
  const fates = lineFates(
    sources.conf.filter(({ file }) => fresh.has(file)),
    snapshot.problems,
  );
  const problems = snapshot.problems.filter(({ what, where }) => fresh.has(where?.file ?? "") || !told.has(what));
  return {
    users: countOf(usersOf(snapshot).filter((user) => !users.has(user))),
    rules: countOf(
      listedRules(snapshot, []).flatMap(({ who, text, where }) =>
        fresh.has(where?.file ?? "") ? [`${who}: ${text}`] : [],
      ),
    ),
    bridges: countOf(snapshot.bridges.map(({ settings }) => settings.name).filter((name) => !bridges.has(name))),
    lines: fates.length,
    carriedOut: fates.filter((line) => line.problems.length === 0).length,
    problems: problems.slice(0, MAX_PROBLEMS).map(shown),
  };
}

function countOf(all: readonly string[]): ImportCount {
  return { count: all.length, sample: all.slice(0, SAMPLE) };
}

function shown({ severity, what, now, fix, where }: Problem): ConfigProblem {
  return { severity, what, now, fix, ...(where === undefined ? {} : { where }) };
}
