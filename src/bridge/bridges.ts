import type { BridgePlan } from "../snapshot/types.ts";
import { startBridge, type Bridge } from "./bridge.ts";
import { createLoopGuard } from "./loop-guard.ts";
import type { BridgeDeps, BridgeState } from "./types.ts";

export interface BridgesDeps extends BridgeDeps {
  /** Ends the sessions of all bridges but these; tells which those were. */
  readonly keepOnly: (clientIds: ReadonlySet<string>) => readonly string[];
}

/** All connections to other brokers. */
export interface Bridges {
  /** Starts, ends and changes bridges so that they are as planned; those that did not change are left alone. */
  apply(plans: readonly BridgePlan[]): void;
  states(): readonly BridgeState[];
  stop(): Promise<void>;
}

/** Makes the part that keeps the bridges; none is started yet. */
export function createBridges(deps: BridgesDeps): Bridges {
  const guard = createLoopGuard(deps.now);
  const running = new Map<string, Bridge>();
  /** Changes that wait until a connection is lost. */
  const later = new Map<string, BridgePlan>();
  /** Bridges whose predecessor says goodbye. */
  const next = new Map<string, BridgePlan>();
  let isStopped = false;
  let isFirst = true;

  /** A bridge of the last run that is no longer configured told its state, where it was not told to do otherwise. */
  const takeBackState = (clientId: string): void => {
    const topic = `$SYS/broker/connection/${clientId.replace(/^local\./, "")}/state`;
    deps.publish({ topic, payload: "", qos: 1, retain: true });
  };

  const start = (plan: BridgePlan, former: readonly string[] = []): void => {
    running.set(plan.settings.name, startBridge(deps, guard, plan, former));
  };
  const replace = (old: Bridge, plan: BridgePlan): void => {
    const { name } = plan.settings;
    later.delete(name);
    running.delete(name);
    next.set(name, plan);
    // the remote broker knows both by one client id: one after the other
    void old.stop(topicOf(old.plan) !== topicOf(plan)).then(() => {
      const latest = next.get(name);
      next.delete(name);
      if (!isStopped && latest !== undefined) start(latest, old.remoteFilters());
    });
  };
  const change = (old: Bridge, plan: BridgePlan): void => {
    const { name, reload } = plan.settings;
    if (reload === "immediate") return replace(old, plan);
    later.set(name, plan);
    old.whenFree(() => {
      const latest = later.get(name);
      if (latest !== undefined) replace(old, latest);
    });
  };

  return {
    apply(plans) {
      for (const [name, bridge] of running) {
        if (plans.some(({ settings }) => settings.name === name)) continue;
        running.delete(name);
        later.delete(name);
        void bridge.stop(true);
      }
      for (const name of next.keys()) {
        if (!plans.some(({ settings }) => settings.name === name)) next.delete(name);
      }
      for (const plan of plans) {
        if (next.has(plan.settings.name)) {
          next.set(plan.settings.name, plan);
          continue;
        }
        const old = running.get(plan.settings.name);
        if (old === undefined) start(plan);
        else if (isSame(old.plan, plan)) later.delete(plan.settings.name);
        else change(old, plan);
      }
      const gone = deps.keepOnly(new Set(plans.map(({ settings }) => settings.localClientId)));
      if (isFirst) for (const clientId of gone) takeBackState(clientId);
      isFirst = false;
    },
    states: () => [...running.values()].map((bridge) => bridge.state()),
    async stop() {
      isStopped = true;
      await Promise.all([...running.values()].map((bridge) => bridge.stop(false)));
    },
  };
}

/** Where a bridge tells its state; null: nowhere. */
function topicOf({ settings }: BridgePlan): string | null {
  return settings.notifications === "off" ? null : settings.notificationTopic;
}

/** Whether two plans do the same; where their lines stand does not matter. */
function isSame(a: BridgePlan, b: BridgePlan): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint(plan: BridgePlan): string {
  return JSON.stringify(plan, (key, value: unknown) => (key === "origin" ? undefined : value));
}
