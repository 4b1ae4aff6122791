import { connect, type Socket } from "node:net";
import type { BridgeAddress } from "../settings/types.ts";
import type { BridgePlan } from "../snapshot/types.ts";
import { createBackoff } from "./backoff.ts";
import { startConnection, type BridgeConnection } from "./connection.ts";
import { firstGreeting, plainerGreeting, type Greeting } from "./hello.ts";
import type { LoopGuard } from "./loop-guard.ts";
import { createMapping } from "./mapping.ts";
import { subscribeLocally } from "./relay.ts";
import type { BridgeDeps, BridgeState, Fault, Passed } from "./types.ts";

/** One configured bridge: connects, and connects again. */
export interface Bridge {
  readonly plan: BridgePlan;
  state(): BridgeState;
  /** Ends it. Its session stays; `isRemoved` takes back what it told about itself. */
  stop(isRemoved: boolean): Promise<void>;
  /** Calls back when the connection is lost the next time, or at once when there is none. */
  whenFree(replace: () => void): void;
  /** Filters that its session at the remote broker may be subscribed to. */
  remoteFilters(): readonly string[];
}

/** Between two looks at what waits for a lazy bridge. */
const LAZY_MS = 1_000;
/** Between two looks at the first address while another is in use. */
const PRIMARY_MS = 5_000;

