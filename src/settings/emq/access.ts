import { placeOf } from "../../core/problem.ts";
import { closest } from "../../core/suggest.ts";
import type { Origin, Problem } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import { cacheOf } from "../auth-file.ts";
import { listenerName, type AnonymousLine, type Draft, type EmqDraft } from "../directives/draft.ts";
import { replaceListener } from "../directives/listener.ts";
import type { AclTerms, AuthStage } from "../types.ts";
import { patternOf } from "./pattern.ts";
import { readLines, type Note, type Plugin, type PluginLines, type PluginStage } from "./plugin.ts";
import { plugins } from "./plugins.ts";

/** What lines of EMQ say about logins and rules, once all files are read. */
export interface EmqAccess {
  /** With what those lines say of anonymous clients and of listeners. */
  readonly draft: Draft;
  readonly stages: readonly AuthStage[];
  /** null: they say nothing about it. */
  readonly acl: AclTerms | null;
  readonly problems: readonly Problem[];
}

interface MadeStage extends Pick<PluginStage, "hasRules"> {
  readonly plugin: Plugin;
  readonly stage: AuthStage;
  readonly problems: readonly Problem[];
}

/** Makes stages of the lines of EMQ's plugins, and settles what they mean together with the other lines. */
export function emqAccess(draft: Draft): EmqAccess {
  const { emq } = draft;
  if (emq.file === null) return { draft, stages: [], acl: null, problems: [] };
  const made = plugins.flatMap((plugin) => makeStage(plugin, emq));
  const anonymous = anonymousOf(emq, made);
  const named = certificateListeners(draft, made.length > 0);
  const withRules = made.filter(({ hasRules }) => hasRules);
  return {
    draft: { ...named.draft, allowAnonymous: draft.allowAnonymous ?? anonymous.line },
    stages: made.map(({ stage }) => stage),
    acl: {
      // EMQ asks its plugins before the file
      sources:
        withRules.length === 0
          ? null
          : ["login", "dynamic-security", ...withRules.map(({ stage }) => stage.terms.id), "files"],
      noMatch: emq.noMatch?.value ?? null,
      ...(emq.denyAction !== undefined && { denyAction: emq.denyAction }),
    },
    problems: [
      ...made.flatMap(({ problems }) => problems),
      ...orderProblem(made),
      ...anonymous.problems,
      ...noMatchProblem(draft, withRules[0]?.stage.placeOf("") ?? draft.aclFile?.origin ?? null),
      ...named.problems,
    ],
  };
}

/** Says that lines of EMQ about logins do not count beside an auth.yaml. */
export function besideAuthFile({ emq }: Draft): readonly Problem[] {
  const origin = emq.auth[0]?.origin ?? emq.noMatch?.origin;
  if (origin === undefined) return [];
  return [
    {
      severity: "error",
      what: `${placeOf(origin)}: auth.yaml says who may log in and in which order rules count, so lines of EMQ about that have no say.`,
      now: "Only the stages of auth.yaml are asked.",
      fix: "Write what they say into auth.yaml, or remove one of the two files.",
      where: origin,
    },
  ];
}

function makeStage(plugin: Plugin, { auth }: EmqDraft): readonly MadeStage[] {
  const { prefix, type, isList } = plugin;
  const own = auth.filter(({ name }) => name.startsWith(`${prefix}.`));
  if (own.length === 0) return [];
  const lines = readLines(prefix, own);
  failUnknown(plugin, lines);
  const { settings, origins, timeoutMs, ...made } = plugin.make(lines);
  // the line that cannot be read may be the one with its rules
  const hasRules = made.hasRules || lines.faults.length > 0;
  const first = lines.originOf("");
  const stage: AuthStage = {
    type,
    settings,
    onBadPassword: "deny",
    terms: {
      id: type,
      when: { listeners: null, usernames: null, clientIds: null, hasCertificate: null },
      onError: "deny",
      denyMeans: "deny",
      superuser: "from_backend",
      timeoutMs,
      cache: isList ? null : cacheOf({}),
    },
    placeOf: (path) => origins[path.split("/")[1] ?? ""] ?? first,
    faults: lines.faults,
  };
  return [{ plugin, stage, hasRules, problems: lines.notes.map(warning) }];
}

/** To leave out a line of a plugin might leave out its rules. */
function failUnknown({ prefix, keys, isList }: Plugin, { all, fail }: PluginLines): void {
  // each entry of a list stands by itself
  if (isList) return;
  const patterns = keys.map(patternOf);
  for (const key of all.keys()) {
    if (patterns.some((pattern) => pattern.test(key))) continue;
    const meant = closest(key, keys);
    const fix = meant === null ? "Check the spelling, or remove the line." : `Did you mean "${prefix}.${meant}"?`;
    fail(key, `"${prefix}.${key}" is not a name of EMQ`, fix);
  }
}

