import { basename, dirname, join } from "node:path";
import { looksLikeErlang } from "../acl/formats/erlang-acl.ts";
import { clockTime } from "../core/clock-time.ts";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import { parseConf } from "../settings/conf-file.ts";
import { looksLikeEmq } from "../settings/emq/telltale.ts";
import type { Options } from "../settings/options.ts";
import { resolvePath, shownFolder } from "../settings/paths.ts";
import type { ConfFile, Directive } from "../settings/types.ts";
import { ETC_DIR, listPlugins, pluginsUnread, readNamed } from "./emq-sources.ts";
import type { Reading } from "./reading.ts";
import type { Sources, SourceSpec } from "./types.ts";

export interface ReadConf {
  readonly files: readonly ConfFile[];
  /** When they were last read without falling back. */
  readonly readAtMs: number;
  /** false: a file that counts has never been read, so what it would forbid is not known. */
  readonly isComplete: boolean;
  /** Files with EMQ's rules among them: they are no conf files, and count where an acl_file line names them. */
  readonly ruleFiles: readonly Pick<ConfFile, "path" | "file">[];
}

/** Mosquitto reads include_dir in its main file only; one more level does no harm and cannot run in circles. */
const DEEPEST_INCLUDE = 1;

/** Reads the conf files: the one of a stand-alone broker, or those of the folder that the options name. */
export async function readConf(
  spec: SourceSpec,
  options: Options | null,
  last: Sources | null,
  reading: Reading,
): Promise<ReadConf> {
  const { folders } = spec.environment;
  let isComplete = true;
  let isKept = false;
  const ruleFiles: Pick<ConfFile, "path" | "file">[] = [];

  const whatStays = (earlier: unknown, what: string): string => {
    if (earlier !== null && last !== null) {
      isKept = true;
      return `The ${what} read at ${clockTime(last.confReadAtMs)} stay in use.`;
    }
    if (last !== null) return "It is left out.";
    isComplete = false;
    return spec.environment.kind === "add-on"
      ? "Nobody but Home Assistant and apps can log in until this is corrected."
      : "The broker does not start.";
  };

  const readFile = async (path: string, depth: number): Promise<ConfFile | null> => {
    const file = basename(path);
    const found = await reading.text(path);
    if (found.error !== null) {
      const earlier = last === null ? null : findConf(last.conf, path);
      reading.problems.push({
        severity: "error",
        what:
          found.error === "ENOENT"
            ? `${file} not found in ${shownFolder(path, folders)}.`
            : `${file} cannot be read (${found.error}).`,
        now: whatStays(earlier, "lines"),
        fix: found.fix ?? "Check that the file exists and that the broker may read it.",
        where: { file },
      });
      return earlier;
    }
    if (path !== spec.confFile && looksLikeErlang(found.text)) {
      ruleFiles.push({ path, file });
      return { path, file, directives: [], includes: new Map(), emq: null };
    }
    if (looksLikeEmq(found.text)) return readEmq(path, found.text, depth);
    const { directives, problems } = parseConf(path, found.text);
    reading.problems.push(...problems);
    const includes = new Map<Directive, readonly ConfFile[]>();
    for (const directive of directives) {
      if (directive.name === "include_dir") includes.set(directive, await readIncludes(directive, path, depth));
    }
    return { path, file, directives, includes, emq: null };
  };

  const readEmq = async (path: string, text: string, depth: number): Promise<ConfFile | null> => {
    const file = basename(path);
    const { emqLanguage: language } = await import("../settings/emq/language.ts");
    const { directives, problems, fault } = language.parse(path, text);
    reading.problems.push(...problems);
    if (fault !== null) {
      const earlier = last === null ? null : findConf(last.conf, path);
      reading.problems.push({ severity: "error", ...fault, now: whatStays(earlier, "lines") });
      return earlier;
    }
    const named = directives.filter(({ name }) => language.namesFile(name));
    const texts = new Map(await readNamed(named, (shown) => reading.text(resolvePath(shown, folders, dirname(path)))));
    const includes = new Map<Directive, readonly ConfFile[]>();
    const directive = directives.find(({ name }) => name === ETC_DIR);
    if (directive !== undefined && depth < DEEPEST_INCLUDE) {
      const plugins = await listPlugins(directives, directive, dirname(path), reading);
      const earlier = last === null ? null : findIncludes(last.conf, path, directive.value);
      if (plugins.names !== null) {
        texts.set(directive, plugins.names.join("\n"));
        includes.set(directive, await readAll(plugins.folder, plugins.names, path, depth + 1));
      } else if (plugins.error !== "ENOENT" || earlier !== null) {
        // what the files of plugins said is still known, or it is there and cannot be known
        reading.problems.push({ ...pluginsUnread(directive, plugins.error), now: whatStays(earlier, "files") });
        if (earlier !== null) includes.set(directive, earlier);
        texts.set(directive, "");
      }
    }
    return { path, file, directives, includes, emq: { texts, language } };
  };

  const readIncludes = async (directive: Directive, from: string, depth: number): Promise<readonly ConfFile[]> => {
    if (depth >= DEEPEST_INCLUDE) {
      reading.problems.push(tooDeep(directive));
      return [];
    }
    const folder = resolvePath(directive.value, folders, dirname(from));
    const listed = await reading.confNames(folder);
    if (listed.names !== null) return readAll(folder, listed.names, from, depth + 1);
    const earlier = last === null ? null : findIncludes(last.conf, from, directive.value);
    reading.problems.push({
      severity: "error",
      what: `${placeOf(directive.origin)}: the folder "${directive.value}" of include_dir cannot be read (${listed.error}).`,
      now: whatStays(earlier, "files"),
      fix: "Create the folder or remove the line.",
      where: directive.origin,
    });
    return earlier ?? [];
  };

  const readAll = async (
    folder: string,
    names: readonly string[],
    from: string | null,
    depth: number,
  ): Promise<readonly ConfFile[]> => {
    const files: ConfFile[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const file = path === from ? null : await readFile(path, depth);
      if (file !== null) files.push(file);
    }
    return files;
  };

  const readFolder = async ({ customize, file }: Options): Promise<readonly ConfFile[]> => {
    const folder = join(folders.share, customize.folder);
    const listed = await reading.confNames(folder);
    if (listed.names !== null) return readAll(folder, listed.names, null, 0);
    const earlier = last !== null && last.conf.length > 0 ? last.conf : null;
    const problem = missingFolder(customize.folder, listed.error, file);
    // a folder that is there and cannot be read may hold rules
    const mayHoldRules = listed.error !== "ENOENT";
    const severity = mayHoldRules ? "error" : problem.severity;
    reading.problems.push(
      earlier === null && !mayHoldRules ? problem : { ...problem, severity, now: whatStays(earlier, "files") },
    );
    return earlier ?? [];
  };

  const readThem = async (): Promise<readonly ConfFile[]> => {
    if (spec.confFile !== null) {
      const main = await readFile(spec.confFile, 0);
      return main === null ? [] : [main];
    }
    return options?.customize.active === true ? readFolder(options) : [];
  };

  const files = await readThem();
  return { files, readAtMs: isKept && last !== null ? last.confReadAtMs : reading.startedAtMs, isComplete, ruleFiles };
}

