import { isRawObject, type RawObject } from "./core/raw-object.ts";
import { optionsSchema } from "./settings/schema.ts";

/** Options as they become, and what is changed of them, as they are written; never a password. */
export interface MergedOptions {
  readonly options: RawObject;
  readonly changes: readonly string[];
}

/** What an import wants of the options. */
export interface OptionWish {
  /** Options of another broker, its logins with hashes; null: none were sent. */
  readonly sent: RawObject | null;
  /** Whether files lie in the folder of `customize`. */
  readonly needsFolder: boolean;
  readonly needsDynsec: boolean;
}

/** Where files of the other broker are is not where they are here, and who imports uses the panel. */
const STAYING: ReadonlySet<string> = new Set(["logins", "customize", "panel", "metrics"]);

/** Adds to options what is not set here: an option that was changed stays, and so does a login of the same name. */
export function mergeOptions(own: RawObject, { sent, needsFolder, needsDynsec }: OptionWish): MergedOptions {
  const next: Record<string, unknown> = { ...own };
  const changes: string[] = [];
  for (const [name, { default: usual }] of Object.entries(optionsSchema.properties)) {
    const value = sent?.[name];
    if (STAYING.has(name) || value === undefined || value === null || !isLike(value, usual)) continue;
    if (isSame(value, own[name] ?? usual) || !isSame(own[name] ?? usual, usual)) continue;
    next[name] = value;
    changes.push(typeof value === "object" ? name : `${name}: ${JSON.stringify(value)}`);
  }
  const known = new Set(loginsIn(own).map(({ username }) => username));
  const logins = loginsIn(sent).filter(({ username }) => !known.has(username));
  if (logins.length > 0) next["logins"] = [...(Array.isArray(own["logins"]) ? own["logins"] : []), ...logins];
  changes.push(...logins.map(({ username }) => `logins: ${String(username)}`));
  const { customize } = own;
  if (needsFolder && !(isRawObject(customize) && customize["active"] === true)) {
    next["customize"] = {
      ...optionsSchema.properties.customize.default,
      ...(isRawObject(customize) ? customize : {}),
      active: true,
    };
    changes.push("customize.active: true");
  }
  if (needsDynsec && own["dynamic_security"] !== true) {
    next["dynamic_security"] = true;
    changes.push("dynamic_security: true");
  }
  return { options: next, changes: [...new Set(changes)] };
}

/** The logins of options; what is none is nobody's. */
export function loginsIn(options: RawObject | null): readonly RawObject[] {
  const logins = options?.["logins"];
  return Array.isArray(logins)
    ? logins.filter((login) => isRawObject(login) && typeof login["username"] === "string")
    : [];
}

/** A value of another kind would close what it is about. */
function isLike(value: unknown, usual: unknown): boolean {
  return typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
