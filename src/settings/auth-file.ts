import { Ajv, type ErrorObject } from "ajv";
import { escapedKey } from "../core/json-pointer.ts";
import { placeOf } from "../core/problem.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { CacheTerms, StageCondition } from "../core/stage-terms.ts";
import { unknownKeyFault } from "../core/suggest.ts";
import type { Origin, Problem } from "../core/types.ts";
import { listed } from "../core/words.ts";
import { authSchema, STAGE_KEYS, type RawAuthFile, type RawStage } from "./auth-schema.ts";
import type { AclTerms, AuthFile, AuthStage } from "./types.ts";
import { parseYaml, type Reference, type YamlDocument } from "./yaml-document.ts";

/** The name of the file, in the share folder or beside the conf file. */
export const AUTH_FILE = "auth.yaml";

/** Values for its `!secret` lines stand here, beside it. */
export const SECRETS_FILE = "secrets.yaml";

/** Sources of rules that are no stage. */
export const RULE_SOURCES = ["login", "files", "dynamic-security"] as const;

/** Sources whose answers come from this machine's memory; they take their users from the options and files, or from auth.yaml. */
const LOCAL_TYPES = [
  "home-assistant",
  "logins",
  "password-file",
  "dynamic-security",
  "certificate",
  "users",
  "clientid",
  "anonymous",
];

/** Those that have no settings of their own, so that a key of one is a mistake. */
const KEYLESS_TYPES = ["home-assistant", "logins", "password-file", "dynamic-security", "anonymous"];

const SYSTEM_USERS = "system-users";

/** Finds the text of a secret or a file; null: there is none of that name. */
export type FindReference = (reference: Reference) => string | null;

/** Names the files that `!file` lines of a text want. */
export function filesWanted(text: string): readonly string[] {
  const references = parseYaml(text).document?.references.values() ?? [];
  return [...references].flatMap(({ kind, name }) => (kind === "file" ? [name] : []));
}

/** Whether a text has `!secret` lines. */
export function wantsSecrets(text: string): boolean {
  const references = parseYaml(text).document?.references.values() ?? [];
  return [...references].some(({ kind }) => kind === "secret");
}

/**
 * Reads auth.yaml; `now` says what happens when it cannot be used, which any fault in it means.
 *
 *     stages:
 *       - id: house
 *         type: mysql
 *         password: !secret database
 *       - type: anonymous
 *     acl:
 *       sources: [login, files, house]
 *       no_match: deny
 */
