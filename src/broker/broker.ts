import type { Duplex } from "node:stream";
import type { ClientDesk } from "../core/client-facts.ts";
import type { ClientInfo, RecordEvent } from "../core/events.ts";
import type { BriefFigures, Figures, SubscriptionInfo, UnsentFigures } from "../core/figures.ts";
import type { Logger } from "../core/logger.ts";
import type { MessageObserver } from "../core/observing.ts";
import type { PublishAs } from "../core/publishing.ts";
import { codesOf, isAllowed } from "../core/reasons.ts";
import type { RetainedMessages } from "../core/retained.ts";
import type { Watcher } from "../core/tracing.ts";
import type { Credentials, Identity, Qos, Reason } from "../core/types.ts";
import type { Settings } from "../settings/types.ts";
import type { Snapshot } from "../snapshot/types.ts";
import { createBridgeEnds, type BridgeEnds } from "./bridge-end.ts";
import { createAuthentication } from "./authentication.ts";
import { createClientDesk } from "./client-desk.ts";
import { clientTermsOf } from "./client-terms.ts";
import type { ConnectionInfo } from "./connection.ts";
import { createDoorkeeper, type Doorkeeper } from "./doorkeeper.ts";
import { createEngine } from "./engine.ts";
import { createClosings } from "./closings.ts";
import { createFlusher } from "./flusher.ts";
import { briefFiguresOf, figuresOf, subscriptionsOf, unsentOf } from "./figures.ts";
import { openFrontDoor } from "./front-door.ts";
import { guardedAccess } from "./guarded-access.ts";
import { createLimitTable } from "./limit-table.ts";
import { createLink } from "./link.ts";
import { linger } from "./linger.ts";
import type { LoginAnswer } from "./login.ts";
import { retainedMessages } from "./retained-messages.ts";
import { createRightsRefresh } from "./rights-refresh.ts";
import { createMemoryWatch } from "./memory-watch.ts";
import { endOrphans } from "./orphans.ts";
import { tooMany } from "./too-many.ts";
import { utf8ByteString } from "./packets/bytes.ts";
import { Code } from "./packets/codes.ts";
import type { Counters } from "./sessions/counters.ts";
import type { TakeControlMessage } from "./sessions/context.ts";
import type { OwnMessage } from "./sessions/message-of.ts";
import type { Storage } from "./storage/storage.ts";
import type { Link } from "./types.ts";

export interface BrokerDeps {
  readonly current: () => Snapshot;
  readonly record: RecordEvent;
  readonly log: Logger;
  /** The file behind the sessions, closed by stop(); null: nothing survives a restart. */
  readonly storage: Storage | null;
  /** Takes a message to a topic below $CONTROL/ that its sender may publish to. It must not answer before it returns. */
  readonly control: TakeControlMessage;
  /** From the connection to a whole CONNECT; 10 s. */
  readonly connectTimeoutMs?: number;
  /** From the CONNECT to an answer of the login chain; 30 s. */
  readonly loginTimeoutMs?: number;
}

export interface Broker {
  /**
   * Serves a connection; refusals are answered and recorded here. Gives a function that ends it because the
   * configuration does not admit it any more.
   */
  readonly accept: (stream: Duplex, info: ConnectionInfo) => (reason: Reason) => void;
  /** Publishes past every rule; for the broker's own messages. */
  publish(message: BrokerMessage): void;
  /** publish() to one client only, if it subscribed. */
  publishTo(clientId: string, message: BrokerMessage): void;
  /** Asks the login chain who somebody is that has no MQTT connection. */
  readonly login: (credentials: Credentials) => Promise<LoginAnswer>;
  /** Publishes for somebody without an MQTT connection, under its rights. */
  readonly publishAs: PublishAs;
  figures(): Figures;
  briefFigures(): BriefFigures;
  /** Where bridges to other brokers begin and end. */
  readonly bridgeEnds: BridgeEnds;
  /** Messages that are taken from one bridge of MQTT 5 before they are acknowledged. */
  receiveMaximum(): number;
  subscriptions(): Iterable<SubscriptionInfo>;
  /** Whether anybody would get a message of this topic. */
  isHeard(topic: string): boolean;
  /** Connections with more than these bytes that their clients have not read. */
  unsent(above: number): Iterable<UnsentFigures>;
  /** What can be asked and done about single clients. */
  readonly clients: ClientDesk;
  /** Clients connected now. */
  sessions(): readonly ClientInfo[];
  /** What the data plane counts, every drop with its reason; the numbers go on growing. */
  counters(): Readonly<Counters>;
  /** Brings every session in line with the current moment, and closes the connections that it no longer admits. */
  recheck(): { readonly checked: number; readonly closed: number };
  /** What the rights in use say has changed: nothing that was decided about messages before counts any more. */
  rightsChanged(): void;
  /**
   * Brings the sessions that `concerns` picks in line with rights that changed, and ends their connections, without
   * their wills; the sessions too of those whose user is gone. Nobody is picked who passes every rule.
   */
  expel(concerns: (identity: Identity) => boolean, reason: Reason): void;
  /** Devices that it keeps out by itself, since they come and go all the time. */
  readonly keptOut: Doorkeeper["keptOut"];
  /** Lets somebody look at packets and messages; null: nobody does. */
  watch(watcher: Watcher | null): void;
  /** Shows what clients publish to somebody; null: to nobody. */
  observe(observer: MessageObserver | null): void;
  readonly retained: RetainedMessages;
  /** Connected now. */
  isConnected(clientId: string): boolean;
  /** Clients that subscribed to what a topic is in, connected or not, and groups of them that share it. */
  subscribersOf(topic: string): number;
  /** Says goodbye to every client and ends; takes at most a few seconds. */
  stop(): Promise<void>;
}

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: Qos;
  readonly retain: boolean;
  /** Seconds until it is no longer delivered. */
  readonly expiryS?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LOGIN_TIMEOUT_MS = 30_000;
