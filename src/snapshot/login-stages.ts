import type { Backend } from "../auth/backend.ts";
import type { Stage } from "../auth/chain.ts";
import { BackendError, messageOf, SettingsError } from "../core/errors.ts";
import { placeOf } from "../core/problem.ts";
import { otherName, unknownKeyFault } from "../core/suggest.ts";
import type { StageTerms } from "../core/stage-terms.ts";
import type { Authenticator, Origin, Problem } from "../core/types.ts";
import { STAGE_KEYS } from "../settings/auth-schema.ts";
import type { AccessSettings, StageSettings } from "../settings/types.ts";
import type { AccessDeps } from "./access.ts";
import { passwordStage } from "./access-files.ts";
import { DYNSEC, dynsecLogin } from "./dynsec-login.ts";
import type { AccessFiles, DynsecMoment } from "./types.ts";

interface StageInput {
  readonly settings: AccessSettings;
  readonly passwordFile: AccessFiles["passwordFile"];
  readonly dynsec: DynsecMoment | null;
  /** Whether rules come from sources in an order: then each login says which rules it brings along, be it none. */
  readonly hasSources: boolean;
}

interface LoginStages {
  readonly stages: readonly Stage[];
  /** Those of auth.yaml that outlive the moment. */
  readonly kept: readonly Authenticator[];
  /** Ids of those that cannot be used: nobody knows what rules they have. */
  readonly broken: readonly string[];
  readonly problems: readonly Problem[];
}

/** Makes the stages that the settings name. One that cannot be made keeps what it was, or decides nothing. */
export function loginStages(input: StageInput, deps: AccessDeps): LoginStages {
  const kept: Authenticator[] = [];
  const broken: string[] = [];
  const problems: Problem[] = [];
  const stages = input.settings.auth.map((stage): Stage => {
    const { written, onBadPassword } = stage;
    if (written === undefined) {
      const usual = usualStage(stage, input, deps);
      const authenticator = input.hasSources ? deps.keeper.wrap(usualTerms(usual, deps), usual) : usual;
      return { authenticator, onBadPassword, onError: "deny" };
    }
    const { terms } = written;
    const isLocal = terms.cache === null;
    const make = (): Authenticator => usualStage(stage, input, deps);
    try {
      const [fault] = written.faults ?? [];
      if (fault !== undefined) throw new SettingsError(fault.what, "");
      const key = isLocal ? "" : deps.context.digest(JSON.stringify([stage.type, stage.settings, terms]));
      const authenticator = isLocal ? deps.keeper.wrap(terms, make()) : deps.keeper.take(terms, key, make);
      if (!isLocal) kept.push(authenticator);
      return { authenticator, onBadPassword, onError: terms.onError };
    } catch (error) {
      const earlier = deps.keeper.latest(terms.id);
      problems.push(...unusable(stage, written, error, earlier !== null, deps.backends));
      if (earlier === null) broken.push(terms.id);
      else kept.push(earlier);
      return { authenticator: earlier ?? undecided(terms.id), onBadPassword, onError: terms.onError };
    }
  });
  return { stages, kept, broken, problems };
}

function usualTerms({ name: id }: Authenticator, { stageTimeoutMs: timeoutMs }: AccessDeps): StageTerms {
  return {
    id,
    when: { listeners: null, usernames: null, clientIds: null, hasCertificate: null },
    onError: "deny",
    denyMeans: "deny",
    superuser: "from_backend",
    timeoutMs,
    cache: null,
  };
}

function usualStage(
  { type, settings }: StageSettings,
  { settings: access, passwordFile, dynsec }: StageInput,
  { backends, context }: AccessDeps,
): Authenticator {
  if (type === DYNSEC) return dynsecLogin(dynsec, context);
  const backend = backends.find((candidate) => candidate.type === type);
  if (backend === undefined) throw new SettingsError(`no backend of type ${type}`, "/type");
  return backend.create(type === "password-file" ? passwordStage(access, passwordFile) : settings, context);
}

function unusable(
  { type }: StageSettings,
  { terms, placeOf: placeIn, faults = [] }: NonNullable<StageSettings["written"]>,
  error: unknown,
  isKept: boolean,
  backends: readonly Backend[],
): readonly Problem[] {
  const now = isKept
    ? "The stage stays as it was before."
    : "Clients that it should decide about are told to try again (server unavailable).";
  const cannot = (where: Origin, why: string): string =>
    `${placeOf(where)}: the stage "${terms.id}" cannot be used: ${why}.`;
  if (faults.length > 0) {
    return faults.map(({ where, what, fix }) => ({ severity: "error", what: cannot(where, what), now, fix, where }));
  }
  const where = placeIn(error instanceof SettingsError ? error.path : "");
  const types = [...backends.map((backend) => backend.type), DYNSEC].filter((name) => name !== "system-users");
  const isKnown = types.includes(type);
  const { what, fix } = faultOf(type, error);
  return [
    {
      severity: "error",
      what: isKnown ? cannot(where, what) : `${placeOf(where)}: "${type}" is no type of login source here.`,
      now,
      fix: isKnown ? fix : otherName(type, types),
      where,
    },
  ];
}

function faultOf(type: string, error: unknown): { readonly what: string; readonly fix: string } {
  if (error instanceof SettingsError && error.unknownKey !== null) {
    const { key, known } = error.unknownKey;
    // beside the keys of the source stand those of any stage
    const isOfStage = error.path.lastIndexOf("/") === 0;
    return unknownKeyFault(key, isOfStage ? [...known, ...STAGE_KEYS] : known);
  }
  return { what: messageOf(error), fix: `Correct it as the documentation of "${type}" says.` };
}

/** It cannot be told whom it would let in, and whom it would refuse. */
function undecided(name: string): Authenticator {
  return {
    name,
    authenticate() {
      throw new BackendError("its settings cannot be used");
    },
  };
}