export function parseAuthFile(
  text: string,
  file: string,
  find: FindReference,
  now: string,
): { readonly value: AuthFile | null; readonly problems: readonly Problem[] } {
  const { document, fault } = parseYaml(text);
  const report = (severity: Problem["severity"], where: Origin, what: string, fix: string, then = now): Problem => {
    return { severity, what: `${placeOf(where)}: ${what}`, now: then, fix, where };
  };
  if (document === null) {
    return { value: null, problems: [report("error", { file, ...fault.place }, fault.what, fault.fix)] };
  }
  const placeIn = (path: string): Origin => ({ file, ...document.placeOf(path) });
  const problems: Problem[] = [];
  const fail = (path: string, { what, fix }: Fault): void =>
    void problems.push(report("error", placeIn(path), what, fix));
  const raw = resolved(document, document.value, "", find, fail);
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
  const isFile = ajv.compile<RawAuthFile>(authSchema);
  if (!isFile(raw)) {
    for (const error of isFile.errors ?? []) {
      // one of several forms did not fit; the line about all of them says so
      if (!/\/anyOf\/\d+\//.test(error.schemaPath)) fail(placeOfFault(error), faultOf(error, document.value));
    }
    return { value: null, problems };
  }
  for (const [index, stage] of raw.stages.entries()) {
    if (!KEYLESS_TYPES.includes(stage.type)) continue;
    for (const key of Object.keys(ownSettings(stage)))
      fail(`/stages/${index}/${escapedKey(key)}`, unknownKey(key, STAGE_KEYS));
  }
  const stages = raw.stages.flatMap((stage, index) =>
    stage.enabled === false ? [] : [stageOf(stage, (path) => placeIn(`/stages/${index}${path}`))],
  );
  for (const [index, { terms, type, placeOf }] of stages.entries()) {
    const where = placeOf("");
    const isTwice = stages.slice(0, index).some((other) => other.terms.id === terms.id);
    if (isTwice) problems.push(report("error", where, `there is another stage "${terms.id}".`, GIVE_ID));
    else if (RULE_SOURCES.some((name) => name === terms.id && name !== type)) {
      problems.push(report("error", where, `"${terms.id}" is the name of a source of rules.`, GIVE_ID));
    }
    if (type === SYSTEM_USERS || terms.id === SYSTEM_USERS) {
      const fix = "Remove the stage: Home Assistant and apps always come first.";
      problems.push(report("error", where, `"${SYSTEM_USERS}" is no stage that can be listed.`, fix));
    }
  }
  for (const [index, source] of (raw.acl?.sources ?? []).entries()) {
    const known = [...RULE_SOURCES, ...stages.map(({ terms: { id } }) => id)];
    if (!known.includes(source)) {
      fail(`/acl/sources/${index}`, {
        what: `"${source}" is no source of rules here.`,
        fix: `Use ${listed(known, "or")}.`,
      });
    }
  }
  const { sources = null, no_match: noMatch = null, deny_action: denyAction } = raw.acl ?? {};
  const acl: AclTerms = { sources, noMatch, ...(denyAction !== undefined && { denyAction }) };
  if (problems.length > 0) return { value: null, problems };
  const isOpen = acl.noMatch === "allow";
  return { value: { stages, acl }, problems: isOpen ? [openToAll(placeIn("/acl/no_match"))] : [] };
}

function openToAll(where: Origin): Problem {
  return {
    severity: "warning",
    what: `${placeOf(where)}: "no_match: allow" lets every client that may log in use every topic that no rule forbids.`,
    now: "It is obeyed.",
    fix: "Remove the line, and add a rule for each topic that is used.",
    where,
  };
}

const GIVE_ID = "Give it an id that no other has.";

interface Fault {
  readonly what: string;
  readonly fix: string;
}

/** Puts secrets and files in the place of what refers to them. */
function resolved(
  document: YamlDocument,
  value: unknown,
  path: string,
  find: FindReference,
  fail: (path: string, fault: Fault) => void,
): unknown {
  const reference = document.references.get(value);
  if (reference !== undefined) {
    const text = find(reference);
    if (text === null) fail(path, missing(reference));
    return text ?? "";
  }
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => resolved(document, entry, `${path}/${index}`, find, fail));
  }
  if (!isRawObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, resolved(document, entry, `${path}/${escapedKey(key)}`, find, fail)]),
  );
}

function missing({ kind, name }: Reference): Fault {
  return kind === "secret"
    ? {
        what: `there is no "${name}" in ${SECRETS_FILE}.`,
        fix: `Add "${name}: ..." to ${SECRETS_FILE}, beside ${AUTH_FILE}.`,
      }
    : { what: `the file "${name}" cannot be read.`, fix: `Create it beside ${AUTH_FILE}, or correct its name.` };
}

function stageOf(raw: RawStage, placeIn: (path: string) => Origin): AuthStage {
  const isLocal = LOCAL_TYPES.includes(raw.type);
  return {
    type: raw.type,
    settings: ownSettings(raw),
    onBadPassword: raw.on_bad_password ?? "deny",
    terms: {
      id: raw.id ?? raw.type,
      when: conditionOf(raw.when ?? {}),
      onError: raw.on_error ?? "deny",
      denyMeans: raw.deny_means ?? "deny",
      superuser: raw.superuser ?? "from_backend",
      timeoutMs: (raw.timeout ?? 5) * 1000,
      cache: isLocal ? null : cacheOf(raw.cache ?? {}),
    },
    placeOf: placeIn,
  };
}