/** How often silent connections are looked for, at most. */
const SWEEP_MS = 500;
/** Connections that have not closed by then are cut off. */
const STOP_TIMEOUT_MS = 3_000;

/** Connections above the limit that are heard, so that they can be told why they are refused. */
const SPARE_CONNECTIONS = 100;

/** Starts both halves of the engine. */
export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const {
    current,
    record,
    log,
    storage,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    loginTimeoutMs = LOGIN_TIMEOUT_MS,
  } = deps;
  const links = new Set<Link>();
  /** Connections without a CONNECT, the oldest first. */
  const silent = new Set<Link>();
  const flusher = createFlusher();
  const closings = createClosings();
  let isStopping = false;
  let watcher: Watcher | null = null;
  let sockets = 0;

  const limits = createLimitTable(current);
  const engine = createEngine({
    accessFor: (identity) => guardedAccess(current().policy, identity, log),
    maxPublishRate: (identity) => current().limitsOf(identity).maxPublishRate,
    checksRetainSource: () => current().settings.checksRetainSource,
    isStillSuperuser(identity) {
      // no rules bind it, and after a restart neither they nor its proof are known
      const { verdict, reason } = current().logins.recheck({ ...identity, rules: null });
      return verdict === "allow" || reason.kind === "wrong_password";
    },
    control: deps.control,
    endsDenied: () => current().settings.aclTerms.denyAction === "disconnect",
    record,
    limits: limits.all(),
    now: Date.now,
    journal: storage?.journal ?? null,
    stored: storage?.takeState() ?? null,
  });
  storage?.attach(engine);
  endOrphans(engine, current(), record);

  const memory = createMemoryWatch({
    limitBytes: () => limits.all().maxMemoryBytes,
    log,
    changed: engine.useMemory,
  });
  memory.look();

  const doorkeeper = createDoorkeeper({ current, limits: limits.all, links, now: Date.now });
  const authentication = createAuthentication({
    logins: () => current().logins,
    barred: doorkeeper.after,
    log,
    timeoutMs: loginTimeoutMs,
  });
  const door = await openFrontDoor({ log, decide: authentication.decide });

  const refresh = createRightsRefresh({ engine, logins: () => current().logins, log });

  const sweep = setInterval(
    () => {
      const latestMs = Date.now() - connectTimeoutMs;
      for (const link of silent) {
        if (link.startedAtMs > latestMs) break;
        silent.delete(link);
        link.giveUp();
      }
    },
    Math.min(SWEEP_MS, connectTimeoutMs / 2),
  ).unref();

  return {
    accept(stream, info) {
      sockets++;
      // A stream that is gone already would never say so again.
      if (isStopping || stream.destroyed) {
        stream.destroy();
        return () => undefined;
      }
      const { maxConnections } = limits.all();
      const full = links.size < maxConnections ? null : tooMany(maxConnections);
      if (full !== null && links.size >= maxConnections + SPARE_CONNECTIONS) {
        record({
          kind: "refused",
          client: { clientId: "", username: null, address: info.address, listener: info.listener },
          reason: full,
        });
        stream.destroy();
        return () => undefined;
      }
      const link = createLink(stream, info, {
        engine,
        limits: () => limits.on(info.listener),
        terms: () => clientTermsOf(current().settings, info.listener),
        maxPacketSize: () => current().settings.limits.maxPacketSize,
        paceOf: (identity) => doorkeeper.paceOf(identity, limits.on(info.listener)),
        tapFor: (client, peer, version) => watcher?.tapFor(client, peer, version) ?? null,
        record,
        flusher,
        admit(admitted) {
          silent.delete(admitted);
          const reason = full ?? doorkeeper.before(admitted.client());
          if (reason === null) door.admit(admitted);
          else admitted.refuse(reason);
        },
        authenticate: authentication.hear,
        ended(gone, end) {
          silent.delete(gone);
          authentication.forget(gone);
          // nothing of it counts any more; where thousands end at once, closing their sockets is most of the work
          closings.add(() => {
            linger(stream, end);
            door.leave(gone);
          });
        },
      });
      links.add(link);
      silent.add(link);
      void link.closed.then(() => links.delete(link));
      return (reason) => link.close(reason, Code.administrativeAction);
    },
    publish(message) {
      engine.publish(ownMessageOf(message));
    },
    publishTo(clientId, message) {
      engine.publishTo(clientId, ownMessageOf(message));
    },
    login(credentials) {
      const reason = doorkeeper.before(credentials);
      return reason === null ? authentication.ask(credentials) : Promise.resolve({ verdict: "deny", reason });
    },
    publishAs(sender, messages) {
      const reason = doorkeeper.again(sender.identity) ?? doorkeeper.request(sender.identity, messages);
      if (reason === null) return engine.publishAs(sender, messages);
      record({ kind: "refused", client: sender.client, reason });
      return Promise.resolve({ kind: "refused", code: codesOf(reason.kind).v5, reason, index: 0 });
    },
    figures: () => figuresOf(engine, sockets),
    briefFigures: () => briefFiguresOf(engine),
    bridgeEnds: createBridgeEnds(engine),
    receiveMaximum: () => limits.all().receiveMaximum,
    subscriptions: () => subscriptionsOf(engine),
    isHeard: engine.isHeard,
    clients: createClientDesk(engine, record),
    unsent: (above) => unsentOf(engine, above),
    sessions: () => [...links].filter((link) => link.isOpen()).map((link) => link.client()),
    counters: () => engine.counters,
    recheck() {
      engine.recheck(limits.all());
      memory.look();
      let checked = 0;
      let closed = 0;
      for (const link of links) {
        const identity = link.identity();
        if (identity === null) continue;
        link.renewPace();
        checked++;
        const ban = doorkeeper.again(identity);
        if (ban !== null) {
          closed++;
          link.expel(ban);
          continue;
        }
        const decision = current().logins.recheck(identity);
        const reason = isAllowed(decision) ? remounted(identity, current().settings) : decision.reason;
        if (reason === null) continue;
        closed++;
        // The configuration was changed by its owner: an administrative action, not a fault of the client (3.14.2.1).
        link.close(reason, Code.administrativeAction);
      }
      endOrphans(engine, current(), record);
      refresh.look();
      return { checked, closed };
    },
    rightsChanged() {
      engine.rightsChanged(() => false);
    },
    expel(concerns, reason) {
      const isConcerned = (identity: Identity): boolean => !identity.superuser && concerns(identity);
      engine.rightsChanged(isConcerned);
      for (const link of links) {
        const identity = link.identity();
        if (identity !== null && isConcerned(identity)) link.expel(reason);
      }
      endOrphans(engine, current(), record, isConcerned);
    },
    keptOut: doorkeeper.keptOut,
    watch(next) {
      watcher = next;
      engine.watch(next?.message ?? null);
      for (const link of links) link.watch();
    },
    observe: engine.observe,
    retained: retainedMessages(engine, Date.now),
    isConnected: (clientId) => (engine.sessions.get(clientId)?.connection ?? null) !== null,
    subscribersOf: engine.subscribersOf,
    async stop() {
      if (isStopping) return;
      isStopping = true;
      clearInterval(sweep);
      refresh.stop();
      memory.stop();
      const open = [...links];
      const reason = { kind: "shutting_down", sentence: "the broker stops" } as const;
      engine.stop(reason);
      for (const link of open) link.close(reason);
      const cutOff = setTimeout(() => {
        for (const link of open) link.destroy();
      }, STOP_TIMEOUT_MS);
      await Promise.all(open.map(({ closed }) => closed));
      clearTimeout(cutOff);
      await door.close();
      await storage?.close();
    },
  };
}

/** Why a client has to begin anew: its topics are others now. null: they are not. */
function remounted({ listener = "", mountPoint }: Identity, settings: Settings): Reason | null {
  if (clientTermsOf(settings, listener).mountPoint === mountPoint) return null;
  return { kind: "not_allowed", sentence: `the mount_point of listener ${listener} was changed` };
}

function ownMessageOf({ topic, payload, qos, retain, expiryS = -1 }: BrokerMessage): OwnMessage {
  const bytes = typeof payload === "string" ? utf8ByteString(payload) : Buffer.from(payload).toString("latin1");
  return { topic, payload: bytes, properties: "", qos, retain, expiryS };
}
