import { Duplex } from "node:stream";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { hardenStore, type StoreRules } from "./store.ts";

/** aedes, with what its types leave out and what must not stay as it is. */
export interface Engine {
  readonly aedes: Aedes;
  /** Hands a connection over; the client is safe against names such as "__proto__". */
  handle(stream: Duplex): Client;
  /** Publishes past every rule. */
  publish(message: { topic: string; payload: Buffer; qos: 0 | 1 | 2; retain: boolean }): Promise<void>;
  close(): Promise<void>;
}

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Starts aedes and closes what can be closed from outside (spec B1, B3, B4, B6, B8, B11).
 * Everything that is not its public surface is touched here and checked first.
 * @throws Error when this aedes is not the one we know.
 */
export async function createEngine(
  options: AedesOptions,
  maximumPacketSize: () => number,
  rules: StoreRules,
): Promise<Engine> {
  const aedes = new Aedes(options);
  const clients: Record<string, unknown> = Object.create(null);
  const brokers: Record<string, unknown> = Object.create(null);
  // The sweep for wills of dead brokers must never take this one for dead, even without heartbeats.
  brokers[aedes.id] = Number.POSITIVE_INFINITY;
  // Plain objects inherit "constructor" and "__proto__", which a client id may be (GHSA-52qw-whmv-87c5).
  replace(aedes, "clients", clients);
  replace(aedes, "brokers", brokers);
  muteOwnTopics(aedes);
  guardRegistry(aedes, clients);
  requireMember(aedes, "maximumPacketSize", "number");
  // Announced in the CONNACK of MQTT 5; asked each time, so that a reload is in force at once.
  Object.defineProperty(aedes, "maximumPacketSize", { get: maximumPacketSize });
  await aedes.listen();
  hardenStore(memberOf(aedes, "persistence"), rules);

  const handle = (stream: Duplex): Client => {
    const client = aedes.handle(stream);
    harden(client);
    return client;
  };
  probe(aedes, handle);

  return {
    aedes,
    handle,
    publish: ({ topic, payload, qos, retain }) =>
      new Promise((resolve, reject) => {
        aedes.publish({ cmd: "publish", topic, payload, qos, retain, dup: false }, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
  };
}

/** Closes B1 and B3 for one client. */
function harden(client: Client): void {
  replace(client, "subscriptions", Object.create(null));
  replace(client, "duplicates", NO_DUPLICATES);
}

/**
 * The engine takes whatever is overtaken for a duplicate and loses it. This table never knows an earlier message;
 * real duplicates are told apart in `authorizeForward`.
 */
const NO_DUPLICATES: object = new Proxy(Object.freeze({}), {
  get: () => 0,
  set: () => true,
  deleteProperty: () => true,
});

/** The properties of a will that belong to its publishing, not to the message: `willDelayInterval` must not go out. */
export function withoutWillDelay(will: object): void {
  const properties: unknown = Reflect.get(will, "properties");
  if (typeof properties !== "object" || properties === null || !("willDelayInterval" in properties)) return;
  const { willDelayInterval: _delay, ...rest } = properties;
  Reflect.set(will, "properties", rest);
}

/** A number that names one message on its way through the engine; null for a retained message that is replayed. */
export function counterOf(packet: object): number | null {
  const counter: unknown = Reflect.get(packet, "brokerCounter");
  return typeof counter === "number" && Reflect.get(packet, "brokerId") !== null ? counter : null;
}

/** Swallows heartbeats and notices with client ids and filters, which anyone allowed on `$SYS/#` would read. */
function muteOwnTopics(aedes: Aedes): void {
  const mq = memberOf(aedes, "mq");
  const emit = methodOf(mq, "emit");
  const prefix = `$SYS/${aedes.id}/`;
  Reflect.set(mq, "emit", (packet: { readonly topic: string }, done?: () => void) => {
    if (!packet.topic.startsWith(prefix)) return emit.call(mq, packet, done);
    if (done !== undefined) setImmediate(done);
    return mq;
  });
}

/**
 * A client that comes back while its old connection is still closing would be deleted from the registry, and its
 * session ended, by the end of the old one.
 */
function guardRegistry(aedes: Aedes, clients: Readonly<Record<string, unknown>>): void {
  for (const name of ["unregisterClient", "scheduleSessionExpiry"]) {
    const method = methodOf(aedes, name);
    Reflect.set(aedes, name, (client: Client) => {
      const registered = clients[client.id];
      if (registered === undefined || registered === client) method.call(aedes, client);
    });
  }
}

/** Shows that a client has the members that `harden` replaces, before the first real one comes. */
function probe(aedes: Aedes, handle: (stream: Duplex) => Client): void {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const client = handle(stream);
  requireMember(client, "close", "function");
  requireMember(aedes, "handle", "function");
  client.close();
}

function replace(owner: object, name: string, value: unknown): void {
  requireMember(owner, name, "object");
  Reflect.set(owner, name, value);
}

function requireMember(owner: object, name: string, type: "object" | "function" | "number"): void {
  const found: unknown = Reflect.get(owner, name);
  if (typeof found !== type || found === null) throw unknownEngine(name);
}

function memberOf(owner: object, name: string): object {
  const found: unknown = Reflect.get(owner, name);
  if (typeof found !== "object" || found === null) throw unknownEngine(name);
  return found;
}

function methodOf(owner: object, name: string): Method {
  const found: unknown = Reflect.get(owner, name);
  if (!isMethod(found)) throw unknownEngine(name);
  return found;
}

function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

function unknownEngine(member: string): Error {
  return new Error(`this aedes is not 2.0.0-beta.1: it has no "${member}" of the kind we rely on`);
}
