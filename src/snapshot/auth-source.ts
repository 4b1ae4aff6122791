import { dirname, isAbsolute, join, relative } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import { placeOf } from "../core/problem.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { Problem } from "../core/types.ts";
import { AUTH_FILE, filesWanted, parseAuthFile, SECRETS_FILE, wantsSecrets } from "../settings/auth-file.ts";
import type { Options } from "../settings/options.ts";
import { shownFolder } from "../settings/paths.ts";
import type { AuthFile } from "../settings/types.ts";
import { parseYaml } from "../settings/yaml-document.ts";
import type { Reading } from "./reading.ts";
import type { Sources, SourceSpec } from "./types.ts";

interface ReadAuthFile {
  /** null: there is none, so the stages are the usual ones. */
  readonly value: AuthFile | null;
  readonly readAtMs: number;
}

/** What a file that was never read without a fault may say: nobody but the system users gets in. */
const CLOSED: AuthFile = { stages: [], acl: { sources: null, noMatch: null } };

/** Reads auth.yaml with what it refers to: in the folder that the options name, or beside the conf file. */
export async function readAuthFile(
  spec: SourceSpec,
  options: Options | null,
  last: Sources | null,
  reading: Reading,
): Promise<ReadAuthFile> {
  const readAtMs = reading.startedAtMs;
  const folder = folderOf(spec, options);
  if (folder === null) return { value: null, readAtMs };
  const found = await reading.text(join(folder, AUTH_FILE));
  if (found.error === "ENOENT") return { value: null, readAtMs };
  const earlier = last?.authFile ?? null;
  const kept: ReadAuthFile = { value: earlier ?? CLOSED, readAtMs: last?.authFileReadAtMs ?? readAtMs };
  const now = earlier === null ? closedSentence(spec) : `The stages read at ${clockTime(kept.readAtMs)} stay in use.`;
  if (found.error !== null) {
    const what = `${AUTH_FILE} in ${shownFolder(join(folder, AUTH_FILE), spec.environment.folders)} cannot be read (${found.error}).`;
    reading.problems.push(problem(AUTH_FILE, what, now, found.fix ?? "Check that the broker may read the file."));
    return kept;
  }
  const secrets = wantsSecrets(found.text) ? await readSecrets(join(folder, SECRETS_FILE), now, reading) : {};
  const texts = new Map<string, string>();
  for (const name of filesWanted(found.text)) {
    const path = pathOf(name, folder, spec);
    const file = path === null ? null : await reading.text(path);
    if (file !== null && file.error === null) texts.set(name, file.text.replace(/\r?\n$/, ""));
  }
  const { value, problems } = parseAuthFile(
    found.text,
    AUTH_FILE,
    ({ kind, name }) => (kind === "file" ? (texts.get(name) ?? null) : secretOf(secrets, name)),
    now,
  );
  reading.problems.push(...problems);
  return value === null ? kept : { value, readAtMs };
}

function folderOf({ confFile, environment }: SourceSpec, options: Options | null): string | null {
  if (environment.kind === "stand-alone") return confFile === null ? null : dirname(confFile);
  return options?.customize.active === true ? join(environment.folders.share, options.customize.folder) : null;
}

/** In the app a file must lie below the folder; outside of it, it may lie anywhere. */
function pathOf(name: string, folder: string, { environment }: SourceSpec): string | null {
  if (isAbsolute(name)) return environment.kind === "stand-alone" ? name : null;
  const path = join(folder, name);
  return relative(folder, path).startsWith("..") ? null : path;
}

async function readSecrets(path: string, now: string, reading: Reading): Promise<RawObject> {
  const found = await reading.text(path);
  // each secret that is missing is named where it is used
  if (found.error === "ENOENT") return {};
  if (found.error !== null) {
    const what = `${SECRETS_FILE} cannot be read (${found.error}).`;
    reading.problems.push(problem(SECRETS_FILE, what, now, found.fix ?? "Check that the broker may read the file."));
    return {};
  }
  const { document, fault } = parseYaml(found.text);
  if (document !== null && isRawObject(document.value)) return document.value;
  const where = fault === null ? { file: SECRETS_FILE } : { file: SECRETS_FILE, ...fault.place };
  const what = fault === null ? `${SECRETS_FILE} is no list of names and values.` : `${placeOf(where)}: ${fault.what}`;
  const fix = fault === null ? 'Write "name: value", one on each line.' : fault.fix;
  reading.problems.push({ ...problem(SECRETS_FILE, what, now, fix), where });
  return {};
}

function secretOf(secrets: RawObject, name: string): string | null {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : null;
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

function closedSentence({ environment }: SourceSpec): string {
  return environment.kind === "add-on"
    ? "Nobody but Home Assistant and apps can log in until this is corrected."
    : "Nobody can log in until this is corrected.";
}

function problem(file: string, what: string, now: string, fix: string): Problem {
  return { severity: "error", what, now, fix, where: { file } };
}
