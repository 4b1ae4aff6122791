import { basename } from "node:path";
import type { UserInfo } from "../core/api/access.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { StageSettings } from "../settings/types.ts";
import type { AccessFiles, DynsecMoment, Snapshot } from "./types.ts";

interface Surroundings {
  readonly reservedUsers: readonly string[];
  /** Path of the options; null: there are none. */
  readonly optionsFile: string | null;
  readonly areOptionsWritable: boolean;
}

/** Lists the users that are known without asking anybody, of all sources; never a password, nor its hash. */
export function listedUsers(snapshot: Snapshot, surroundings: Surroundings): readonly UserInfo[] {
  const { settings, dynsec, passwordFile, listenerFiles } = snapshot;
  const stages = [settings, ...settings.listenerAccess.values()].flatMap(({ auth }) => auth);
  return [
    ...surroundings.reservedUsers.map((name) => userOf(name, { source: "internal" })),
    ...(dynsec === null ? [] : ofDynsec(dynsec)),
    ...onlyOnce(stages).flatMap((stage) => ofStage(stage, surroundings)),
    ...ofPasswordFiles([passwordFile, ...[...listenerFiles.values()].map((files) => files.passwordFile)]),
  ];
}

function userOf(name: string, more: Partial<UserInfo> & Pick<UserInfo, "source">): UserInfo {
  return { name, passwordSet: true, disabled: false, roles: [], groups: [], writable: false, ...more };
}

function ofDynsec({ file, state, isIntact }: DynsecMoment): readonly UserInfo[] {
  return (state?.clients.sorted() ?? []).map(({ name, password, disabled, roles, groups }) => ({
    name,
    source: "dynsec",
    passwordSet: password !== null,
    disabled,
    roles: roles.map(({ role }) => role.name),
    groups: groups.map(({ group }) => group.name),
    where: { file },
    writable: isIntact,
  }));
}

/** The users that stand in the settings of a stage: the logins of the options, and those of auth.yaml. */
function ofStage(stage: StageSettings, { optionsFile, areOptionsWritable }: Surroundings): readonly UserInfo[] {
  const { type, settings, written } = stage;
  if (!isRawObject(settings)) return [];
  if (type === "logins") {
    const where = optionsFile === null ? {} : { where: { file: basename(optionsFile) } };
    return entriesOf(settings["logins"]).map(([name]) =>
      userOf(name, { source: "option", writable: areOptionsWritable, ...where }),
    );
  }
  if (type !== "users" || written === undefined) return [];
  return entriesOf(settings["users"]).map(([name, entry], index) =>
    userOf(name, {
      source: "file",
      passwordSet: entry["password"] !== undefined || entry["password_hash"] !== undefined,
      roles: textsIn(entry["roles"]),
      where: written.placeOf(`/users/${index}`),
    }),
  );
}

function entriesOf(list: unknown): readonly (readonly [name: string, entry: RawObject])[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) =>
    isRawObject(entry) && typeof entry["username"] === "string" ? [[entry["username"], entry] as const] : [],
  );
}

function textsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === "string") : [];
}

function ofPasswordFiles(files: readonly AccessFiles["passwordFile"][]): readonly UserInfo[] {
  const byPath = new Map(files.flatMap((file) => (file === null ? [] : [[file.path, file.value] as const])));
  return [...byPath].flatMap(([path, logins]) =>
    logins.map(({ username }) => userOf(username, { source: "file", where: { file: basename(path) } })),
  );
}

/** Listeners of their own have the stages of the options too. */
function onlyOnce(stages: readonly StageSettings[]): readonly StageSettings[] {
  const seen = new Set<unknown>();
  return stages.filter(({ settings }) => !seen.has(settings) && seen.add(settings).size > 0);
}
