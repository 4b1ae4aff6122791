import type { RecordEvent } from "../core/events.ts";
import type { StoredFigures } from "../core/figures.ts";
import type { PublishAnswer, PublishAs } from "../core/publishing.ts";
import type { MessageObserver } from "../core/observing.ts";
import type { MessageTap } from "../core/tracing.ts";
import type { Access, Identity, Reason } from "../core/types.ts";
import { createAckHeader } from "./packets/acks.ts";
import { Code } from "./packets/codes.ts";
import { createPropertyScan } from "./packets/property-scan.ts";
import { createPublishHeader } from "./packets/publish-header.ts";
import { createRetainedStore, type RetainedStore } from "./routing/retained-store.ts";
import { createRouter } from "./routing/router.ts";
import type { Context, TakeControlMessage } from "./sessions/context.ts";
import { fire } from "./sessions/clocks.ts";
import { type Counters, createCounters } from "./sessions/counters.ts";
import { deliverToTarget, distribute, retain } from "./sessions/distribute.ts";
import { createHeldPackets } from "./sessions/held-packets.ts";
import { createUnmounted } from "./sessions/mount-point.ts";
import type { Journal } from "./sessions/journal.ts";
import {
  beginSession,
  BROKEN,
  closeConnection,
  disconnect,
  endSession,
  EXPELLED,
  type OpenResult,
  openSession,
  recheckLimits,
} from "./sessions/lifecycle.ts";
import type { EngineLimits } from "./sessions/limits.ts";
import { type OwnMessage, ownMessage } from "./sessions/message-of.ts";
import { pump } from "./sessions/outbound.ts";
import type { Output } from "./sessions/output.ts";
import { forgetDecisions, isSuspended, mustBeAsked, renewRights } from "./sessions/permissions.ts";
import { restoreState } from "./sessions/restore.ts";
import { questionOf, standingQuestionOf, useAnswers } from "./sessions/questions.ts";
import { createReplaySchedule } from "./sessions/replay.ts";
import { createRetainedSources } from "./sessions/retained-sources.ts";
import { receivePacket } from "./sessions/receive.ts";
import { createRun, flushRun } from "./sessions/run.ts";
import { createSentFrames } from "./sessions/send.ts";
import type { Connection, Due, Session, SessionInfo } from "./sessions/session.ts";
import { settle } from "./sessions/settle.ts";
import type { StoredState } from "./sessions/stored-state.ts";
import { storedMessages } from "./sessions/stored-messages.ts";
import { createPublishers } from "./sessions/publish-as.ts";
import { createTimerWheel } from "./sessions/timer-wheel.ts";
import { createTraffic, type Traffic } from "./sessions/traffic.ts";
import { createWriter } from "./sessions/writer.ts";

export interface EngineOptions {
  /** Rights of a client under the rules in force. */
  readonly accessFor: (identity: Identity) => Access;
  /** Messages that a client may publish in a second; null: as many as it can. */
  readonly maxPublishRate: (identity: Identity) => number | null;
  /** Whether a retained message is sent only as long as its publisher may publish it. */
  readonly checksRetainSource: () => boolean;
  /** Whether a superuser that is away still is one. */
  readonly isStillSuperuser: (identity: Identity) => boolean;
  readonly control: TakeControlMessage;
  /** Whether a client that does what the rules deny loses its connection. */
  readonly endsDenied: () => boolean;
  readonly record: RecordEvent;
  readonly limits: EngineLimits;
  readonly now: () => number;
  /** null: nothing survives a restart. */
  readonly journal: Journal | null;
  /** What the last run left; null: nothing. */
  readonly stored: StoredState | null;
}

