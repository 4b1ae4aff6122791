import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import { addOnDynamicSecurity, confDynamicSecurity } from "./dynamic-security.ts";
import { listenerAccess } from "./listener-access.ts";
import {
  addOnAnonymous,
  addOnStages,
  listenerAnonymous,
  standAloneAnonymous,
  standAloneStages,
  SYSTEM_USERS,
  type LoginSources,
} from "./login-chain.ts";
import { applyConf } from "./conf-lines.ts";
import { httpSettings } from "./http.ts";
import { panelSettings } from "./panel.ts";
import { metricsSettings } from "./metrics.ts";
import { sensorSettings } from "./sensors.ts";
import { finishBridges } from "./bridges.ts";
import { addOnBanFile, standAloneBanFile } from "./ban-settings.ts";
import { emptyDraft, type Draft } from "./directives/draft.ts";
import type { EmqAccess } from "./emq/access.ts";
import type { EmqLanguage } from "./emq/language.ts";
import { LARGEST_PACKET, limitsFrom, type LimitValues, mergeLimits, NO_LIMITS_SAID } from "./limits.ts";
import { finishListeners, localListeners, ownListeners } from "./listeners.ts";
import { logSettings } from "./log.ts";
import { addOnStore, standAloneStore } from "./store.ts";
import type { Options } from "./options.ts";
import type {
  AclTerms,
  AuthFile,
  ConfFile,
  Environment,
  Limits,
  ListenerSettings,
  Settings,
  StageSettings,
} from "./types.ts";
import { writtenAnonymous, writtenStages } from "./written-stages.ts";

/** What the settings are made of; all of it has been read and parsed. */
interface SettingsInput {
  readonly environment: Environment;
  /** null: stand-alone, or options that cannot be read, which is closed for everybody but the system users. */
  readonly options: Options | null;
  readonly conf: readonly ConfFile[];
  /** Missing or null: there is no auth.yaml. */
  readonly authFile?: AuthFile | null;
}

interface Composed {
  readonly settings: Settings;
  readonly problems: Problem[];
}

/** Makes one whole of the environment, the options and the conf files. */
export function composeSettings({ environment, options, conf, authFile = null }: SettingsInput): Composed {
  if (environment.kind === "stand-alone") return standAlone(environment, conf, authFile);
  return options?.customize.isUsable === true
    ? addOn(environment, options, conf, authFile)
    : closedAddOn(environment, options);
}

function addOn(
  environment: Environment,
  options: Options,
  conf: readonly ConfFile[],
  authFile: AuthFile | null,
): Composed {
  const start = emptyDraft(ownListeners(environment, options));
  const { draft, problems, emq } = readConf(start, conf, environment.folders, authFile);
  const { listeners, problems: listenerProblems } = finishListeners(draft);
  const { passwordFile } = draft;
  const dynamicSecurity = addOnDynamicSecurity(environment.folders, options, draft);
  const asUsual = addOnAnonymous(options, draft);
  const stages = (parts: LoginSources): readonly StageSettings[] =>
    authFile === null
      ? addOnStages(environment, options, parts, writtenStages(emq, options.logins))
      : [SYSTEM_USERS, ...writtenStages(authFile, options.logins)];
  const anonymous = writtenAnonymous(authFile, asUsual.value);
  const auth = stages({ passwordFile, dynamicSecurity, anonymous });
  const own = listenerAccess({
    draft,
    drafts: draft.listeners,
    open: listeners,
    anonymous: (allowAnonymous) => addOnAnonymous(options, { ...draft, allowAnonymous }),
    allowed: (line) => listenerAnonymous(draft, line),
    stages: (parts) => stages({ ...parts, dynamicSecurity }),
  });
  const { value: store, problems: storeProblems } = addOnStore(environment.folders, options, draft);
  const log = logSettings(environment.kind, options, draft);
  const { bridges, problems: bridgeProblems } = finishBridges(draft);
  const { value: http, problems: httpProblems } = httpSettings(environment, options, draft);
  return {
    settings: {
      listeners,
      listenerAccess: own.value,
      auth,
      ...saidIn(draft),
      dynamicSecurity,
      anonymous,
      aclTerms: authFile?.acl ?? emq.acl ?? USUAL_RULES,
      limits: limitsOf(options?.limits ?? NO_LIMITS_SAID, draft),
      http,
      panel: panelSettings(environment, options, draft, store),
      metrics: metricsSettings(environment, options, draft),
      sensors: sensorSettings(options, draft),
      bridges,
      banFile: addOnBanFile(environment.folders, options, draft),
      store,
      log,
    },
    problems: [
      ...problems,
      ...listenerProblems,
      ...asUsual.problems,
      ...own.problems,
      ...storeProblems,
      ...bridgeProblems,
      ...httpProblems,
    ],
  };
}

