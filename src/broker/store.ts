import { Readable } from "node:stream";

/** What the store of sessions must know of clients, asked by client id. */
export interface StoreRules {
  readonly maySubscribe: (clientId: string, filter: string) => boolean;
  /** True for a client that is away: it is asked again when it comes back. */
  readonly mayReceive: (clientId: string, topic: string) => boolean;
  /** A message for this client was not kept. */
  readonly dropped: (clientId: string) => void;
}

interface StoreClient {
  readonly id: string;
  readonly clean?: boolean;
}

interface Subscription {
  readonly clientId: string;
  readonly topic: string;
}

interface StoredPacket {
  readonly cmd: string;
  readonly topic?: string;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly messageId?: number;
  /** In ms since 1970. */
  readonly messageExpiry?: number;
}

/** The part of aedes' persistence that is wrapped. */
interface Store {
  readonly addSubscriptions: (client: StoreClient, subscriptions: readonly Subscription[]) => Promise<void>;
  readonly cleanSubscriptions: (client: StoreClient) => Promise<void>;
  readonly outgoingEnqueueCombi: (subscriptions: readonly Subscription[], packet: StoredPacket) => Promise<void>;
  readonly outgoingUpdate: (client: StoreClient, packet: StoredPacket) => Promise<void>;
  readonly outgoingClearMessageId: (client: StoreClient, packet: StoredPacket) => Promise<StoredPacket | undefined>;
  readonly outgoingStream: (client: StoreClient) => AsyncIterable<StoredPacket>;
  readonly incomingStorePacket: (client: StoreClient, packet: StoredPacket) => Promise<void>;
  readonly incomingGetPacket: (client: StoreClient, packet: StoredPacket) => Promise<unknown>;
  readonly incomingDelPacket: (client: StoreClient, packet: StoredPacket) => Promise<void>;
}

/** Messages kept for one client, as mosquitto's `max_queued_messages`. */
const QUEUE_MAXIMUM = 1_000;
/** A packet id that no client can have; marks one entry of a queue so that it can be cleared. */
const MARKED = 0;

/**
 * Mends the engine's memory store in place: queues are bounded, hold a message once per client and only what it may
 * read; what is no longer known is not an error; QoS 2 state ends with its session.
 * @throws Error when the store lacks a method.
 */
export function hardenStore(target: object, rules: StoreRules): void {
  if (!isStore(target)) throw new Error("this aedes is not 2.0.0-beta.1: its persistence lacks a method we rely on");
  const { addSubscriptions, cleanSubscriptions, outgoingEnqueueCombi, outgoingUpdate, outgoingClearMessageId } = target;
  const { outgoingStream } = target;
  const queued = new Map<string, number>();
  /** Packet ids of inbound QoS 2 messages, by client. */
  const incoming = new Map<string, Set<number>>();
  /** Clients whose queue is being emptied. */
  const emptying = new Set<string>();

  const clear = async (client: StoreClient, packet: StoredPacket): Promise<StoredPacket | undefined> => {
    // Without an id the engine would clear whichever message comes first (B6).
    if (packet.messageId === undefined) return undefined;
    const cleared = await outgoingClearMessageId.call(target, client, packet);
    if (cleared !== undefined) count(queued, client.id, -1);
    return cleared;
  };

  const discard = async (client: StoreClient, packet: StoredPacket): Promise<void> => {
    const { messageId } = packet;
    if (messageId === undefined) {
      await outgoingUpdate.call(target, client, { ...packet, messageId: MARKED }).catch(() => undefined);
      await clear(client, { cmd: packet.cmd, messageId: MARKED });
    } else {
      await clear(client, packet);
    }
  };

  /** Forgets every message queued for a client. */
  const empty = async (client: StoreClient): Promise<void> => {
    emptying.add(client.id);
    for await (const packet of outgoingStream.call(target, client)) await discard(client, packet);
    emptying.delete(client.id);
  };

  /** A stream that skips, and forgets, what must not be replayed; the engine stalls on more than 16 such messages. */
  async function* replayable(client: StoreClient): AsyncGenerator<StoredPacket> {
    if (emptying.has(client.id)) return;
    for await (const packet of outgoingStream.call(target, client)) {
      if (client.clean !== true && isReplayed(client.id, packet)) yield packet;
      else await discard(client, packet);
    }
  }

  const isReplayed = (clientId: string, { cmd, topic, messageExpiry }: StoredPacket): boolean =>
    cmd !== "publish" ||
    ((messageExpiry === undefined || messageExpiry > Date.now()) && rules.mayReceive(clientId, topic ?? ""));

  const mended: Store = {
    // The engine stores all filters of a SUBSCRIBE when one is allowed (B4).
    addSubscriptions: (client, subscriptions) =>
      addSubscriptions.call(
        target,
        client,
        subscriptions.filter(({ topic }) => rules.maySubscribe(client.id, topic)),
      ),
    async cleanSubscriptions(client) {
      incoming.delete(client.id);
      await empty(client);
      await cleanSubscriptions.call(target, client);
    },
    outgoingEnqueueCombi(subscriptions, packet) {
      const taken = new Set<string>();
      const kept = subscriptions.filter(({ clientId }) => {
        if (taken.has(clientId)) return false;
        taken.add(clientId);
        if (!rules.mayReceive(clientId, packet.topic ?? "")) return false;
        if ((queued.get(clientId) ?? 0) < QUEUE_MAXIMUM) return true;
        rules.dropped(clientId);
        return false;
      });
      for (const { clientId } of kept) count(queued, clientId, 1);
      return outgoingEnqueueCombi.call(target, kept, packet);
    },
    // A message that is not in the queue is delivered all the same; the engine would cut the client off.
    outgoingUpdate: (client, packet) => outgoingUpdate.call(target, client, packet).catch(() => undefined),
    outgoingClearMessageId: clear,
    outgoingStream: (client) => Readable.from(replayable(client)),
    async incomingStorePacket({ id }, { messageId }) {
      if (messageId !== undefined) incoming.set(id, (incoming.get(id) ?? new Set()).add(messageId));
    },
    async incomingGetPacket({ id }, { messageId }) {
      if (messageId === undefined || !incoming.get(id)?.has(messageId)) throw new Error("no such packet");
      return true;
    },
    async incomingDelPacket({ id }, { messageId }) {
      if (messageId !== undefined) incoming.get(id)?.delete(messageId);
    },
  };
  Object.assign(target, mended);
}

function count(table: Map<string, number>, id: string, change: number): void {
  const next = (table.get(id) ?? 0) + change;
  if (next > 0) table.set(id, next);
  else table.delete(id);
}

const METHODS: readonly (keyof Store)[] = [
  "addSubscriptions",
  "cleanSubscriptions",
  "outgoingEnqueueCombi",
  "outgoingUpdate",
  "outgoingClearMessageId",
  "outgoingStream",
  "incomingStorePacket",
  "incomingGetPacket",
  "incomingDelPacket",
];

function isStore(target: object): target is Store {
  return METHODS.every((name) => typeof Reflect.get(target, name) === "function");
}