/** The data plane: everything after CONNACK. It does no I/O of its own and never waits. */
export interface Engine {
  /** Opens a session for a client that was let in. The Link then writes CONNACK and calls begin(). */
  open(info: SessionInfo, output: Output): OpenResult;
  begin(connection: Connection): void;
  /** Takes one whole packet, [start, end) of what was read from the socket. */
  receive(connection: Connection, chunk: Buffer, start: number, end: number): void;
  /**
   * Asks what has to be known before a packet can be taken, which is handed in when the promise is kept; null: nothing.
   * Without a packet it is about what the client is allowed for longer: before begin(), and now and then.
   */
  question(connection: Connection, chunk: Buffer, start: number, end: number): Promise<unknown> | null;
  standingQuestion(session: Session): Promise<unknown> | null;
  /** The standing question was answered by `asked`, the rules that the session had then; false: nothing changes by it. */
  useAnswers(session: Session, asked: Access): boolean;
  /** A client that stays has other rights, and is the same otherwise. */
  useIdentity(session: Session, identity: Identity): void;
  /** To be called after the last packet of what was read: sends what these packets caused. */
  settle(connection: Connection): void;
  /** To be called when the Output has nothing unsent left and `connection.waitsForDrain` is set. */
  drained(connection: Connection): void;
  /** The network connection is gone, without a DISCONNECT that was received. */
  close(connection: Connection): void;
  /** Ends a connection from this side; clients of MQTT 5 hear `code` and why. */
  disconnect(connection: Connection, code: number, reason: Reason): void;
  /** Publishes for the broker itself; false: a limit does not let it be retained. */
  publish(message: OwnMessage): boolean;
  /** publish() to one client only, if it subscribed. */
  publishTo(clientId: string, message: OwnMessage): void;
  /** Publishes for who has no connection, under its rights. */
  readonly publishAs: PublishAs;
  /** disconnect() for a client that lost its right to be here: its will is not published. */
  expel(connection: Connection, code: number, reason: Reason): void;
  /**
   * What the rights in use say has changed: nothing that was decided before counts. The subscriptions and limits of
   * those it `concerns` are brought in line too.
   */
  rightsChanged(concerns: (identity: Identity) => boolean): void;
  /** The rules or the limits changed: every session gets its new rights, and what they no longer allow is not sent. */
  recheck(limits: EngineLimits): void;
  /** Shows each message of clients to somebody; null: to nobody. */
  watch(tap: MessageTap | null): void;
  /** Shows what clients publish to somebody; null: to nobody. */
  observe(observer: MessageObserver | null): void;
  /** The memory of the process has come to its limit, or is below it again. */
  useMemory(isFull: boolean): void;
  /** Ends a session, connected or not; false when there is none. */
  endSession(clientId: string, reason: Reason): boolean;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly retained: RetainedStore;
  readonly counters: Readonly<Counters>;
  /** Of all clients; the links count here what never reaches the engine. */
  readonly received: Traffic;
  readonly sent: Traffic;
  /** Whether anybody subscribed to what this topic is in. */
  isHeard(topic: string): boolean;
  /** Clients that subscribed to what this topic is in, and groups of them that share it. */
  subscribersOf(topic: string): number;
  /** What is held for anyone: retained, queued and in flight. */
  stored(): StoredFigures;
  /** Does what is due by now; the engine's own clock calls it four times a second. */
  advance(): void;
  /** Ends every connection, wills included, and stops the clocks. */
  stop(reason: Reason): void;
}

const TICK_MS = 250;
/** Topics whose subscribers are remembered. */
const CACHED_TOPICS = 16_384;

