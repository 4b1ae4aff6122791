import { parseAclFile, missingUsers } from "../acl/formats/acl-file.ts";
import { compilePolicy } from "../acl/policy.ts";
import type { Backend, BackendContext } from "../auth/backend.ts";
import { createChain } from "../auth/chain.ts";
import { parsePasswordFile } from "../auth/password-file.ts";
import { placeOf } from "../core/problem.ts";
import type { AccessRule, Problem } from "../core/types.ts";
import type { FileReference, ListenerSettings, Settings, TlsSettings } from "../settings/types.ts";
import { loadBridges } from "./bridges.ts";
import { closedSentence, loadTls } from "./certificates.ts";
import { DYNSEC, dynsecLogin } from "./dynsec-login.ts";
import { dynsecLimits, dynsecPolicy } from "./dynsec-policy.ts";
import { clockTime } from "../core/clock-time.ts";
import type { ListenerPlan, Loaded, Snapshot, Sources } from "./types.ts";

export interface BuildDeps {
  /** Every kind of login source there is; settings name the stages in use. */
  readonly backends: readonly Backend[];
  readonly context: BackendContext;
  /** Names kept for the system, lower case; empty in a stand-alone broker. */
  readonly reservedUsers: readonly string[];
  /** Longest that one stage of the login chain may take. */
  readonly stageTimeoutMs: number;
}

/**
 * Builds one moment from what was read; no I/O. A file that cannot be used keeps what `previous` had of it, and at
 * the first start takes its closed form.
 */
export function build(sources: Sources, previous: Snapshot | null, deps: BuildDeps): Snapshot {
  const { settings } = sources;
  const acl = loadAcl(sources, previous, deps.reservedUsers);
  const passwordFile = loadPasswordFile(sources, previous, deps.reservedUsers);
  const listeners = loadListeners(sources, previous);
  const bridges = loadBridges(sources, previous);
  return {
    generation: (previous?.generation ?? 0) + 1,
    settings,
    listeners: listeners.plans,
    bridges: bridges.plans,
    logins: createChain({
      stages: settings.auth.map(({ type, settings: own, onBadPassword }) => ({
        authenticator:
          type === DYNSEC
            ? dynsecLogin(sources.dynsec, deps.context)
            : backendOf(type, deps.backends).create(
                type === "password-file" ? passwordStage(settings, passwordFile.loaded) : own,
                deps.context,
              ),
        onBadPassword,
      })),
      reservedUsers: deps.reservedUsers,
      timeoutMs: deps.stageTimeoutMs,
      digest: deps.context.digest,
      log: deps.context.log,
    }),
    policy: dynsecPolicy(sources.dynsec, {
      rest: compilePolicy({ rules: acl.loaded?.value ?? acl.closed, anonymous: settings.anonymous }),
      hasRules: settings.aclFile !== null,
    }),
    limitsOf: dynsecLimits(sources.dynsec),
    dynsec: sources.dynsec,
    acl: acl.loaded,
    passwordFile: passwordFile.loaded,
    problems: [
      ...sources.problems,
      ...acl.problems,
      ...passwordFile.problems,
      ...(sources.dynsec?.problems ?? []),
      ...listeners.problems,
      ...bridges.problems,
    ],
    builtAtMs: sources.readAtMs,
  };
}

function backendOf(type: string, backends: readonly Backend[]): Backend {
  const backend = backends.find((candidate) => candidate.type === type);
  if (backend === undefined) throw new Error(`no backend of type ${type}`);
  return backend;
}

interface LoadedAcl {
  readonly loaded: Loaded<readonly AccessRule[]> | null;
  /** The rules when nothing is loaded: none at all denies everyone, null is a broker without an ACL file. */
  readonly closed: readonly AccessRule[] | null;
  readonly problems: readonly Problem[];
}

