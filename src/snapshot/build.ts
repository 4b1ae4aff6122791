import type { Problem } from "../core/types.ts";
import { takesCertificates } from "../settings/certificate-stages.ts";
import type { ListenerSettings, TlsSettings } from "../settings/types.ts";
import { buildAccess, type AccessDeps } from "./access.ts";
import { loadBans } from "./bans.ts";
import { loadBridges } from "./bridges.ts";
import { closedSentence, loadTls } from "./certificates.ts";
import { dynsecLimits } from "./dynsec-policy.ts";
import { testPolicy } from "./policy-tests.ts";
import { loadHttp } from "./http.ts";
import type { ListenerPlan, Snapshot, Sources } from "./types.ts";

/**
 * Builds one moment from what was read; no I/O. A file that cannot be used keeps what `previous` had of it, and at
 * the first start takes its closed form.
 */
export function build(sources: Sources, previous: Snapshot | null, deps: AccessDeps): Snapshot {
  const { settings } = sources;
  const access = buildAccess(sources, previous, deps);
  const tested = testPolicy(access.policy, sources, previous, deps.reservedUsers);
  const listeners = loadListeners(sources, previous);
  const http = loadHttp(sources, previous, deps.reservedUsers);
  const bridges = loadBridges(sources, previous);
  const bans = loadBans(sources, previous);
  return {
    generation: (previous?.generation ?? 0) + 1,
    settings,
    listeners: listeners.plans,
    http: http.plan,
    bridges: bridges.plans,
    logins: access.logins,
    loginStages: access.loginStages,
    keptStages: access.keptStages,
    policy: tested.policy,
    limitsOf: dynsecLimits(sources.dynsec),
    dynsec: sources.dynsec,
    bans: bans.bans,
    acl: access.files.acl,
    passwordFile: access.files.passwordFile,
    listenerFiles: access.listenerFiles,
    isRefused: tested.isRefused,
    problems: [
      ...sources.problems,
      ...onlyOnce(access.problems),
      ...tested.problems,
      ...(sources.dynsec?.problems ?? []),
      ...listeners.problems,
      ...http.problems,
      ...bridges.problems,
      ...bans.problems,
    ],
    builtAtMs: sources.readAtMs,
  };
}

interface LoadedListeners {
  readonly plans: readonly ListenerPlan[];
  readonly problems: readonly Problem[];
}

function loadListeners({ settings, files, readAtMs }: Sources, previous: Snapshot | null): LoadedListeners {
  const plans: ListenerPlan[] = [];
  const faults: Problem[] = [];
  const mayUseCertificates = settings.auth.some(takesCertificates);
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
      // without a CA of ours nobody vouches for clients
      const asksForCertificate = requireCertificate || (mayUseCertificates && loaded.tls.ca !== null);
      plans.push({ settings: listener, tls: { ...loaded.tls, requireCertificate, asksForCertificate } });
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
