import { basename, dirname, join } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import { ConfigError } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { AUTH_FILE } from "../settings/auth-file.ts";
import { parseOptions, type Options } from "../settings/options.ts";
import { POLICY_TEST_ENDING } from "../settings/policy-tests.ts";
import { composeSettings } from "../settings/settings.ts";
import type { ConfFile, FileReference, Settings } from "../settings/types.ts";
import { createDynsecKeeper, type DynsecReader } from "./dynsec-keeper.ts";
import { readAuthFile } from "./auth-source.ts";
import { readConf } from "./conf-sources.ts";
import { readPanelBridges } from "./panel-bridges.ts";
import { readPolicyTests } from "./policy-tests.ts";
import { createReading, type Reading } from "./reading.ts";
import type { FileText, Sources, SourceSpec } from "./types.ts";

/**
 * Reads every file of the configuration. What cannot be read or parsed keeps the content of `last`, with a problem
 * that says so; where there is no `last` it takes its closed form. Nothing is written, unless `dynsecReader` does.
 * `instead` has texts that count in the place of what files say.
 * @throws ConfigError when the conf files of a stand-alone broker cannot be read at its first start.
 */
export async function readSources(
  spec: SourceSpec,
  last: Sources | null,
  dynsecReader: DynsecReader = createDynsecKeeper(null),
  instead?: ReadonlyMap<string, string>,
): Promise<Sources> {
  const reading = createReading(instead);
  const options = await readOptions(spec, last, reading);
  const conf = await readConf(spec, options.value, last, reading);
  if (!conf.isComplete && spec.environment.kind === "stand-alone") throw new ConfigError(reading.problems);
  const auth = await readAuthFile(spec, options.value, last, reading);
  const compose = (files: readonly ConfFile[]): ReturnType<typeof composeSettings> =>
    composeSettings({
      environment: spec.environment,
      options: conf.isComplete ? options.value : withoutFolder(options.value),
      conf: files,
      authFile: auth.value,
    });
  const written = compose(conf.files);
  // the other files say where this one is
  const panelBridges = await readPanelBridges(spec, written.settings.store, last, reading);
  const { settings, problems } =
    panelBridges === null || panelBridges.conf.directives.length === 0
      ? written
      : compose([...conf.files, panelBridges.conf]);
  reading.problems.push(...problems);
  const files = new Map<string, FileText>();
  const named = filesOf(settings);
  for (const path of named.texts) files.set(path, await reading.text(path));
  for (const path of named.others) files.set(path, await reading.anyText(path));
  for (const path of named.caFolders) files.set(path, await reading.certificates(path));
  reading.problems.push(...(await misnamedFiles(spec, folderOf(spec, options.value), reading)));
  reading.problems.push(
    ...conf.ruleFiles.filter(({ path }) => !named.texts.has(path)).map(({ file }) => notNamed(file)),
  );
  const dynsec = await dynsecReader.read(settings.dynamicSecurity, reading);
  const policyTests = await readPolicyTests(folderOf(spec, options.value), reading);
  return {
    readAtMs: reading.startedAtMs,
    options: options.value,
    optionsReadAtMs: options.readAtMs,
    conf: conf.files,
    confReadAtMs: conf.readAtMs,
    panelBridges,
    authFile: auth.value,
    authFileReadAtMs: auth.readAtMs,
    settings,
    problems: reading.problems,
    files,
    dynsec,
    policyTests,
    found: reading.found,
    watched: [...reading.watched],
    fingerprint: reading.fingerprint(),
  };
}

interface ReadOptions {
  readonly value: Options | null;
  readonly readAtMs: number;
}

async function readOptions(spec: SourceSpec, last: Sources | null, reading: Reading): Promise<ReadOptions> {
  const nowMs = reading.startedAtMs;
  if (spec.optionsFile === null) return { value: spec.options ?? null, readAtMs: nowMs };
  const file = basename(spec.optionsFile);
  const found = await reading.text(spec.optionsFile);
  const parsed =
    found.error === null
      ? parseOptions(found.text, file, spec.environment)
      : { options: null, problems: [unreadable(file, found.error, found.fix)] };
  if (parsed.options !== null) {
    reading.problems.push(...parsed.problems);
    return { value: parsed.options, readAtMs: nowMs };
  }
  const earlier = last?.options ?? null;
  const readAtMs = last?.optionsReadAtMs ?? nowMs;
  const now =
    earlier === null
      ? "Only Home Assistant and apps can connect."
      : `The options read at ${clockTime(readAtMs)} stay in use.`;
  reading.problems.push(...parsed.problems.map((problem) => ({ ...problem, now })));
  return { value: earlier, readAtMs };
}

