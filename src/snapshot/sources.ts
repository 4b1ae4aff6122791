import { createHash, type Hash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError, codeOf } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { includeDirOrder, parseConf } from "../settings/conf-file.ts";
import { parseOptions, type Options } from "../settings/options.ts";
import { resolvePath } from "../settings/paths.ts";
import { composeSettings } from "../settings/settings.ts";
import type { ConfFile, Directive, Settings } from "../settings/types.ts";
import { clockTime } from "../core/clock-time.ts";
import type { FileText, Sources, SourceSpec } from "./types.ts";

/**
 * Reads every file of the configuration. What cannot be read or parsed keeps the content of `last`, with a problem
 * that says so; where there is no `last` it takes its closed form.
 * @throws ConfigError when the mosquitto.conf of a stand-alone broker cannot be read at its first start.
 */
export async function readSources(spec: SourceSpec, last: Sources | null): Promise<Sources> {
  const reading = createReading();
  const options = await readOptions(spec, last, reading);
  const conf = await readConf(spec, options, last, reading);
  const composed = composeSettings({ environment: spec.environment, options, conf });
  reading.problems.push(...composed.problems);
  const files = new Map<string, FileText>();
  for (const path of filesOf(composed.settings)) files.set(path, await reading.text(path));
  return {
    readAtMs: reading.startedAtMs,
    options,
    conf,
    settings: composed.settings,
    problems: reading.problems,
    files,
    found: reading.found,
    watched: [...reading.watched],
    fingerprint: reading.fingerprint(),
  };
}

/** One pass over the disk: remembers what was looked at and a digest of what was found. */
interface Reading {
  readonly startedAtMs: number;
  readonly problems: Problem[];
  readonly watched: ReadonlySet<string>;
  readonly found: ReadonlySet<string>;
  text(path: string): Promise<FileText>;
  /** Names in a folder; null with the error code noted when it cannot be listed. */
  names(folder: string): Promise<{ names: readonly string[]; error: null } | { names: null; error: string }>;
  fingerprint(): string;
}

function createReading(): Reading {
  const watched = new Set<string>();
  const found = new Set<string>();
  const hash: Hash = createHash("sha256");
  const note = (...parts: string[]): void => {
    for (const part of parts) hash.update(`${part.length}:${part}`);
  };
  return {
    startedAtMs: Date.now(),
    problems: [],
    watched,
    found,
    async text(path) {
      watched.add(path);
      const file = await readText(path);
      if (file.error === null) found.add(path);
      note(path, file.text ?? "", file.error ?? "");
      return file;
    },
    async names(folder) {
      watched.add(folder);
      try {
        const names = await readdir(folder);
        note(folder, ...includeDirOrder(names));
        return { names, error: null };
      } catch (error) {
        const code = codeOf(error) ?? "EIO";
        note(folder, code);
        return { names: null, error: code };
      }
    },
    fingerprint: () => hash.copy().digest("hex"),
  };
}

async function readText(path: string): Promise<FileText> {
  try {
    return { path, text: await readFile(path, "utf8"), error: null };
  } catch (error) {
    return { path, text: null, error: codeOf(error) ?? "EIO" };
  }
}

async function readOptions(spec: SourceSpec, last: Sources | null, reading: Reading): Promise<Options | null> {
  if (spec.optionsFile === null) return null;
  const file = basename(spec.optionsFile);
  const found = await reading.text(spec.optionsFile);
  const parsed =
    found.error === null
      ? parseOptions(found.text, file, spec.environment)
      : { options: null, problems: [unreadableOptions(file, found.error)] };
  const now = whatStays(last?.options ? last : null, "options", CLOSED_OPTIONS);
  reading.problems.push(...parsed.problems.map((problem) => (parsed.options ? problem : { ...problem, now })));
  return parsed.options ?? last?.options ?? null;
}

const CLOSED_OPTIONS = "Only Home Assistant and apps can connect.";

function unreadableOptions(file: string, code: string): Problem {
  return {
    severity: "error",
    what: code === "ENOENT" ? `${file} not found.` : `${file} cannot be read (${code}).`,
    now: "",
    fix: "Save the options once more on the app's Configuration page.",
    where: { file },
  };
}

async function readConf(
  spec: SourceSpec,
  options: Options | null,
  last: Sources | null,
  reading: Reading,
): Promise<readonly ConfFile[]> {
  if (spec.confFile !== null) return [await readMainConf(spec.confFile, spec, last, reading)];
  if (options === null || !options.customize.active) return [];
  const folder = join(spec.environment.folders.share, options.customize.folder);
  const listed = await reading.names(folder);
  if (listed.names === null) {
    reading.problems.push(missingFolder(options.customize.folder, listed.error, last));
    return last?.conf ?? [];
  }
  const files: ConfFile[] = [];
  for (const name of includeDirOrder(listed.names)) {
    const file = await readConfFile(join(folder, name), spec, last, reading, 0);
    if (file !== null) files.push(file);
  }
  return files;
}

