import { parseAclFile, missingUsers } from "../acl/formats/acl-file.ts";
import { looksLikeErlang, parseErlangAcl } from "../acl/formats/erlang-acl.ts";
import type { AclRules } from "../acl/policy.ts";
import { parsePasswordFile } from "../auth/password-file.ts";
import { clockTime } from "../core/clock-time.ts";
import { placeOf } from "../core/problem.ts";
import type { AccessRule, Problem } from "../core/types.ts";
import type { AccessSettings, FileReference } from "../settings/types.ts";
import type { AccessFiles, Loaded, Sources, UnreadText } from "./types.ts";

export interface LoadedAcl {
  readonly loaded: Loaded<AclRules> | null;
  /** The rules when nothing is loaded: none at all denies everyone, null is a broker without an ACL file. */
  readonly closed: readonly AccessRule[] | null;
  readonly problems: readonly Problem[];
}

/** Reads the rules; a file that cannot be used leaves what `earlier` had of it. */
export function loadAcl(
  reference: FileReference | null,
  earlier: AccessFiles["acl"],
  { files, readAtMs, problems: reported }: Sources,
  reserved: readonly string[],
): LoadedAcl {
  if (reference === null) return { loaded: null, closed: null, problems: [] };
  const kept = keptSentence(earlier, "rules", closedAcl(reserved));
  const found = files.get(reference.path);
  if (found === undefined || found.error !== null) {
    const problem = missingFile("ACL file", reference, found, kept);
    return { loaded: earlier, closed: [], problems: isReported(reference, reported) ? [] : [problem] };
  }
  const file = baseName(reference);
  const isErlang = looksLikeErlang(found.text);
  const { rules, problems } = (isErlang ? parseErlangAcl : parseAclFile)(found.text, file, kept);
  if (rules === null) return { loaded: earlier, closed: [], problems };
  return {
    loaded: {
      path: reference.path,
      value: { order: isErlang ? "first-match" : "mosquitto", rules },
      loadedAtMs: readAtMs,
    },
    closed: null,
    // EMQ's rules are no Mosquitto's: nobody is told to write them so that Mosquitto can use them too
    problems: isErlang ? problems : [...problems, ...missingUsers(rules, reserved, file)],
  };
}

function closedAcl(reserved: readonly string[]): string {
  return reserved.length === 0
    ? "Nobody may use any topic."
    : "No device except Home Assistant and apps may use any topic.";
}

/** Reads the users, likewise. */
export function loadPasswordFile(
  reference: FileReference | null,
  earlier: AccessFiles["passwordFile"],
  { files, readAtMs, problems: reported }: Sources,
  reserved: readonly string[],
): { readonly loaded: AccessFiles["passwordFile"]; readonly problems: readonly Problem[] } {
  if (reference === null) return { loaded: null, problems: [] };
  const found = files.get(reference.path);
  if (found === undefined || found.error !== null) {
    const kept = keptSentence(earlier, "users", "Its users cannot log in.");
    const problem = missingFile("Password file", reference, found, kept);
    return { loaded: earlier, problems: isReported(reference, reported) ? [] : [problem] };
  }
  const { entries, problems } = parsePasswordFile(found.text, baseName(reference), reserved);
  return { loaded: { path: reference.path, value: entries, loadedAtMs: readAtMs }, problems };
}

/** The settings of the stage of a password file. */
export function passwordStage({ passwordFile }: AccessSettings, loaded: AccessFiles["passwordFile"]): unknown {
  return { file: passwordFile?.shown ?? "", entries: loaded?.value ?? [] };
}

function keptSentence(earlier: Loaded<unknown> | null, what: string, closed: string): string {
  return earlier === null ? closed : `The ${what} loaded at ${clockTime(earlier.loadedAtMs)} stay in use.`;
}

/** Whether the line that names a file has an error of its own: then the file is not what is wrong. */
function isReported({ origin }: FileReference, problems: readonly Problem[]): boolean {
  return problems.some(({ severity, where }) => {
    return (
      severity === "error" && where?.file === origin.file && where.line === origin.line && origin.line !== undefined
    );
  });
}

function missingFile(kind: string, reference: FileReference, found: UnreadText | undefined, now: string): Problem {
  const error = found?.error ?? "ENOENT";
  return {
    severity: "error",
    what:
      error === "ENOENT"
        ? `${kind} ${baseName(reference)} not found in ${reference.folder}.`
        : `${kind} ${baseName(reference)} in ${reference.folder} cannot be read (${error}).`,
    now,
    fix:
      found?.fix ?? nameFix(reference.shown) ?? `Create the file or remove the line in ${placeOf(reference.origin)}.`,
    where: reference.origin,
  };
}

/** A name that was probably not meant so; null: it looks like one. */
function nameFix(shown: string): string | null {
  if (/\s#/.test(shown)) return "Write a comment on a line of its own: behind a name it is part of it.";
  if (/^["']/.test(shown)) return "Write the name without quotes.";
  if (shown.includes("\\")) return 'Write "/" between folders: /share/mosquitto/acl';
  return null;
}

function baseName({ shown }: FileReference): string {
  return shown.slice(shown.lastIndexOf("/") + 1);
}