function tooDeep(directive: Directive): Problem {
  return {
    severity: "warning",
    what: `${placeOf(directive.origin)}: "include_dir" in a file that was itself included is not followed.`,
    now: "The line is ignored.",
    fix: "Move the line to the file that is read first.",
    where: directive.origin,
  };
}

function missingFolder(folder: string, code: string, file: string): Problem {
  return {
    severity: "warning",
    what:
      code === "ENOENT"
        ? `customize.folder "${folder}" does not exist in /share.`
        : `customize.folder "${folder}" in /share cannot be read (${code}).`,
    now: "Going on without extra files.",
    fix:
      code === "ENOENT"
        ? `Create /share/${folder} or switch customize off.`
        : `Make /share/${folder} a folder that the broker may read, or switch customize off.`,
    where: { file },
  };
}

/** The files that say anything, those that were included too. */
export function pathsInForce(files: readonly ConfFile[]): readonly string[] {
  return files.flatMap(({ path, directives, includes }) => [
    ...(directives.length > 0 ? [path] : []),
    ...[...includes.values()].flatMap(pathsInForce),
  ]);
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

function findIncludes(files: readonly ConfFile[], from: string, value: string): readonly ConfFile[] | null {
  for (const [directive, included] of findConf(files, from)?.includes ?? []) {
    if (directive.value === value) return included;
  }
  return null;
}
