import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import type { AnonymousLine, Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import type { AnonymousSettings, Environment, Settings, StageSettings } from "./types.ts";

type Composed<T> = { readonly value: T; readonly problems: readonly Problem[] };

/** What the add-on gives clients without a user name. `allow_anonymous` of a conf file has the last word. */
export function addOnAnonymous(options: Options, draft: Draft): Composed<AnonymousSettings | null> {
  const line = draft.allowAnonymous;
  const origin: Origin = { file: options.file };
  if (line === null) {
    if (!options.anonymous) return { value: null, problems: [] };
    return { value: { rights: options.listsLogins ? "read" : "all", origin }, problems: [] };
  }
  if (!line.allowed) {
    const problem: Problem = {
      severity: "warning",
      what: `${placeOf(line.origin)}: allow_anonymous keeps clients without a user name out, and the option "anonymous" lets them in.`,
      now: "They stay shut out.",
      fix: "Remove the line, or switch the option off.",
      where: line.origin,
    };
    return { value: null, problems: options.anonymous ? [problem] : [] };
  }
  const shown = `"${line.emq ?? "allow_anonymous true"}"`;
  const veto = vetoed(draft, line, shown);
  if (veto.length > 0) return { value: null, problems: veto };
  // The add-on that users come from never obeyed this line, so many have it in a file without knowing what it does.
  const problem: Problem = {
    severity: "warning",
    what: `${placeOf(line.origin)}: ${shown} lets clients without a user name use every topic that no ACL file forbids.`,
    now: line.emq === undefined ? "They are let in; the official Mosquitto app ignores this line." : "They are let in.",
    fix: "Remove the line if that is not wanted.",
    where: line.origin,
  };
  return { value: { rights: "all", origin: line.origin }, problems: [problem] };
}

/** As mosquitto 2 has it: allowed when a line says so, or when nothing was configured to be reached from outside. */
export function standAloneAnonymous(
  draft: Draft,
  isLocalOnly: boolean,
  file: string,
): Composed<AnonymousSettings | null> {
  const line = draft.allowAnonymous ?? { allowed: isLocalOnly, origin: { file } };
  const subject =
    draft.allowAnonymous === null ? "anonymous access" : `"${draft.allowAnonymous.emq ?? "allow_anonymous true"}"`;
  const veto = line.allowed ? vetoed(draft, draft.allowAnonymous, subject) : [];
  if (!line.allowed || veto.length > 0) return { value: null, problems: veto };
  return { value: { rights: "all", origin: line.origin }, problems: [] };
}

/** What `listener_allow_anonymous true` comes to. */
export function listenerAnonymous(draft: Draft, line: AnonymousLine): Composed<AnonymousSettings | null> {
  const problems = vetoed(draft, line, '"listener_allow_anonymous true"');
  return { value: problems.length > 0 ? null : { rights: "all", origin: line.origin }, problems };
}

/** The stages of the add-on's login chain, `emq` those of lines of EMQ; without options nobody but the system users gets in. */
export function addOnStages(
  environment: Environment,
  options: Options | null,
  { passwordFile, dynamicSecurity, anonymous }: LoginSources,
  emq: readonly StageSettings[],
): readonly StageSettings[] {
  if (options === null) return [SYSTEM_USERS];
  const sources: readonly Omit<StageSettings, "onBadPassword">[] = [
    ...(dynamicSecurity === null ? [] : [DYNAMIC_SECURITY]),
    { type: "logins", settings: { logins: options.logins } },
    ...(passwordFile === null ? [] : [{ type: "password-file", settings: null }]),
    ...emq,
    ...(environment.hasHomeAssistant ? [{ type: "home-assistant", settings: null }] : []),
  ];
  return [
    SYSTEM_USERS,
    // In the official add-on any source may accept: a wrong password for one is asked of the next.
    ...sources.map(
      (source, index) => ({ ...source, onBadPassword: index < sources.length - 1 ? "next" : "deny" }) as const,
    ),
    ...anonymousStage(anonymous, false),
  ];
}

/** The stages of a broker outside Home Assistant; `emq` are those of lines of EMQ. */
export function standAloneStages(
  { passwordFile, dynamicSecurity, anonymous }: LoginSources,
  emq: readonly StageSettings[],
): readonly StageSettings[] {
  const file: StageSettings = { type: "password-file", settings: null, onBadPassword: "deny" };
  const sources: readonly StageSettings[] = [
    ...(dynamicSecurity === null ? [] : [{ ...DYNAMIC_SECURITY, onBadPassword: "deny" } as const]),
    ...(passwordFile === null ? [] : [file]),
    ...emq,
  ];
  // Mosquitto that has nobody to ask lets in whoever calls himself anything.
  return [...sources, ...anonymousStage(anonymous, sources.length === 0)];
}

/** What the usual stages depend on. */
export type LoginSources = Pick<Settings, "passwordFile" | "dynamicSecurity" | "anonymous">;

/** Home Assistant and apps: always the first, and the only ones to decide about their names. */
export const SYSTEM_USERS: StageSettings = { type: "system-users", settings: null, onBadPassword: "deny" };

/** Asked before the other files, as plugins are: it knows best who must not come in. */
const DYNAMIC_SECURITY = { type: "dynamic-security", settings: null };

function anonymousStage(anonymous: AnonymousSettings | null, acceptsUserNames: boolean): readonly StageSettings[] {
  return anonymous === null ? [] : [{ type: "anonymous", settings: { acceptsUserNames }, onBadPassword: "deny" }];
}

function vetoed({ anonymousVeto: veto }: Draft, line: AnonymousLine | null, subject: string): readonly Problem[] {
  if (veto === null) return [];
  const origin = line?.origin ?? veto.origin;
  return [
    {
      severity: "error",
      what: `${placeOf(origin)}: ${subject} would let in more than was meant, because "${veto.line}" (${placeOf(veto.origin)}) is not carried out.`,
      now: "Clients without a user name stay shut out.",
      fix: "Remove one of the two.",
      where: origin,
    },
  ];
}
