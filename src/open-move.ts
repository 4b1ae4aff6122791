import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashPassword } from "./auth/password.ts";
import { backUp } from "./broker/storage/backup.ts";
import { BackendError, codeOf, messageOf } from "./core/errors.ts";
import type { OptionStore } from "./core/option-store.ts";
import { createPlans } from "./core/plans.ts";
import { isRawObject, type RawObject } from "./core/raw-object.ts";
import type { Problem } from "./core/types.ts";
import { formatDynsec } from "./dynsec/format-file.ts";
import { exportOf } from "./http/panel/export-files.ts";
import { exportRoutes } from "./http/panel/export.ts";
import { importRoutes, type ImportRoutesDeps } from "./http/panel/import.ts";
import type { Route } from "./http/panel/route.ts";
import { removeAll, writeNew } from "./import-folder.ts";
import { loginsIn, mergeOptions } from "./import-options.ts";
import type { ImportPlan } from "./import-plan.ts";
import { optionsSchema } from "./settings/schema.ts";
import type { Snapshot, Sources, SourceSpec } from "./snapshot/types.ts";

export interface MoveDeps {
  readonly spec: SourceSpec;
  /** A mosquitto.db that is imported once at a start; null: none is looked for. */
  readonly importFrom: string | null;
  readonly version: string;
  readonly current: () => Snapshot;
  readonly sources: () => Sources;
  readonly problems: () => readonly Problem[];
  /** null: they are the owner's alone. */
  readonly options: OptionStore | null;
  readonly reload: (cause: string) => Promise<void>;
  /** Writes what is not on the disk yet. */
  readonly saveStore: () => Promise<unknown>;
  readonly now: () => number;
}

/** The routes by which a configuration moves from one broker to another. */
export function moveRoutes(deps: MoveDeps): readonly Route[] {
  const { spec, current, sources, version, now } = deps;
  return [
    ...exportRoutes({
      async files() {
        const { dynsec } = current();
        return exportOf({
          sources: sources(),
          current: current(),
          options: await optionsIn(spec.optionsFile),
          dynsec: dynsec?.state == null ? null : formatDynsec(dynsec.state).join(""),
          hash: hashPassword,
          version,
          nowMs: now(),
        });
      },
      store: storeCopies(deps),
    }),
    ...importRoutes({ importer: spec.environment.kind === "add-on" ? createImporter(deps) : null }),
  ];
}

/** null: they are in no file, or not in JSON. What cannot be read is none either: the log says so elsewhere. */
async function optionsIn(file: string | null): Promise<RawObject | null> {
  if (file === null || !file.endsWith(".json")) return null;
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return isRawObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** One at a time: a copy takes as much room as the store. */
function storeCopies({
  current,
  saveStore,
}: Pick<MoveDeps, "current" | "saveStore">): () => Promise<AsyncIterable<Uint8Array> | "busy" | null> {
  let isBusy = false;
  return async () => {
    const { store } = current().settings;
    if (store === null) return null;
    if (isBusy) return "busy";
    isBusy = true;
    const folder = await mkdtemp(join(tmpdir(), "culex-export-"));
    const end = async (): Promise<void> => {
      isBusy = false;
      await rm(folder, { recursive: true, force: true });
    };
    try {
      await saveStore();
      await backUp(store.path, join(folder, "culex.db"));
      return thenEnd(createReadStream(join(folder, "culex.db")), end);
    } catch (error) {
      await end();
      throw error;
    }
  };
}

async function* thenEnd(content: AsyncIterable<Uint8Array>, end: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } finally {
    await end();
  }
}

function createImporter(deps: MoveDeps): NonNullable<ImportRoutesDeps["importer"]> {
  const { spec, importFrom, current, sources, problems, options, reload, now } = deps;
  const plans = createPlans<ImportPlan>(now);
  const run = async ({ files, wish, changes }: ImportPlan): Promise<string | null> => {
    try {
      await writeNew(files);
      if (changes.length > 0) await options?.change((own) => mergeOptions(own, wish).options);
      return null;
    } catch (error) {
      if (codeOf(error) === null && !(error instanceof BackendError)) throw error;
      // what writeNew has not written is somebody else's
      if (error instanceof BackendError) await removeAll(files.map(({ path }) => path));
      return `Nothing was taken over (${codeOf(error) ?? messageOf(error)}).`;
    } finally {
      await reload("an import in the panel");
    }
  };
  return {
    async plan(sent) {
      const folder = sources().options?.customize.folder ?? optionsSchema.properties.customize.default.folder;
      // it reads a configuration from the start, and little else needs that
      const { planImport } = await import("./import-plan.ts");
      const { plan, report } = await planImport(
        sent,
        {
          spec,
          current: current(),
          problems: problems(),
          options: options === null ? null : await optionsIn(spec.optionsFile),
          database: importFrom,
          hashed: hashedLogins,
        },
        folder,
      );
      return { ...report, token: report.why === undefined ? plans.add(plan) : null };
    },
    async run(token) {
      const plan = plans.take(token);
      if (plan === null) return null;
      return (await run(plan)) ?? { changed: [...plan.files.map(({ shown }) => shown), ...plan.changes] };
    },
  };
}

/** A hash takes long to make, as it should. */
const MAX_LOGINS = 200;

/** Options as they are taken over: of logins their names and hashes, and nothing besides. */
async function hashedLogins(options: RawObject): Promise<RawObject> {
  const logins = loginsIn(options).slice(0, MAX_LOGINS);
  const hashed = logins.map(async ({ username, password, password_pre_hashed: isHash }) => {
    const text = typeof password === "string" ? password : "";
    if (text === "") return [];
    return [{ username, password: isHash === true ? text : await hashPassword(text), password_pre_hashed: true }];
  });
  return { ...options, logins: (await Promise.all(hashed)).flat() };
}