/** What of a stage its backend reads. */
function ownSettings(stage: RawStage): RawObject {
  return Object.fromEntries(Object.entries(stage).filter(([key]) => !STAGE_KEYS.includes(key)));
}

function conditionOf({ listener, username, clientid, has_cert }: NonNullable<RawStage["when"]>): StageCondition {
  const list = (value: string | readonly string[] | undefined): readonly string[] | null =>
    value === undefined ? null : typeof value === "string" ? [value] : value;
  return {
    listeners: list(listener),
    usernames: list(username),
    clientIds: list(clientid),
    hasCertificate: has_cert ?? null,
  };
}

/** How long answers of a source count; what is not said is as usual. */
export function cacheOf(cache: NonNullable<RawStage["cache"]>): CacheTerms {
  if (cache === false) return { acceptedMs: 0, refusedMs: 0, staleMs: 0 };
  const { ttl = 60, negative_ttl = 5, stale_if_error = 600 } = cache;
  return { acceptedMs: ttl * 1000, refusedMs: negative_ttl * 1000, staleMs: stale_if_error * 1000 };
}

/** An unknown key is to blame itself. */
function placeOfFault({ keyword, instancePath, params }: ErrorObject): string {
  const key = keyword === "additionalProperties" ? `/${escapedKey(String(params["additionalProperty"]))}` : "";
  return `${instancePath}${key}`;
}

function unknownKey(key: string, known: readonly string[]): Fault {
  const { what, fix } = unknownKeyFault(key, known);
  return { what: `${what}.`, fix };
}

/** Says in plain words what ajv found in what is `written`, where secrets are references yet. */
function faultOf({ keyword, instancePath, params, parentSchema }: ErrorObject, written: unknown): Fault {
  const name = instancePath.slice(instancePath.lastIndexOf("/") + 1);
  const subject = /^\d*$/.test(name) ? "this" : name;
  const value = shown(valueAt(written, instancePath));
  if (keyword === "required") {
    const missing = String(params["missingProperty"]);
    return { what: `"${missing}" is missing.`, fix: `Add "${missing}: ...".` };
  }
  if (keyword === "additionalProperties") {
    const known = Object.keys(isRawObject(parentSchema?.["properties"]) ? parentSchema["properties"] : {});
    return unknownKey(String(params["additionalProperty"]), known);
  }
  const told = value === null ? subject : `${subject}: ${value}`;
  return { what: `${told} is not what it can be.`, fix: expectation(keyword, params) };
}

/** A single value; null: it may hold a password, as groups, references and a text "password:hunter2" do. */
function shown(value: unknown): string | null {
  if (typeof value === "object" && value !== null) return null;
  const text = JSON.stringify(value) ?? "";
  if (/[:=]/.test(text)) return null;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function expectation(keyword: string, params: RawObject): string {
  const { allowedValues, type, limit, comparison } = params;
  if (Array.isArray(allowedValues)) return `Use ${listed(allowedValues.map(String), "or")}.`;
  if (typeof type === "string") return `Write ${TYPES[type] ?? type}.`;
  if (typeof limit === "number" && keyword === "maximum") return `Write a number up to ${limit}.`;
  if (typeof limit === "number" && keyword === "minimum") return `Write a number from ${limit}.`;
  if (keyword === "pattern") return "Use letters, digits, - and _, at most 64.";
  if (comparison !== undefined || keyword.startsWith("min")) return "Write at least one.";
  return "See auth.yaml in the documentation for what can stand here.";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false, without quotes",
  array: "a list",
  object: "names and values, each on a line of its own",
};

function valueAt(raw: unknown, path: string): unknown {
  let value = raw;
  for (const key of path.split("/").slice(1)) {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = value[Number(name)];
    else value = isRawObject(value) ? value[name] : undefined;
  }
  return value;
}
