import type { ImportedFile } from "./core/api/moving.ts";
import { isRawObject, type RawObject } from "./core/raw-object.ts";
import { linesOf, utf8Text } from "./core/text.ts";
import { fileIn, type SentFile } from "./http/panel/import.ts";
import { AUTH_FILE } from "./settings/auth-file.ts";
import { parseConf } from "./settings/conf-file.ts";
import { looksLikeEmq } from "./settings/emq/telltale.ts";
import { POLICY_TEST_ENDING } from "./settings/policy-tests.ts";

/** A text as it will lie in the folder of conf files. */
export interface MaterialFile {
  readonly name: string;
  readonly text: string;
  /** What was changed in it: a sentence. */
  readonly note?: string;
}

/** What was sent, by what it is for. */
export interface Material {
  /** Conf files, which name the others, come last. */
  readonly files: readonly MaterialFile[];
  /** Among `files`, and no conf file names it: the option must. */
  readonly needsDynsecOption: boolean;
  readonly options: RawObject | null;
  readonly database: SentFile | null;
  readonly left: readonly ImportedFile[];
}

/** The name that the option of dynamic security means. */
export const DYNSEC_FILE = "dynamic-security.json";
/** The options, as Home Assistant hands them to an app. */
export const OPTIONS_FILE = "options.json";

/**
 * Tells what each file is for, and writes conf files so that they find the others beside them: the paths are those of
 * another machine. `folder` is where they will be, as the user knows it. @throws ApiError for a name that is a path.
 */
export function sortMaterial(sent: readonly SentFile[], folder: string): Material {
  const all = sent.flatMap(unpacked);
  const texts: MaterialFile[] = [];
  const left: ImportedFile[] = [];
  let options: RawObject | null = null;
  let database: SentFile | null = null;
  const leave = (name: string, note: string): void => void left.push({ name, state: "left", note });
  const seen = new Set<string>();
  for (const file of all) {
    const { name } = file;
    const text = utf8Text(file.bytes);
    if (seen.has(name)) leave(name, "Another file has this name.");
    else if (text === null || text.includes("\0")) {
      if (name.endsWith(".db") && database === null) database = file;
      else leave(name, "It is no text in UTF-8. Unpack an archive first, and save texts as UTF-8.");
    } else if (text.includes("-----BEGIN ")) leave(name, "Certificates and keys belong into the folder /ssl.");
    else if (name === OPTIONS_FILE) {
      options = jsonIn(text);
      if (options === null) leave(name, "It holds no JSON object.");
    } else texts.push({ name, text });
    seen.add(name);
  }
  const conf = texts.filter(({ name }) => name.endsWith(".conf"));
  const named = new Set(conf.flatMap(({ text }) => lastNamesIn(text)));
  const dynsec = texts.find((file) => isDynsec(file) && !named.has(file.name));
  const others = texts.flatMap((file) => {
    const { name, text } = file;
    if (conf.includes(file)) return [];
    if (file === dynsec) return [{ name: DYNSEC_FILE, text }];
    if (named.has(name) || name === AUTH_FILE || name.endsWith(POLICY_TEST_ENDING)) return [file];
    leave(name, "No line of a conf file that was sent with it names it.");
    return [];
  });
  const beside = new Set(others.map(({ name }) => name));
  return {
    files: [...others, ...conf.map((file) => rewritten(file, beside, folder))],
    needsDynsecOption: dynsec !== undefined,
    options,
    database,
    left,
  };
}

/** The files of an export, or the file itself. */
function unpacked(file: SentFile): readonly SentFile[] {
  const text = file.name.endsWith(".json") ? utf8Text(file.bytes) : null;
  const object = text === null ? null : jsonIn(text);
  const files = object?.["culex"] === 1 ? object["files"] : null;
  return Array.isArray(files) ? files.map(fileIn) : [file];
}

function jsonIn(text: string): RawObject | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isRawObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isDynsec({ name, text }: MaterialFile): boolean {
  if (name === DYNSEC_FILE) return true;
  if (!name.endsWith(".json")) return false;
  const object = jsonIn(text);
  return Array.isArray(object?.["clients"]) || Array.isArray(object?.["roles"]);
}

/** The names at the ends of lines: of files, where a line names one. */
function lastNamesIn(text: string): readonly string[] {
  return linesOf(text).flatMap((line) => {
    if (line.trimStart().startsWith("#")) return [];
    return line.split(/[\s="'/]+/).findLast((part) => part !== "") ?? [];
  });
}

function rewritten({ name, text }: MaterialFile, beside: ReadonlySet<string>, folder: string): MaterialFile {
  if (looksLikeEmq(text)) return { name, text };
  const lines = [...linesOf(text)];
  const changed: number[] = [];
  for (const directive of parseConf(name, text).directives) {
    const line = directive.origin.line ?? 0;
    const next = lineFor(directive, beside, folder);
    if (next === null) continue;
    lines[line - 1] = next;
    changed.push(line);
  }
  if (changed.length === 0) return { name, text };
  const which = changed.length === 1 ? `Line ${changed.join("")} is` : `Lines ${changed.join(", ")} are`;
  return {
    name,
    text: lines.join("\n"),
    note: `${which} changed: the files are in ${folder} here, and all that end in .conf are read.`,
  };
}

/** What stands in the place of a line; null: it stays. */
function lineFor(
  { name, value }: { name: string; value: string },
  beside: ReadonlySet<string>,
  folder: string,
): string | null {
  if (name === "include_dir") return `# ${name} ${value}`;
  const file = value.slice(value.lastIndexOf("/") + 1);
  const moved = `${folder}/${file}`;
  return value.includes("/") && beside.has(file) && value !== moved ? `${name} ${moved}` : null;
}
