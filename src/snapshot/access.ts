import { compilePolicy } from "../acl/policy.ts";
import { createChain } from "../auth/chain.ts";
import { createListenerChains, namedByCertificate } from "../auth/listener-chains.ts";
import type { Backend, BackendContext } from "../auth/backend.ts";
import { withRights } from "../auth/rights.ts";
import type { StageKeeper } from "../auth/stage-keeper.ts";
import type { Authenticator, LoginChain, Policy, Problem } from "../core/types.ts";
import type { AccessSettings } from "../settings/types.ts";
import { loadAcl, loadPasswordFile, type LoadedAcl } from "./access-files.ts";
import { dynsecPolicy } from "./dynsec-policy.ts";
import { DYNSEC } from "./dynsec-login.ts";
import { loginRules } from "./login-rules.ts";
import { loginStages } from "./login-stages.ts";
import { ruleProblems } from "./rule-problems.ts";
import { sourcePolicy } from "./source-policy.ts";
import type { AccessFiles, Snapshot, Sources } from "./types.ts";

export interface AccessDeps {
  /** Every kind of login source there is; settings name the stages in use. */
  readonly backends: readonly Backend[];
  readonly context: BackendContext;
  /** Names kept for the system, lower case; empty in a stand-alone broker. */
  readonly reservedUsers: readonly string[];
  /** Longest that one stage of the login chain may take. */
  readonly stageTimeoutMs: number;
  /** Owns the stages that outlive a moment. */
  readonly keeper: StageKeeper;
}

interface BuiltAccess {
  readonly logins: LoginChain;
  readonly policy: Policy;
  readonly files: AccessFiles;
  readonly loginStages: Snapshot["loginStages"];
  readonly keptStages: readonly Authenticator[];
  readonly problems: readonly Problem[];
}

/** What decides who may come in and do what, for the whole broker and for the listeners that have their own. */
export function buildAccess(
  sources: Sources,
  previous: Snapshot | null,
  deps: AccessDeps,
): BuiltAccess & { readonly listenerFiles: Snapshot["listenerFiles"] } {
  const { settings } = sources;
  const general = buildOne(settings, previous, sources, deps);
  const own = new Map<string, BuiltAccess>();
  for (const [name, access] of settings.listenerAccess) {
    const built = buildOne(access, previous?.listenerFiles.get(name) ?? null, sources, deps);
    const { certificateName } = access;
    const logins = certificateName === null ? built.logins : namedByCertificate(built.logins, certificateName);
    own.set(name, { ...built, logins });
  }
  const ownBy = <T>(pick: (built: BuiltAccess) => T): Map<string, T> =>
    new Map([...own].map(([name, built]) => [name, pick(built)]));
  return {
    logins: createListenerChains(
      general.logins,
      ownBy(({ logins }) => logins),
    ),
    policy: listenerPolicies(
      general.policy,
      ownBy(({ policy }) => policy),
    ),
    files: general.files,
    loginStages: [general, ...own.values()].flatMap(({ loginStages: stages }) => stages),
    keptStages: [general, ...own.values()].flatMap(({ keptStages }) => keptStages),
    listenerFiles: ownBy(({ files }) => files),
    problems: [general, ...own.values()].flatMap(({ problems }) => problems),
  };
}

function buildOne(
  settings: AccessSettings,
  earlier: AccessFiles | null,
  sources: Sources,
  deps: AccessDeps,
): BuiltAccess {
  const { context, reservedUsers, stageTimeoutMs, keeper } = deps;
  const acl = loadAcl(settings.aclFile, earlier?.acl ?? null, sources, reservedUsers);
  const passwordFile = loadPasswordFile(settings.passwordFile, earlier?.passwordFile ?? null, sources, reservedUsers);
  const { sources: named, noMatch } = sources.settings.aclTerms;
  const { sysLocalOnly: isSysLocal } = sources.settings.limits;
  // without auth.yaml and its like dynamic security and the ACL file are all there is
  const rulesFromSources = noMatch !== null || settings.auth.some(({ written }) => written !== undefined);
  const login = loginStages(
    { settings, passwordFile: passwordFile.loaded, dynsec: sources.dynsec, hasSources: rulesFromSources },
    deps,
  );
  const withRules = login.kept.filter((stage) => stage.rights !== undefined || stage.answers !== undefined);
  // one that cannot be made might have had rules, and forbidden anything
  const names = named ?? ["login", DYNSEC, "files", ...withRules.map(({ name }) => name), ...login.broken];
  const rights = withRules.filter(({ name }) => names.includes(name));
  return {
    logins: withRights(
      createChain({
        stages: login.stages,
        reservedUsers,
        timeoutMs: stageTimeoutMs,
        digest: context.digest,
        log: context.log,
        ledger: keeper.ledger,
      }),
      rights,
    ),
    policy: rulesFromSources
      ? sourcePolicy({
          names,
          dynsec: sources.dynsec,
          acl,
          anonymous: settings.anonymous,
          rights,
          broken: login.broken,
          noMatch,
          isSysLocal,
        })
      : loginRules({
          rest: dynsecPolicy(sources.dynsec, {
            rest: policyOf(acl, settings, isSysLocal),
            hasRules: settings.aclFile !== null,
          }),
          hasRules: settings.aclFile !== null || sources.dynsec !== null,
        }),
    files: { acl: acl.loaded, passwordFile: passwordFile.loaded },
    loginStages: login.stages.map(({ authenticator }, place) => ({
      type: settings.auth[place]?.type ?? authenticator.name,
      authenticator,
    })),
    keptStages: login.kept,
    problems: [
      ...acl.problems,
      ...passwordFile.problems,
      ...login.problems,
      ...ruleProblems(settings.auth, login.kept, named),
    ],
  };
}

function policyOf({ loaded, closed }: LoadedAcl, { anonymous }: AccessSettings, isSysLocal: boolean): Policy {
  return compilePolicy(loaded === null ? { rules: closed, anonymous, isSysLocal } : { ...loaded.value, anonymous });
}

function listenerPolicies(general: Policy, own: ReadonlyMap<string, Policy>): Policy {
  if (own.size === 0) return general;
  return {
    asks: [general, ...own.values()].some(({ asks }) => asks === true),
    for: (identity) => (own.get(identity.listener ?? "") ?? general).for(identity),
  };
}