/** The guide's own order needs no words: lists alone, which know who is theirs. */
function orderProblem(made: readonly MadeStage[]): readonly Problem[] {
  if (made.length < 2 || made.every(({ plugin }) => plugin.isList)) return [];
  const where = made[0]?.stage.placeOf("") ?? { file: "" };
  const order = listed(
    made.map(({ plugin: { prefix } }) => prefix),
    "and",
  );
  return [
    {
      severity: "warning",
      what: `${placeOf(where)}: EMQ asks the plugin first that was loaded last, which its files do not say.`,
      now: `They are asked in this order: ${order}.`,
      fix: "If the same user is known to two of them and the other is to decide, list them in auth.yaml instead.",
      where,
    },
  ];
}

function anonymousOf(
  { allowAnonymous: line, pluginsMissing }: EmqDraft,
  made: readonly MadeStage[],
): { readonly line: AnonymousLine | null; readonly problems: readonly Problem[] } {
  if (line === null || !line.allowed) return { line, problems: [] };
  if (made.length === 0) {
    if (pluginsMissing === null) return { line, problems: [] };
    // a plugin that is not there would have refused most of them
    const problem: Problem = {
      ...warning({
        where: line.origin,
        what: `"${line.emq}" beside "${pluginsMissing.name}": which plugins EMQ would ask is not known.`,
        now: "Clients without a user name stay shut out.",
        fix: `Remove "${pluginsMissing.name}" if there is no plugin for logins, or copy the files of those that are loaded.`,
      }),
      severity: "error",
    };
    return { line: { ...line, allowed: false }, problems: [problem] };
  }
  const asked = made.find(({ plugin }) => !plugin.isList)?.plugin.prefix ?? null;
  const { origin: where } = line;
  if (asked !== null) {
    const problem = warning({
      where,
      what: `"mqtt.allow_anonymous = true" beside "${asked}": EMQ refuses a client without a user name then.`,
      now: "Clients without a user name stay shut out.",
      fix: 'Write "mqtt.allow_anonymous = false", or list the stages in auth.yaml with "type: anonymous" as the last.',
    });
    return { line: { ...line, allowed: false }, problems: [problem] };
  }
  const problem = warning({
    where,
    what: '"mqtt.allow_anonymous = true": EMQ lets in every client whose user name is on no list, with any password.',
    now: "Only clients that send no user name are let in without a password.",
    fix: 'Write "mqtt.allow_anonymous = false" if that is not wanted either.',
  });
  return { line, problems: [problem] };
}

/** EMQ allows what no rule names unless it is told otherwise. */
function noMatchProblem({ emq: { noMatch } }: Draft, rules: Origin | null): readonly Problem[] {
  if (noMatch?.value === "deny") return [];
  if (noMatch !== null) {
    return [
      warning({
        where: noMatch.origin,
        what: '"mqtt.acl_nomatch = allow" lets every client that may log in use every topic that no rule forbids.',
        now: "It is obeyed, but not while rules cannot be read: then EMQ would allow everything, and this broker does not.",
        fix: 'Write "mqtt.acl_nomatch = deny", and add a rule for each topic that is used.',
      }),
    ];
  }
  if (rules === null) return [];
  return [
    warning({
      where: rules,
      what: 'there are rules, and no line "mqtt.acl_nomatch": EMQ allows then what no rule names.',
      now: "What no rule allows is denied.",
      fix: 'Write "mqtt.acl_nomatch = deny" to have it so, or "mqtt.acl_nomatch = allow" to have it as in EMQ.',
    }),
  ];
}

/** In EMQ a name in a certificate is not yet a login: the plugins ask for its password. */
function certificateListeners(
  draft: Draft,
  hasStages: boolean,
): { readonly draft: Draft; readonly problems: readonly Problem[] } {
  if (!hasStages) return { draft, problems: [] };
  return draft.emq.certificateNames.reduce<{ draft: Draft; problems: readonly Problem[] }>(
    (sofar, { listener, line: { name, value, origin: where } }) => {
      const found = sofar.draft.listeners[listener];
      if (found === undefined) return sofar;
      const problem: Problem = {
        severity: "error",
        what: `${placeOf(where)}: "${name} = ${value}" is a login by itself here, where EMQ asks its plugins for the password too.`,
        now: `Listener ${listenerName(found)} stays closed.`,
        fix: "Remove the line, or list users with their certificates in auth.yaml.",
        where,
      };
      return {
        draft: replaceListener(sofar.draft, listener, (shutting) => ({ ...shutting, isShut: true })),
        problems: [...sofar.problems, problem],
      };
    },
    { draft, problems: [] },
  );
}

function warning({ where, what, now, fix }: Note): Problem {
  return { severity: "warning", what: `${placeOf(where)}: ${what}`, now, fix, where };
}