/** Starts a bridge; `former` is what the bridge before it may have subscribed to at the remote broker. */
export function startBridge(
  deps: BridgeDeps,
  guard: LoopGuard,
  plan: BridgePlan,
  former: readonly string[] = [],
): Bridge {
  const { log, now } = deps;
  const { settings } = plan;
  const { name, addresses, startType, restart, notifications, notificationTopic, localClientId } = settings;
  const mapping = createMapping(settings.topics, former);
  const backoff = createBackoff(restart, Math.random);
  let at = 0;
  let greeting: Greeting = firstGreeting(settings);
  let connection: BridgeConnection | null = null;
  let status: BridgeState["status"] = "waiting";
  let sinceMs = now();
  const passed: Passed = { in: 0, out: 0 };
  let lastError: BridgeState["lastError"] = null;
  let lastSaid = "";
  let timer: NodeJS.Timeout | null = null;
  /** Looks whether the first address answers again. */
  let probe: Socket | null = null;
  /** The connection that is given up for the first address, until it is closed. */
  let leaving: Promise<void> | null = null;
  let replace: (() => void) | null = null;
  let hasConnected = false;

  tell("0");
  prepareSession();
  if (startType === "lazy") waitForMessages();
  else attempt();

  return {
    plan,
    state: () => ({ name, status, address: shown(addressInUse()), sinceMs, passed: { ...passed }, lastError }),
    async stop(isRemoved) {
      clear();
      const open = connection;
      connection = null;
      enter("stopped");
      tell(isRemoved ? "" : "0");
      await Promise.all([open?.close(), leaving]);
    },
    whenFree(callback) {
      if (status === "connected") replace = callback;
      else callback();
    },
    remoteFilters: () => [...(hasConnected ? [] : former), ...mapping.remote.map(({ filter }) => filter)],
  };

  /** Makes the session and its subscriptions, so that messages wait for the first connection too; ends a clean one. */
  function prepareSession(): void {
    const end = deps.openEnd(
      {
        clientId: localClientId,
        name,
        version: 5,
        isClean: settings.localCleanSession,
        isRemoteNew: false,
        receiveMaximum: 1,
        maximumPacketSize: Infinity,
      },
      { packet: () => undefined, bytesUnsent: 0, ended: () => undefined },
    );
    if (end === null) return;
    subscribeLocally(end, mapping, 5, 2, 2);
    end.settle();
    end.close();
  }

  function attempt(): void {
    clear();
    if (status === "stopped") return;
    enter("connecting");
    const startedAt = addressInUse();
    const own: BridgeConnection = startConnection({
      ...deps,
      plan,
      address: startedAt,
      greeting,
      mapping,
      guard,
      passed,
      connected: () => connected(startedAt),
      warned: (sentence) => {
        lastError = { sentence, atMs: now() };
      },
      ended: (fault) => {
        if (connection === own) ended(fault);
      },
    });
    connection = own;
  }

  function connected(address: BridgeAddress): void {
    enter("connected");
    hasConnected = true;
    lastSaid = "";
    log.notice({ bridge: name }, `Bridge ${name} is connected to ${shown(address)}.`);
    tell("1");
    if (at > 0 && !settings.roundRobin) timer = setInterval(lookForPrimary, PRIMARY_MS);
  }

  function ended(fault: Fault): void {
    const wasConnected = status === "connected";
    const lastedMs = now() - sinceMs;
    connection = null;
    if (wasConnected) tell("0");
    if (wasConnected && lastedMs >= restart.stableS * 1000) backoff.reset();
    const failedAt = addressInUse();
    enter("waiting");
    if (isReplaced()) return;
    if (fault.kind === "version" && withoutExtras()) return attempt();
    if (fault.kind === "loop" || startType === "once") {
      clear();
      enter("stopped");
      return report(fault, failedAt, "It stays off until its lines are changed or this broker is started anew.", true);
    }
    report(fault, failedAt, WAITING, wasConnected);
    again(wasConnected);
  }

  /** Speaks in another way to a broker that did not understand; false when there is no other way. */
  function withoutExtras(): boolean {
    const plainer = plainerGreeting(greeting, settings);
    if (plainer === null) return false;
    const returns = greeting.isPrivate && settings.topics.some(({ direction }) => direction === "both");
    if (returns) log.notice({ bridge: name }, comesBack(name));
    greeting = plainer;
    return true;
  }

  function again(wasConnected: boolean): void {
    clear();
    if (startType === "lazy" && wasConnected) return waitForMessages();
    at = wasConnected && !settings.roundRobin ? 0 : (at + 1) % addresses.length;
    // each address is tried once before the wait
    if (at !== 0 && !wasConnected) return attempt();
    timer = setTimeout(attempt, backoff.nextMs());
  }

  function waitForMessages(): void {
    timer = setInterval(() => {
      if (deps.waiting(localClientId) >= settings.threshold) attempt();
    }, LAZY_MS);
  }

  /** Goes back to the first address as soon as something listens there. */
  function lookForPrimary(): void {
    const primary = addresses[0];
    if (primary === undefined) return;
    const { bindAddress } = settings;
    const localAddress = bindAddress === null ? {} : { localAddress: bindAddress };
    probe?.destroy();
    const looking = connect({ ...primary, ...localAddress });
    probe = looking;
    looking.on("error", () => looking.destroy());
    looking.once("connect", () => {
      looking.destroy();
      if (probe !== looking || connection === null) return;
      clear();
      leaving = goBack(connection, primary);
    });
  }

  async function goBack(old: BridgeConnection, primary: BridgeAddress): Promise<void> {
    connection = null;
    log.notice({ bridge: name }, `Bridge ${name} goes back to ${shown(primary)}, which answers again.`);
    tell("0");
    at = 0;
    enter("waiting");
    await old.close();
    leaving = null;
    if (status !== "stopped" && !isReplaced()) attempt();
  }

  /** Makes way for a change that waited until there is no connection; false when there is none. */
  function isReplaced(): boolean {
    const callback = replace;
    replace = null;
    callback?.();
    return callback !== null;
  }

  function addressInUse(): BridgeAddress {
    return addresses[at] ?? { host: "", port: 0 };
  }

  function enter(next: BridgeState["status"]): void {
    status = next;
    sinceMs = now();
  }

  function clear(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    probe?.destroy();
    probe = null;
  }

  /** An empty payload takes back what was told. */
  function tell(payload: "0" | "1" | ""): void {
    if (notifications === "off") return;
    deps.publish({ topic: notificationTopic, payload, qos: 1, retain: true });
  }

  /** Says what went wrong, once until something else happens. */
  function report(fault: Fault, address: BridgeAddress, consequence: string, isNews: boolean): void {
    const sentence = `Bridge ${name} (${shown(address)}) ${fault.sentence}. ${consequence} ${fault.fix}`.trim();
    lastError = { sentence, atMs: now() };
    const isSaid = !isNews && sentence === lastSaid;
    lastSaid = sentence;
    if (isSaid) log.debug({ bridge: name }, sentence);
    else log.warn({ bridge: name }, sentence);
  }
}

const WAITING = "It is tried again; messages of QoS 1 and 2 wait meanwhile, as far as the queue allows.";

function comesBack(name: string): string {
  const what = `Bridge ${name}: the remote broker does not know bridges.`;
  return `${what} It sends back once what goes out on topics with "both". Use bridge_protocol_version mqttv50 if it speaks MQTT 5.`;
}

function shown({ host, port }: BridgeAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