/** Settings that are as lines of conf files say. */
function saidIn(
  draft: Draft,
): Pick<Settings, "passwordFile" | "aclFile" | "controlApi" | "checksRetainSource" | "sysIntervalS"> {
  const { passwordFile, aclFile, controlApi, checksRetainSource, sysIntervalS } = draft;
  return { passwordFile, aclFile, controlApi, checksRetainSource, sysIntervalS };
}

/** Carries out the lines of conf files; with an auth.yaml those of EMQ about logins have no say. */
function readConf(
  start: Draft,
  conf: readonly ConfFile[],
  folders: Environment["folders"],
  authFile: AuthFile | null,
): Pick<Composed, "problems"> & { readonly draft: Draft; readonly emq: Pick<EmqAccess, "stages" | "acl"> } {
  const { draft, problems } = applyConf(start, conf, folders);
  const language = languageOf(conf);
  const none = { stages: [], acl: null };
  if (language === null) return { draft, problems, emq: none };
  const emq = language.access(draft);
  if (authFile === null) return { draft: emq.draft, problems: [...problems, ...emq.problems], emq };
  return { draft: emq.draft, problems: [...problems, ...language.besideAuthFile(draft)], emq: none };
}

/** null: no file is one of EMQ. */
function languageOf(conf: readonly ConfFile[]): EmqLanguage | null {
  for (const { emq, includes } of conf) {
    const language = emq?.language ?? languageOf([...includes.values()].flat());
    if (language !== null) return language;
  }
  return null;
}

/** What stays when it is unknown what the user wants: the ports, and Home Assistant and its apps on them. */
function closedAddOn(environment: Environment, options: Options | null): Composed {
  const draft = emptyDraft(ownListeners(environment, options));
  const { listeners, problems } = finishListeners(draft);
  const none = { passwordFile: null, dynamicSecurity: null, controlApi: false, aclFile: null, anonymous: null };
  const auth = addOnStages(environment, null, none, []);
  const { value: store } = addOnStore(environment.folders, options, draft);
  const log = logSettings(environment.kind, options, draft);
  return {
    settings: {
      listeners,
      listenerAccess: new Map(),
      auth,
      ...saidIn(draft),
      ...none,
      aclTerms: USUAL_RULES,
      limits: limitsOf(options?.limits ?? NO_LIMITS_SAID, draft),
      http: null,
      panel: panelSettings(environment, options, draft, store),
      metrics: metricsSettings(environment, options, draft),
      sensors: options === null ? "unread" : sensorSettings(options, draft),
      bridges: [],
      banFile: addOnBanFile(environment.folders, options, draft),
      store,
      log,
    },
    problems,
  };
}

