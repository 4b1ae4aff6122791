import type { Duplex } from "node:stream";
import type { Client } from "aedes";
import { messageOf } from "../core/errors.ts";
import type { ClientInfo, RecordEvent } from "../core/events.ts";
import type { Logger } from "../core/logger.ts";
import { isAllowed } from "../core/reasons.ts";
import type { Qos } from "../core/types.ts";
import type { Snapshot } from "../snapshot/types.ts";
import type { ConnectionInfo } from "./connection.ts";
import { createFlusher } from "./flusher.ts";
import { createHooks } from "./hooks.ts";
import { createLink, type Link } from "./link.ts";
import { CODE } from "./packets/replies.ts";
import { TOPIC_ALIAS_MAXIMUM } from "./publish-gate.ts";
import { createEngine } from "./seam.ts";

export interface BrokerDeps {
  readonly current: () => Snapshot;
  readonly record: RecordEvent;
  readonly log: Logger;
  /** From the connection to a whole CONNECT; 10 s. */
  readonly connectTimeoutMs?: number;
  /** From the CONNECT to an answer of the login chain; 30 s. */
  readonly loginTimeoutMs?: number;
}

export interface Broker {
  /** Serves a connection; refusals are answered and recorded here. */
  readonly accept: (stream: Duplex, info: ConnectionInfo) => void;
  /** Publishes past every rule; for the broker's own messages. */
  publish(message: {
    readonly topic: string;
    readonly payload: Uint8Array | string;
    readonly qos: Qos;
    readonly retain: boolean;
  }): Promise<void>;
  /** Clients connected now. */
  sessions(): readonly ClientInfo[];
  /** Closes the connections that the current moment no longer admits. */
  recheck(): { readonly checked: number; readonly closed: number };
  /** Says goodbye to every client and ends; takes at most a few seconds. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LOGIN_TIMEOUT_MS = 30_000;
/** How often silent connections are looked for, at most. */
const SWEEP_MS = 500;
/** Connections that have not closed by then are cut off. */
const STOP_TIMEOUT_MS = 3_000;

/** Starts the engine. */
export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const { current, record, log, connectTimeoutMs = CONNECT_TIMEOUT_MS, loginTimeoutMs = LOGIN_TIMEOUT_MS } = deps;
  const limits = (): Snapshot["settings"]["limits"] => current().settings.limits;
  const links = new Set<Link>();
  const linkOf = new WeakMap<object, Link>();
  const byClientId = new Map<string, Link>();
  const callOffs = new Map<Link, () => void>();
  const flusher = createFlusher();
  let isStopping = false;

  const find = (client: Client): Link | null => linkOf.get(client.conn) ?? null;
  const sessionOf = (clientId: string) => byClientId.get(clientId)?.session() ?? null;

  const hooks = createHooks({
    current,
    record,
    log,
    loginTimeoutMs,
    linkOf: find,
    accepted(link, clientId) {
      const older = byClientId.get(clientId);
      const sentence = `replaced by a new connection from ${link.info.address}`;
      if (older !== undefined && older !== link) older.expectEnd({ kind: "taken_over", sentence });
      byClientId.set(clientId, link);
    },
    onEnd(link, callOff) {
      if (callOff === null) callOffs.delete(link);
      else callOffs.set(link, callOff);
    },
  });

  const engine = await createEngine(
    {
      ...hooks,
      // Connection and login have timeouts of their own here, and what comes before the CONNACK is held back.
      connectTimeout: connectTimeoutMs * 2,
      queueLimit: 1_000,
      // MQTT 3.1 allows 23 characters; mosquitto takes any length, and so do devices in use.
      maxClientsIdLength: 65_535,
      topicAliasMaximum: TOPIC_ALIAS_MAXIMUM,
    },
    () => limits().maxPacketSize,
    {
      maySubscribe: (clientId, filter) => sessionOf(clientId)?.maySubscribe(filter) ?? false,
      mayReceive: (clientId, topic) => sessionOf(clientId)?.mayReceive(topic) ?? true,
      dropped(clientId) {
        // To a client that is there the message was sent all the same; it is only not kept.
        if (byClientId.has(clientId)) return;
        const client: ClientInfo = { clientId, username: null, address: "", listener: "" };
        const sentence = "messages are dropped while it is away (1000 are waiting)";
        record({ kind: "dropped", client, reason: { kind: "queue_dropped", sentence } });
      },
    },
  );
  const { aedes } = engine;

  aedes.on("clientReady", (client) => find(client)?.open());
  aedes.on("subscribe", (subscriptions, engineClient) => {
    const client = find(engineClient)?.client();
    if (client === undefined) return;
    for (const { topic, qos } of subscriptions)
      if (qos <= 2) record({ kind: "subscribed", client, filter: topic, qos });
  });
  aedes.on("unsubscribe", (filters, engineClient) => {
    const link = find(engineClient);
    // The end of a connection also ends its subscriptions; that goes without saying.
    if (link?.isOpen() !== true) return;
    for (const filter of filters) record({ kind: "unsubscribed", client: link.client(), filter });
  });
  // Without a listener the process would end.
  aedes.addListener("error", (error: unknown) => {
    log.error({}, `The engine reports a fault: ${messageOf(error)}`);
  });

  const ended = (link: Link): void => {
    callOffs.get(link)?.();
    callOffs.delete(link);
    const { clientId } = link.client();
    if (byClientId.get(clientId) === link) byClientId.delete(clientId);
  };

  const sweep = setInterval(
    () => {
      const nowMs = Date.now();
      for (const link of links) link.tick(nowMs);
    },
    Math.min(SWEEP_MS, connectTimeoutMs / 2),
  ).unref();

  return {
    accept(stream, info) {
      if (isStopping) {
        stream.destroy();
        return;
      }
      const link = createLink(stream, info, { limits, record, flusher, connectTimeoutMs, ended });
      links.add(link);
      linkOf.set(link.engineSide, link);
      void link.closed.then(() => links.delete(link));
      engine.handle(link.engineSide);
    },
    publish: ({ topic, payload, qos, retain }) => engine.publish({ topic, payload: Buffer.from(payload), qos, retain }),
    sessions: () => [...links].filter((link) => link.isOpen()).map((link) => link.client()),
    recheck() {
      let checked = 0;
      let closed = 0;
      for (const link of links) {
        const session = link.session();
        if (session === null || !link.isOpen()) continue;
        checked++;
        const decision = current().logins.recheck(session.identity);
        if (isAllowed(decision)) continue;
        closed++;
        // The configuration was changed by its owner: an administrative action, not a fault of the client (3.14.2.1).
        link.close(decision.reason, CODE.administrativeAction);
      }
      return { checked, closed };
    },
    async stop() {
      if (isStopping) return;
      isStopping = true;
      clearInterval(sweep);
      const open = [...links];
      for (const link of open) link.close({ kind: "shutting_down", sentence: "the broker stops" });
      const cutOff = setTimeout(() => {
        for (const link of open) link.destroy();
      }, STOP_TIMEOUT_MS);
      await Promise.all(open.map(({ closed }) => closed));
      clearTimeout(cutOff);
      await engine.close();
    },
  };
}
