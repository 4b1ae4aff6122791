import { basename, dirname, join } from "node:path";
import { clockTime } from "../core/clock-time.ts";
import { ConfigError } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { parseOptions, type Options } from "../settings/options.ts";
import { composeSettings } from "../settings/settings.ts";
import type { Settings } from "../settings/types.ts";
import { createDynsecKeeper, type DynsecReader } from "./dynsec-keeper.ts";
import { readAuthFile } from "./auth-source.ts";
import { readConf } from "./conf-sources.ts";
import { readPolicyTests } from "./policy-tests.ts";
import { createReading, type Reading } from "./reading.ts";
import type { FileText, Sources, SourceSpec } from "./types.ts";

/**
 * Reads every file of the configuration. What cannot be read or parsed keeps the content of `last`, with a problem
 * that says so; where there is no `last` it takes its closed form. Nothing is written, unless `dynsecReader` does.
 * @throws ConfigError when the conf files of a stand-alone broker cannot be read at its first start.
 */
export async function readSources(
  spec: SourceSpec,
  last: Sources | null,
  dynsecReader: DynsecReader = createDynsecKeeper(null),
): Promise<Sources> {
  const reading = createReading();
  const options = await readOptions(spec, last, reading);
  const conf = await readConf(spec, options.value, last, reading);
  if (!conf.isComplete && spec.environment.kind === "stand-alone") throw new ConfigError(reading.problems);
  const auth = await readAuthFile(spec, options.value, last, reading);
  const { settings, problems } = composeSettings({
    environment: spec.environment,
    options: conf.isComplete ? options.value : withoutFolder(options.value),
    conf: conf.files,
    authFile: auth.value,
  });
  reading.problems.push(...problems);
  const files = new Map<string, FileText>();
  const named = filesOf(settings);
  for (const path of named) files.set(path, await reading.text(path));
  reading.problems.push(...conf.ruleFiles.filter(({ path }) => !named.has(path)).map(({ file }) => notNamed(file)));
  const dynsec = await dynsecReader.read(settings.dynamicSecurity, reading);
  const policyTests = await readPolicyTests(folderOf(spec, options.value), reading);
  return {
    readAtMs: reading.startedAtMs,
    options: options.value,
    optionsReadAtMs: options.readAtMs,
    conf: conf.files,
    confReadAtMs: conf.readAtMs,
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
  if (spec.optionsFile === null) return { value: null, readAtMs: nowMs };
  const file = basename(spec.optionsFile);
  const found = await reading.text(spec.optionsFile);
  const parsed =
    found.error === null
      ? parseOptions(found.text, file, spec.environment)
      : { options: null, problems: [unreadable(file, found.error)] };
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

function unreadable(file: string, code: string): Problem {
  return {
    severity: "error",
    what: code === "ENOENT" ? `${file} not found.` : `${file} cannot be read (${code}).`,
    now: "",
    fix: "Save the options once more on the app's Configuration page.",
    where: { file },
  };
}

/** The folder that people put files into; null: none is in use. */
function folderOf({ confFile, environment }: SourceSpec, options: Options | null): string | null {
  if (confFile !== null) return dirname(confFile);
  return options?.customize.active === true ? join(environment.folders.share, options.customize.folder) : null;
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

function filesOf(settings: Settings): ReadonlySet<string> {
  const references = [
    ...[settings, ...settings.listenerAccess.values()].flatMap(({ aclFile, passwordFile }) => [aclFile, passwordFile]),
    ...settings.listeners.flatMap(({ tls }) =>
      tls === null ? [] : [tls.certfile, tls.keyfile, tls.cafile, tls.crlfile],
    ),
    settings.banFile,
    ...settings.bridges.flatMap(({ tls }) => (tls === null ? [] : [tls.cafile, tls.certfile, tls.keyfile])),
  ];
  return new Set(references.flatMap((reference) => (reference === null ? [] : [reference.path])));
}