/** Makes the engine and starts its clocks. */
export function createEngine(options: EngineOptions): Engine {
  const properties = createPropertyScan();
  const context: Context = {
    sessions: new Map(),
    router: createRouter(CACHED_TOPICS, isSuspended),
    retained: createRetainedStore(),
    counters: createCounters(),
    received: createTraffic(),
    sent: createTraffic(),
    wheel: createTimerWheel<Due>(TICK_MS, options.now(), (due) => fire(context, due)),
    journal: options.journal,
    record: options.record,
    now: options.now,
    accessFor: options.accessFor,
    maxPublishRate: options.maxPublishRate,
    control: options.control,
    endsDenied: options.endsDenied,
    limits: options.limits,
    isMemoryFull: false,
    tap: null,
    observer: null,
    sequence: 0,
    writer: createWriter(),
    acks: createWriter(),
    held: createHeldPackets(),
    run: createRun(),
    sentFrames: createSentFrames(),
    unmounted: createUnmounted(),
    replays: createReplaySchedule(),
    sources: createRetainedSources({
      areChecked: options.checksRetainSource,
      isStillSuperuser: options.isStillSuperuser,
    }),
    header: createPublishHeader(properties),
    ackHeader: createAckHeader(properties),
  };
  if (options.stored !== null) restoreState(context, options.stored);
  const advance = (): void => {
    context.wheel.advance(context.now());
    settle(context);
  };
  const publishers = createPublishers(context);
  const subscribersOf = (topic: string): number => {
    const { targets, groups } = context.router.routes(context.router.entryOf(topic));
    return targets.length + groups.length;
  };
  const clock = setInterval(advance, TICK_MS);
  clock.unref();

  return {
    open(info, output) {
      const opened = openSession(context, info, output);
      settle(context);
      return opened;
    },
    begin(connection) {
      beginSession(context, connection);
      settle(context);
    },
    receive(connection, chunk, start, end) {
      if (connection.isClosed) return;
      const fault = receivePacket(context, connection, chunk, start, end);
      if (fault !== null) disconnect(context, connection, fault.code, { kind: fault.kind, sentence: fault.sentence });
    },
    question: (connection, chunk, start, end) =>
      connection.isClosed ? null : questionOf(context, connection, chunk, start, end),
    standingQuestion: standingQuestionOf,
    useAnswers(session, asked) {
      settle(context);
      const isChanged = useAnswers(context, session, asked);
      settle(context);
      return isChanged;
    },
    useIdentity(session, identity) {
      settle(context);
      session.identity = identity;
      session.access = context.accessFor(identity);
      forgetDecisions(session);
      // routes remember who may receive
      context.router.invalidate();
      session.isHeld = mustBeAsked(session);
      session.rights++;
      settle(context);
    },
    settle(connection) {
      connection.lastSeenMs = context.now();
      settle(context);
    },
    drained(connection) {
      connection.waitsForDrain = false;
      pump(context, connection.session);
      if (connection.session.replays !== null) context.replays.ready.add(connection.session);
      settle(context);
    },
    close(connection) {
      closeConnection(context, connection, BROKEN);
      settle(context);
    },
    disconnect(connection, code, reason) {
      disconnect(context, connection, code, reason);
      settle(context);
    },
    publish(own) {
      flushRun(context);
      const entry = context.router.entryOf(own.topic);
      const message = ownMessage(context, entry, own);
      const isKept = !message.retain || retain(context, message, entry);
      distribute(context, entry, message, null);
      settle(context);
      return isKept;
    },
    publishTo(clientId, own) {
      flushRun(context);
      const entry = context.router.entryOf(own.topic);
      const message = ownMessage(context, entry, own);
      for (const target of context.router.routes(entry).targets) {
        if (target.subscriber.clientId === clientId) deliverToTarget(context, target, message, null);
      }
      settle(context);
    },
    publishAs(sender, messages) {
      const publish = (): Promise<PublishAnswer> => {
        const answer = publishers.publish(sender, messages);
        settle(context);
        return stored(
          context,
          answer,
          messages.some(({ qos }) => qos > 0),
        );
      };
      return publishers.question(sender, messages)?.then(publish) ?? publish();
    },
    expel(connection, code, reason) {
      disconnect(context, connection, code, reason, EXPELLED);
      settle(context);
    },
    rightsChanged(concerns) {
      settle(context);
      publishers.forget();
      context.router.invalidate();
      context.sources.accesses.clear();
      for (const session of context.sessions.values()) {
        if (concerns(session.identity)) renewRights(context, session);
        else forgetDecisions(session);
      }
    },
    recheck(limits) {
      settle(context);
      context.limits = limits;
      publishers.forget();
      context.router.invalidate();
      context.sources.accesses.clear();
      for (const session of context.sessions.values()) {
        renewRights(context, session);
        recheckLimits(context, session);
      }
      settle(context);
    },
    watch(tap) {
      flushRun(context);
      context.tap = tap;
    },
    observe(observer) {
      flushRun(context);
      context.observer = observer;
    },
    useMemory(isFull) {
      context.isMemoryFull = isFull;
    },
    endSession(clientId, reason) {
      const session = context.sessions.get(clientId);
      if (session === undefined) return false;
      if (session.connection !== null) disconnect(context, session.connection, Code.administrativeAction, reason);
      if (context.sessions.get(clientId) === session) endSession(context, session);
      settle(context);
      return true;
    },
    sessions: context.sessions,
    retained: context.retained,
    counters: context.counters,
    received: context.received,
    sent: context.sent,
    isHeard: context.router.isHeard,
    subscribersOf,
    stored: () => storedMessages(context),
    advance,
    stop(reason) {
      clearInterval(clock);
      for (const { connection } of context.sessions.values()) {
        if (connection !== null) disconnect(context, connection, Code.serverShuttingDown, reason);
      }
      settle(context);
    },
  };
}

/** An answer at the time at which a client would hear its acknowledgement. */
function stored({ journal }: Context, answer: PublishAnswer, isAcknowledged: boolean): Promise<PublishAnswer> {
  if (!isAcknowledged || journal?.mode !== "always" || !journal.hasUnstored) return Promise.resolve(answer);
  return new Promise((resolve) => journal.afterStored(() => resolve(answer)));
}
