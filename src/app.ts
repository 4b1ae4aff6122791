import { createHmac, randomBytes } from "node:crypto";
import manifest from "../package.json" with { type: "json" };
import type { Backend } from "./auth/backend.ts";
import { createPasswordVerifier, hashPassword } from "./auth/password.ts";
import type { StageFigures } from "./auth/figures.ts";
import { backends } from "./auth/registry.ts";
import { createStageKeeper } from "./auth/stage-keeper.ts";
import type { Desk } from "./control/desk.ts";
import { openTraces, type TraceDesk } from "./open-traces.ts";
import { createBridges } from "./bridge/bridges.ts";
import type { BridgeState } from "./bridge/types.ts";
import { openDesks } from "./open-desk.ts";
import { openFigures } from "./open-figures.ts";
import { createBroker, type Broker } from "./broker/broker.ts";
import { createListeners } from "./broker/listeners/listeners.ts";
import { ConfigError } from "./core/errors.ts";
import { createLogger, EVERY_LOG_TYPE, type Logger } from "./core/logger.ts";
import type { RecordEvent } from "./core/events.ts";
import type { OptionStore } from "./core/option-store.ts";
import type { Problem } from "./core/types.ts";
import type { Visitors } from "./core/visit.ts";
import { counted } from "./core/words.ts";
import { createGate } from "./http/gate.ts";
import { createPublishGate } from "./http/publish-gate.ts";
import { createEventLog } from "./monitor/event-log.ts";
import { createLogTargets } from "./monitor/log-target.ts";
import { createRecentLog } from "./monitor/recent-log.ts";
import { subscriptionLines } from "./monitor/subscription-list.ts";
import { controlFolder } from "./settings/store.ts";
import type { AccessDeps } from "./snapshot/access.ts";
import { build } from "./snapshot/build.ts";
import { createDynsecKeeper } from "./snapshot/dynsec-keeper.ts";
import { firstDynsecFile } from "./snapshot/first-dynsec-file.ts";
import { createLive } from "./snapshot/live.ts";
import { createReloader, logProblem } from "./snapshot/reloader.ts";
import { readSources } from "./snapshot/sources.ts";
import type { PanelSettings } from "./settings/types.ts";
import type { Snapshot, SourceSpec } from "./snapshot/types.ts";
import { createWatcher } from "./snapshot/watcher.ts";
import { saveNow, startStorage, storeChange } from "./start-storage.ts";

export interface AppContext {
  readonly spec: SourceSpec;
  readonly logFormat: "text" | "json";
  /** Login sources that only the entrypoint can make; given the app's logger. */
  readonly backends: (log: Logger) => readonly Backend[];
  /** Faults the entrypoint met before. */
  readonly problems: readonly Problem[];
  /** Called when the listeners are as the configuration wants them: at the start and after each change. */
  readonly settled?: (app: App) => void;
  /** A mosquitto.db to import once if it is there; null: none is looked for. */
  readonly importFrom: string | null;
  /** The administrator's password for a dynamic security that starts for the first time; null: none was given. */
  readonly dynsecPassword: string | null;
  /** Says who may use the panel, given the app's logger; null: this machine, and whoever has the panel's token. */
  readonly visitors: ((log: Logger) => Visitors) | null;
  /** Changes the options, for the panel; null: they are the owner's alone. */
  readonly options: OptionStore | null;
  /** mosquitto's -v: every type of log line, whatever the settings say. */
  readonly verbose: boolean;
}

export interface App {
  readonly log: Logger;
  /** Where it listens, as URLs: "mqtt://[::]:1883". */
  addresses(): readonly string[];
  /** The real port of a listener, by its name in the settings; null when it is not open. */
  portOf(listener: string): number | null;
  /** What each login source was asked and said since the start. */
  loginFigures(): ReadonlyMap<string, StageFigures>;
  /** How the connections to other brokers are. */
  bridges(): readonly BridgeState[];
  /** Reads the configuration again and makes it current; `cause` is named in the log. */
  reload(cause: string): Promise<void>;
  /** Writes what is not on the disk yet, and says so in the log; `cause` is named there. */
  save(cause: string): Promise<void>;
  /** Writes every subscription to the log. */
  readonly listSubscriptions: () => void;
  /** Says goodbye to every client and closes everything. */
  stop(): Promise<void>;
}

