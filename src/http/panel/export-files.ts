import { basename } from "node:path";
import type { ExportedFiles, MovedFile } from "../../core/api/moving.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { counted } from "../../core/words.ts";
import type { StoredLogin } from "../../auth/stored-logins.ts";
import { findDirective } from "../../settings/directives.ts";
import { limitNames } from "../../settings/limit-options.ts";
import { optionsSchema } from "../../settings/schema.ts";
import type { ConfFile, Directive } from "../../settings/types.ts";
import type { Snapshot, Sources } from "../../snapshot/types.ts";

export interface ExportDeps {
  readonly sources: Sources;
  readonly current: Snapshot;
  /** options.json as it is written; null: there is none. */
  readonly options: RawObject | null;
  /** dynamic-security.json as it would be written now; null: there is none. */
  readonly dynsec: string | null;
  /** Makes a stored hash without holding the event loop. */
  readonly hash: (password: string) => Promise<string>;
  readonly version: string;
  readonly nowMs: number;
}

/**
 * Puts the files together that move to another broker. No secret is among them but as a hash: of conf files those lines
 * go that are known and carried out, and hold no password; comments stay here, since they may be lines that were once.
 */
export async function exportOf(deps: ExportDeps): Promise<ExportedFiles> {
  const { sources, current, version, nowMs } = deps;
  const conf = [...sources.conf, ...(sources.panelBridges === null ? [] : [sources.panelBridges.conf])];
  const files: MovedFile[] = [];
  const left: string[] = [];
  const add = (name: string, text: string): void => {
    if (files.some((file) => file.name === name)) left.push(`A second file "${name}", from another folder.`);
    else files.push({ name, text });
  };
  if (deps.options !== null) {
    const logins = (await hashed("options.json", sources.options?.logins ?? [], deps.hash, left)).map(
      ({ username, password }) => ({ username, password, password_pre_hashed: true }),
    );
    add("options.json", `${JSON.stringify({ ...knownOf(deps.options, optionsSchema.properties), logins }, null, 2)}\n`);
  }
  for (const file of conf.flatMap(withIncludes)) {
    if (file.emq !== null)
      left.push(`${file.file}: EMQ's lines may hold passwords in plain text. Copy the file yourself.`);
    else if (file.directives.length > 0) addConf(file, add, left);
  }
  for (const { path, value } of passwordFilesOf(current)) {
    const logins = await hashed(basename(path), value, deps.hash, left);
    add(basename(path), logins.map(({ username, password }) => `${username}:${password}\n`).join(""));
  }
  for (const path of rulesOf(current)) {
    const found = sources.files.get(path);
    if (found !== undefined && found.error === null) add(basename(path), found.text);
  }
  if (deps.dynsec !== null) add("dynamic-security.json", deps.dynsec);
  return { culex: 1, version, at: new Date(nowMs).toISOString(), files, left: [...left, ...leftOf(deps)] };
}

/** Members that an option may have: what stands elsewhere by mistake may be a password. */
function knownOf(raw: RawObject, properties: RawObject): RawObject {
  const known = Object.entries(properties).filter(([name]) => raw[name] !== undefined && !SECRETS.has(name));
  return Object.fromEntries(
    known.map(([name, schema]) => {
      const value = raw[name];
      if (name === "limits") return [name, limitsOf(value)];
      const inner = isRawObject(schema) ? schema["properties"] : undefined;
      return [name, isRawObject(value) && isRawObject(inner) ? knownOf(value, inner) : value];
    }),
  );
}

function limitsOf(value: unknown): RawObject {
  return Object.fromEntries(
    Object.entries(isRawObject(value) ? value : {}).filter(([name]) => limitNames.includes(name)),
  );
}

const SECRETS: ReadonlySet<string> = new Set(["token", "password"]);

/** A hash takes long to make, as it should. */
const MAX_PLAIN = 100;

/** The logins with hashes in the place of passwords in plain text. */
async function hashed(
  file: string,
  logins: readonly StoredLogin[],
  hash: ExportDeps["hash"],
  left: string[],
): Promise<readonly StoredLogin[]> {
  const plain = logins.filter(({ preHashed }) => !preHashed);
  const tooMany = new Set(plain.slice(MAX_PLAIN));
  if (tooMany.size > 0) {
    left.push(
      `${file}: ${counted(tooMany.size, "login")} with a password in plain text. Make hashes with "culex passwd".`,
    );
  }
  return Promise.all(
    logins
      .filter((login) => !tooMany.has(login))
      .map(async (login) => (login.preHashed ? login : { ...login, password: await hash(login.password) })),
  );
}

function withIncludes(file: ConfFile): readonly ConfFile[] {
  return [file, ...[...file.includes.values()].flat().flatMap(withIncludes)];
}

function addConf({ file, directives }: ConfFile, add: (name: string, text: string) => void, left: string[]): void {
  // the files of a folder are files of the export
  const lines = directives.filter(({ name }) => name !== "include_dir");
  const shown = lines.filter(isHarmless);
  add(file, shown.map(({ name, value }) => `${name} ${value}\n`).join(""));
  const hidden = lines.filter((line) => !isHarmless(line)).map(({ origin }) => origin.line);
  if (hidden.length === 0) return;
  left.push(
    `${file}: ${counted(hidden.length, "line")} (${hidden.slice(0, 20).join(", ")}${hidden.length > 20 ? ", …" : ""}) with a password, or not carried out.`,
  );
}

function isHarmless({ name }: Directive): boolean {
  if (name.includes("_opt_")) return /^(?:plugin|auth)_opt_(?:config_file|acl_file|password_file)$/.test(name);
  return findDirective(name)?.fate === "carried out" && !/(?:password|psk|token)$/.test(name);
}

function passwordFilesOf({ passwordFile, listenerFiles }: Snapshot) {
  const all = [passwordFile, ...[...listenerFiles.values()].map((files) => files.passwordFile)];
  return [...new Map(all.flatMap((file) => (file === null ? [] : [[file.path, file] as const]))).values()];
}

function rulesOf({ settings }: Snapshot): ReadonlySet<string> {
  const access = [settings, ...settings.listenerAccess.values()];
  return new Set(access.flatMap(({ aclFile }) => (aclFile === null ? [] : [aclFile.path])));
}

function leftOf({ sources, current }: ExportDeps): readonly string[] {
  const { settings, bans } = current;
  const hasTls = [...settings.listeners, ...settings.bridges].some(({ tls }) => tls !== null);
  return [
    ...(sources.authFile === null ? [] : ["auth.yaml: it may hold passwords in plain text. Copy the file yourself."]),
    ...((bans.loaded?.value.length ?? 0) === 0 ? [] : ["The list of who may not connect."]),
    ...(settings.http?.keys == null ? [] : ["The keys for publishing over HTTP. Copy the file yourself."]),
    ...(hasTls ? ["Certificates and their keys. Copy the files yourself."] : []),
    "Sessions and retained messages: api/v1/export/store has them.",
  ];
}