async function readMainConf(path: string, spec: SourceSpec, last: Sources | null, reading: Reading): Promise<ConfFile> {
  const file = await readConfFile(path, spec, last, reading, 0);
  if (file === null) throw new ConfigError(reading.problems);
  return file;
}

/** Mosquitto reads include_dir in its main file only; one more level does no harm and cannot run in circles. */
const DEEPEST_INCLUDE = 1;

async function readConfFile(
  path: string,
  spec: SourceSpec,
  last: Sources | null,
  reading: Reading,
  depth: number,
): Promise<ConfFile | null> {
  const file = basename(path);
  const found = await reading.text(path);
  if (found.error !== null) {
    const earlier = last === null ? null : findConf(last.conf, path);
    reading.problems.push({
      severity: "error",
      what:
        found.error === "ENOENT"
          ? `${file} not found in ${dirname(path)}.`
          : `${file} cannot be read (${found.error}).`,
      now: whatStays(earlier === null ? null : last, "lines", "Its lines are not used."),
      fix: "Check that the file exists and that the broker may read it.",
      where: { file },
    });
    return earlier;
  }
  const { directives, problems } = parseConf(path, found.text);
  reading.problems.push(...problems);
  const includes = new Map<Directive, readonly ConfFile[]>();
  for (const directive of directives) {
    if (directive.name === "include_dir") {
      includes.set(directive, await readIncludes(directive, path, spec, last, reading, depth));
    }
  }
  return { path, file, directives, includes };
}

async function readIncludes(
  directive: Directive,
  from: string,
  spec: SourceSpec,
  last: Sources | null,
  reading: Reading,
  depth: number,
): Promise<readonly ConfFile[]> {
  const at = `${directive.origin.file} line ${directive.origin.line ?? 0}`;
  if (depth >= DEEPEST_INCLUDE) {
    reading.problems.push({
      severity: "warning",
      what: `${at}: "include_dir" in a file that was itself included is not followed.`,
      now: "The line is ignored.",
      fix: "Move the line to the file that is read first.",
      where: directive.origin,
    });
    return [];
  }
  const folder = resolvePath(directive.value, spec.environment.folders, dirname(from));
  const listed = await reading.names(folder);
  if (listed.names === null) {
    reading.problems.push({
      severity: "warning",
      what: `${at}: the folder "${directive.value}" of include_dir cannot be read (${listed.error}).`,
      now: "Going on without its files.",
      fix: "Create the folder or remove the line.",
      where: directive.origin,
    });
    return [];
  }
  const files: ConfFile[] = [];
  for (const name of includeDirOrder(listed.names)) {
    const path = join(folder, name);
    const file = path === from ? null : await readConfFile(path, spec, last, reading, depth + 1);
    if (file !== null) files.push(file);
  }
  return files;
}

function findConf(files: readonly ConfFile[], path: string): ConfFile | null {
  for (const file of files) {
    if (file.path === path) return file;
    for (const included of file.includes.values()) {
      const found = findConf(included, path);
      if (found !== null) return found;
    }
  }
  return null;
}

function missingFolder(folder: string, code: string, last: Sources | null): Problem {
  const inUse = last !== null && last.conf.length > 0;
  return {
    severity: "warning",
    what:
      code === "ENOENT"
        ? `customize.folder "${folder}" does not exist in /share.`
        : `customize.folder "${folder}" in /share cannot be read (${code}).`,
    now: whatStays(inUse ? last : null, "files", "Going on without extra files."),
    fix: `Create /share/${folder} or switch customize off.`,
    where: { file: "options.json" },
  };
}

/** "The lines read at 12:03 stay in use.", or the closed form where nothing was read before. */
function whatStays(last: Sources | null, what: string, closed: string): string {
  return last === null ? closed : `The ${what} read at ${clockTime(last.readAtMs)} stay in use.`;
}

function filesOf(settings: Settings): ReadonlySet<string> {
  const references = [
    settings.aclFile,
    settings.passwordFile,
    ...settings.listeners.flatMap(({ tls }) => (tls === null ? [] : [tls.certfile, tls.keyfile, tls.cafile])),
  ];
  return new Set(references.flatMap((reference) => (reference === null ? [] : [reference.path])));
}