/** A line of the log that nobody took by then is no news any more; mosquitto's number. */
const LOG_EXPIRY_S = 20;

/** Longest that one login source may take to answer. */
const STAGE_TIMEOUT_MS = 30_000;

/**
 * Reads the configuration, makes every part, hands each what it needs, and listens.
 * @throws ConfigError when nothing is left to run.
 */
export async function startApp(context: AppContext): Promise<App> {
  const { spec } = context;
  const startedAtMs = Date.now();
  let broker: Broker | null = null;
  const recent = createRecentLog();
  const targets = createLogTargets({
    also: recent.sink,
    format: context.logFormat,
    publish: (topic, payload) => broker?.publish({ topic, payload, qos: 2, retain: false, expiryS: LOG_EXPIRY_S }),
  });
  const log = createLogger(targets.current);

  const verifier = createPasswordVerifier({ now: Date.now });
  const digestKey = randomBytes(32);
  const keeper = createStageKeeper(log);
  const deps: AccessDeps = {
    backends: [...backends, ...context.backends(log)],
    context: {
      log,
      now: Date.now,
      verify: verifier.verify,
      digest: (text) => createHmac("sha256", digestKey).update(text).digest("base64url"),
    },
    reservedUsers: spec.environment.reservedUsers,
    stageTimeoutMs: STAGE_TIMEOUT_MS,
    keeper,
  };

  const dynsec = createDynsecKeeper(
    firstDynsecFile({ hash: hashPassword, environmentPassword: context.dynsecPassword, log }),
  );
  const firstSources = await readSources(spec, null, dynsec);
  const live = createLive(build(firstSources, null, deps));
  const useLog = ({ settings }: Snapshot): void => {
    targets.update(context.verbose ? { ...settings.log, types: new Set(EVERY_LOG_TYPE) } : settings.log);
  };
  useLog(live.current());
  const { store } = live.current().settings;
  const { storage, problems: storeProblems } = await startStorage(store, context.importFrom, log);
  const startProblems = [...context.problems, ...live.current().problems, ...storeProblems];
  for (const problem of startProblems) logProblem(log, problem);

  const writes = (): number => storage?.writes ?? 0;
  const figures = openFigures({
    version: manifest.version,
    startedAtMs,
    current: live.current,
    broker: () => running,
    bridges: () => bridges.states(),
    logins: keeper.ledger.read,
    writes,
    log,
  });
  const events = createEventLog({ log, connectionMessages: () => live.current().settings.log.connectionMessages });
  // What clients ask on $CONTROL topics is answered once all parts stand.
  let desk: Desk = () => undefined;
  let traces: TraceDesk | null = null;
  let panelRecord: RecordEvent | null = null;
  const record: RecordEvent = (event) => {
    events.record(event);
    figures.refused(event);
    panelRecord?.(event);
  };
  const running = await createBroker({
    current: live.current,
    record(event) {
      record(event);
      figures.record(event);
      traces?.record(event);
    },
    log,
    storage,
    control: (topic, payload, from) => desk(topic, payload, from),
  });
  broker = running;
  figures.update(live.current().settings);
  const listeners = createListeners({
    accept: running.accept,
    record,
    log,
    maxPacketSize: () => live.current().settings.limits.maxPacketSize,
    maxConnectRate: () => live.current().settings.limits.maxConnectRate,
  });
  const desks = openDesks({ live, dynsec, broker: running, portOf: listeners.portOf, log });
  desk = desks.desk;
  const bridges = createBridges({
    log,
    now: Date.now,
    openEnd: running.bridgeEnds.open,
    waiting: running.bridgeEnds.waiting,
    keepOnly: running.bridgeEnds.keepOnly,
    publish: running.publish,
    maxPacketSize: () => live.current().settings.limits.maxPacketSize,
    receiveMaximum: running.receiveMaximum,
  });
  const http = createPublishGate({
    login: running.login,
    publishAs: running.publishAs,
    current: live.current,
    record,
    now: Date.now,
    log,
  });
  const panel = createGate<PanelSettings>({
    placeOf: (settings) => settings,
    tlsOf: () => null,
    async open(settings) {
      // most of it is needed by nothing else
      const { openPanel } = await import("./open-panel.ts");
      return openPanel(settings, {
        visitors: context.visitors?.(log) ?? null,
        spec,
        importFrom: context.importFrom,
        saveStore: async () => storage?.save(),
        version: manifest.version,
        startedAtMs,
        hasHomeAssistant: spec.environment.hasHomeAssistant,
        current: live.current,
        sources: () => reloader.sources(),
        problems: () => reloader.problems(),
        check: async (file, text) => {
          const { checkText } = await import("./check-text.ts");
          return checkText(spec, reloader.sources(), file, text);
        },
        logLines: recent.lines,
        portOf: listeners.portOf,
        broker: running,
        reservedUsers: spec.environment.reservedUsers,
        ledger: keeper.ledger,
        options: context.options,
        optionsFile: spec.optionsFile,
        runCommands: desks.runCommands,
        reload: (cause) => reloader.run(cause),
        bridges: bridges.states,
        previewBridges: async (text) => {
          const { previewBridges } = await import("./preview-bridges.ts");
          return previewBridges(spec, reloader.sources(), text);
        },
        tryBridge: async (plan) => (await import("./bridge/trial.ts")).tryBridge(plan),
        traces: traces?.programs ?? null,
        writes,
        listen: (next) => {
          panelRecord = next;
        },
        countProblems: figures.countProblems,
        log,
        now: Date.now,
      });
    },
    closed: { what: "the panel", now: "There is no panel; the rest works." },
  });
  const closeAll = async (): Promise<void> => {
    await figures.stop();
    await panel.stop();
    await http.stop();
    await traces?.stop();
    await bridges.stop();
    await listeners.stop();
    await running.stop();
    events.stop();
    await keeper.stop();
    await verifier.close();
  };

  const listenProblems = [...(await listeners.apply(live.current().listeners))];
  if (listeners.addresses().length === 0) {
    await closeAll();
    throw new ConfigError([...listenProblems, nothingListens()]);
  }
  traces = await openTraces({ broker: running, folder: controlFolder(spec.environment, store), log });
  listenProblems.push(...(await http.apply(live.current().http)));
  listenProblems.push(...(await figures.open(live.current().settings)));
  listenProblems.push(...(await panel.apply(live.current().settings.panel)));
  for (const problem of listenProblems) logProblem(log, problem);
  bridges.apply(live.current().bridges);

  const reloader = createReloader(
    {
      live,
      read: (last) => readSources(spec, last, dynsec),
      build(sources, previous) {
        const next = build(sources, previous, deps);
        return { ...next, problems: [...next.problems, ...storeProblems, ...storeChange(store, next.settings.store)] };
      },
      async settle(snapshot) {
        useLog(snapshot);
        // First the rights: they must not wait for a port to close.
        const { checked, closed } = running.recheck();
        await keeper.keepOnly(snapshot.keptStages);
        figures.update(snapshot.settings);
        const problems = [
          ...(await listeners.apply(snapshot.listeners)),
          ...(await http.apply(snapshot.http)),
          ...(await figures.open(snapshot.settings)),
          ...(await panel.apply(snapshot.settings.panel)),
        ];
        bridges.apply(snapshot.bridges);
        await figures.announce(snapshot.settings);
        context.settled?.(app);
        return { problems, done: `${counted(checked, "session")} re-checked, ${closed} closed` };
      },
      onRead: ({ watched }) => {
        watcher.update(watched);
      },
      log,
    },
    { sources: firstSources, problems: [...startProblems, ...listenProblems], unsettled: listenProblems },
  );
  const watcher = createWatcher({ changed: (file) => void reloader.run(file), log });
  watcher.update(firstSources.watched);
  // open problems are among the figures, and the reloader has some of them
  await figures.announce(live.current().settings);

  const app: App = {
    log,
    addresses: () => [...listeners.addresses(), ...http.addresses()],
    portOf: listeners.portOf,
    loginFigures: keeper.ledger.read,
    bridges: bridges.states,
    reload: reloader.run,
    save: (cause) => saveNow(storage, live.current().settings.store, cause, log),
    listSubscriptions() {
      for (const line of subscriptionLines(running.subscriptions())) log.notice({}, line);
    },
    async stop() {
      // A reload under way would open the watcher again.
      await reloader.stop();
      await watcher.close();
      await closeAll();
    },
  };
  context.settled?.(app);
  return app;
}

function nothingListens(): Problem {
  return {
    severity: "error",
    what: "No listener could be opened.",
    now: "The broker stops.",
    fix: "Set right what the lines above say and start it again.",
  };
}