function unreadable(
  file: string,
  code: string,
  fix = "Save the options once more on the app's Configuration page.",
): Problem {
  return {
    severity: "error",
    what: code === "ENOENT" ? `${file} not found.` : `${file} cannot be read (${code}).`,
    now: "",
    fix,
    where: { file },
  };
}

/** The folder that people put files into; null: none is in use. */
function folderOf({ confFile, environment }: SourceSpec, options: Options | null): string | null {
  if (confFile !== null) return dirname(confFile);
  return options?.customize.active === true ? join(environment.folders.share, options.customize.folder) : null;
}

/** Names what was probably meant to be read: a file without rules in force looks like one with. */
async function misnamedFiles(
  { environment }: SourceSpec,
  folder: string | null,
  reading: Reading,
): Promise<readonly Problem[]> {
  if (folder === null) return [];
  const names = (await reading.names(folder)).names ?? [];
  return names.flatMap((file) => {
    const name = nameMeant(file, environment.kind === "add-on");
    if (name === null || name === file || names.includes(name)) return [];
    return [
      {
        severity: "warning",
        what: `${file} is not read because of its name.`,
        now: "What it says is not in force.",
        fix: `Rename it to "${name}", or remove it.`,
        where: { file },
      },
    ];
  });
}

/** The name of a file as it would be read; null: it is none of ours. */
function nameMeant(file: string, readsAllConf: boolean): string | null {
  const lower = file.toLowerCase().replace(/\.txt$/, "");
  if (lower === AUTH_FILE || lower === "auth.yml") return AUTH_FILE;
  const stem = file.slice(0, lower.lastIndexOf("."));
  if (readsAllConf && lower.endsWith(".conf") && stem !== "") return `${stem}.conf`;
  const test = /^(?<name>.+)\.policy-test\.ya?ml$/.exec(lower)?.groups?.["name"];
  return test === undefined ? null : `${file.slice(0, test.length)}${POLICY_TEST_ENDING}`;
}

function notNamed(file: string): Problem {
  return {
    severity: "warning",
    what: `${file} holds rules of EMQ, and no acl_file line names it.`,
    now: "Its rules are not in use.",
    fix: `Write "acl_file ${file}" into another conf file beside it, or remove the file.`,
    where: { file },
  };
}

/** It cannot be told what the files would have said: nobody but the system users gets in. */
function withoutFolder(options: Options | null): Options | null {
  return options === null ? null : { ...options, customize: { ...options.customize, isUsable: false } };
}

interface NamedFiles {
  readonly texts: ReadonlySet<string>;
  readonly others: ReadonlySet<string>;
  readonly caFolders: ReadonlySet<string>;
}

function filesOf(settings: Settings): NamedFiles {
  const access = [settings, ...settings.listenerAccess.values()];
  return {
    texts: pathsOf([...access.map(({ aclFile }) => aclFile), settings.banFile, settings.http?.keys ?? null]),
    caFolders: pathsOf(settings.listeners.map(({ tls }) => tls?.capath ?? null)),
    others: pathsOf([
      ...access.map(({ passwordFile }) => passwordFile),
      ...settings.listeners.flatMap(({ tls }) =>
        tls === null ? [] : [tls.certfile, tls.keyfile, tls.cafile, tls.crlfile],
      ),
      ...(settings.http === null || settings.http.tls === null
        ? []
        : [settings.http.tls.certfile, settings.http.tls.keyfile]),
      ...settings.bridges.flatMap(({ tls }) => (tls === null ? [] : [tls.cafile, tls.certfile, tls.keyfile])),
    ]),
  };
}

function pathsOf(references: readonly (FileReference | null)[]): ReadonlySet<string> {
  return new Set(references.flatMap((reference) => (reference === null ? [] : [reference.path])));
}