function loadAcl(
  { settings, files, readAtMs, problems: reported }: Sources,
  previous: Snapshot | null,
  reserved: readonly string[],
): LoadedAcl {
  const reference = settings.aclFile;
  if (reference === null) return { loaded: null, closed: null, problems: [] };
  const earlier = previous?.acl ?? null;
  const kept = keptSentence(earlier, "rules", closedAcl(reserved));
  const found = files.get(reference.path);
  if (found === undefined || found.error !== null) {
    const problem = missingFile("ACL file", reference, found?.error ?? "ENOENT", kept);
    return { loaded: earlier, closed: [], problems: isReported(reference, reported) ? [] : [problem] };
  }
  const file = baseName(reference);
  const { rules, problems } = parseAclFile(found.text, file, kept);
  if (rules === null) return { loaded: earlier, closed: [], problems };
  return {
    loaded: { path: reference.path, value: rules, loadedAtMs: readAtMs },
    closed: null,
    problems: [...problems, ...missingUsers(rules, reserved, file)],
  };
}

function closedAcl(reserved: readonly string[]): string {
  return reserved.length === 0
    ? "Nobody may use any topic."
    : "No device except Home Assistant and apps may use any topic.";
}

function loadPasswordFile(
  { settings, files, readAtMs, problems: reported }: Sources,
  previous: Snapshot | null,
  reserved: readonly string[],
): { readonly loaded: Snapshot["passwordFile"]; readonly problems: readonly Problem[] } {
  const reference = settings.passwordFile;
  if (reference === null) return { loaded: null, problems: [] };
  const found = files.get(reference.path);
  if (found === undefined || found.error !== null) {
    const earlier = previous?.passwordFile ?? null;
    const kept = keptSentence(earlier, "users", "Its users cannot log in.");
    const problem = missingFile("Password file", reference, found?.error ?? "ENOENT", kept);
    return { loaded: earlier, problems: isReported(reference, reported) ? [] : [problem] };
  }
  const { entries, problems } = parsePasswordFile(found.text, baseName(reference), reserved);
  return { loaded: { path: reference.path, value: entries, loadedAtMs: readAtMs }, problems };
}

function passwordStage(settings: Settings, loaded: Snapshot["passwordFile"]): unknown {
  return { file: settings.passwordFile?.shown ?? "", entries: loaded?.value ?? [] };
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

function missingFile(kind: string, reference: FileReference, error: string, now: string): Problem {
  return {
    severity: "error",
    what:
      error === "ENOENT"
        ? `${kind} ${baseName(reference)} not found in ${reference.folder}.`
        : `${kind} ${baseName(reference)} in ${reference.folder} cannot be read (${error}).`,
    now,
    fix: `Create the file or remove the line in ${placeOf(reference.origin)}.`,
    where: reference.origin,
  };
}

function baseName({ shown }: FileReference): string {
  return shown.slice(shown.lastIndexOf("/") + 1);
}

interface LoadedListeners {
  readonly plans: readonly ListenerPlan[];
  readonly problems: readonly Problem[];
}

function loadListeners({ settings, files, readAtMs }: Sources, previous: Snapshot | null): LoadedListeners {
  const plans: ListenerPlan[] = [];
  const faults: Problem[] = [];
  const plain = settings.listeners.filter(({ tls }) => tls === null).map(({ name }) => name);
  const closed = (listener: ListenerSettings): string => closedSentence(sharing(listener, settings.listeners), plain);
  for (const listener of settings.listeners) {
    const own = previous?.listeners.find(({ settings: { name } }) => name === listener.name)?.tls ?? null;
    if (!isTls(listener)) {
      plans.push({ settings: listener, tls: null });
      continue;
    }
    const loaded = loadTls({ listener, files, previous: own, nowMs: readAtMs, closed: closed(listener) });
    faults.push(...loaded.problems);
    if (loaded.tls !== null) {
      const { requireCertificate } = listener.tls;
      plans.push({ settings: listener, tls: { ...loaded.tls, requireCertificate } });
    }
  }
  return { plans, problems: onlyOnce(faults) };
}

function isTls(listener: ListenerSettings): listener is ListenerSettings & { readonly tls: TlsSettings } {
  return listener.tls !== null;
}

/** The listeners that use the same files, so that a pair used by two ports is one problem. */
function sharing(listener: ListenerSettings, all: readonly ListenerSettings[]): readonly string[] {
  return all
    .filter(({ tls }) => tls !== null && tls.certfile.path === listener.tls?.certfile.path)
    .filter(({ tls }) => tls?.keyfile.path === listener.tls?.keyfile.path)
    .map(({ name }) => name);
}

function onlyOnce(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ what, now }) => {
    const key = `${what} ${now}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