function standAlone(environment: Environment, conf: readonly ConfFile[], authFile: AuthFile | null): Composed {
  const { kind, folders, ports } = environment;
  const { draft, problems, emq } = readConf(emptyDraft([]), conf, folders, authFile);
  const origin: Origin = { file: conf[0]?.file ?? "no configuration" };
  const isLocalOnly = !draft.namesListener;
  const wanted = isLocalOnly
    ? localListeners(ports.mqtt, origin)
    : // A port of the command line is that of the default listener.
      draft.listeners.map((listener) =>
        listener.isDefault ? { ...listener, port: ports.mqtt ?? listener.port } : listener,
      );
  const { listeners, problems: listenerProblems } = finishListeners({ ...draft, listeners: wanted });
  const { passwordFile } = draft;
  const dynamicSecurity = confDynamicSecurity(draft);
  // EMQ that is told nothing about anonymous clients lets none in
  const isOpen = isLocalOnly && draft.emq.file === null;
  const asUsual = standAloneAnonymous(draft, isOpen, origin.file);
  const stages = (parts: LoginSources): readonly StageSettings[] =>
    authFile === null ? standAloneStages(parts, writtenStages(emq, [])) : writtenStages(authFile, []);
  const anonymous = writtenAnonymous(authFile, asUsual.value);
  const auth = stages({ passwordFile, dynamicSecurity, anonymous });
  const own = listenerAccess({
    draft,
    drafts: wanted,
    open: listeners,
    anonymous: (allowAnonymous) => standAloneAnonymous({ ...draft, allowAnonymous }, isOpen, origin.file),
    allowed: (line) => listenerAnonymous(draft, line),
    stages: (parts) => stages({ ...parts, dynamicSecurity }),
  });
  const log = logSettings(kind, null, draft);
  const store = standAloneStore(draft);
  const { bridges, problems: bridgeProblems } = finishBridges(draft);
  const { value: http, problems: httpProblems } = httpSettings(environment, null, draft);
  return {
    settings: {
      listeners,
      listenerAccess: own.value,
      auth,
      ...saidIn(draft),
      dynamicSecurity,
      anonymous,
      aclTerms: authFile?.acl ?? emq.acl ?? USUAL_RULES,
      limits: limitsOf(STAND_ALONE_LIMITS, draft),
      http,
      panel: panelSettings(environment, null, draft, store),
      metrics: metricsSettings(environment, null, draft),
      sensors: sensorSettings(null, draft),
      bridges,
      banFile: standAloneBanFile(store, draft),
      store,
      log,
    },
    problems: [
      ...problems,
      ...listenerProblems,
      ...asUsual.problems,
      ...own.problems,
      ...bridgeProblems,
      ...httpProblems,
      ...(authFile === null
        ? nobodyProblems(listeners, { auth, listenerAccess: own.value }, origin, draft.emq.file !== null)
        : []),
    ],
  };
}

/** Says where no login can succeed: everywhere, or on a listener with logins of its own. */
function nobodyProblems(
  listeners: readonly ListenerSettings[],
  { auth, listenerAccess }: Pick<Settings, "auth" | "listenerAccess">,
  origin: Origin,
  isEmq: boolean,
): readonly Problem[] {
  const hasShared = listeners.length === 0 || listeners.some(({ name }) => !listenerAccess.has(name));
  const own = listeners.filter(({ name }) => listenerAccess.get(name)?.auth.length === 0);
  return [
    ...(hasShared && auth.length === 0 ? [nobody(origin, origin.file, isEmq)] : []),
    ...own.map((listener) => nobody(listener.origin, `${placeOf(listener.origin)}: listener ${listener.name}`, isEmq)),
  ];
}

function nobody(origin: Origin, place: string, isEmq: boolean): Problem {
  const subject = place === origin.file ? `${place}: anonymous access is off` : `${place} has no anonymous access`;
  return {
    severity: "error",
    what: `${subject} and there is no ${isEmq ? "plugin with users" : "password_file"}, so no login can succeed.`,
    now: place === origin.file ? "Every client is refused." : "Every client is refused there.",
    fix: isEmq
      ? 'Add the lines of a plugin, for example "auth.user.1.username = ...", or "mqtt.allow_anonymous = true".'
      : 'Add "password_file <file>", or "allow_anonymous true".',
    where: origin,
  };
}

const USUAL_RULES: AclTerms = { sources: null, noMatch: null };

/** Packets of any size, as in Mosquitto 2.0. */
const STAND_ALONE_LIMITS: LimitValues = { ...NO_LIMITS_SAID, numbers: { max_packet_size: LARGEST_PACKET } };

/** Conf files have the last word. */
function limitsOf(first: LimitValues, { limits }: Draft): Limits {
  return limitsFrom(mergeLimits(first, limits));
}
