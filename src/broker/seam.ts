import type { Aedes, Client } from "aedes";
import mqttPacket from "mqtt-packet";

/**
 * Everything of aedes that is not its public surface is touched here, and checked first.
 * @throws Error when this aedes is not the one we know.
 */
export function hardenBroker(aedes: Aedes): void {
  // Plain objects inherit "constructor" and "__proto__", which a client id may be (GHSA-52qw-whmv-87c5).
  replace(aedes, "clients", Object.create(null));
  replace(aedes, "brokers", Object.create(null));
  muteOwnTopics(aedes);
  keepNoNumbers();
}

/** The same for the tables of one client. */
export function hardenClient(client: Client): void {
  replace(client, "subscriptions", Object.create(null));
  replace(client, "duplicates", Object.create(null));
}

/** aedes announces every client to its own subscribers; it has none, and need not walk through them. */
function muteOwnTopics(aedes: Aedes): void {
  const mq = memberOf(aedes, "mq");
  requireMember(mq, "emit", "function");
  Reflect.set(mq, "emit", (_packet: unknown, done?: () => void) => {
    if (done !== undefined) setImmediate(done);
    return mq;
  });
}

/** aedes writes nothing but one short CONNACK per client; its writer would keep 65,536 buffers for it, 12 MB. */
function keepNoNumbers(): void {
  requireMember(mqttPacket, "writeToStream", "function");
  const writer: unknown = Reflect.get(mqttPacket, "writeToStream");
  if (typeof writer === "function") Reflect.set(writer, "cacheNumbers", false);
}

function replace(owner: object, name: string, value: unknown): void {
  requireMember(owner, name, "object");
  Reflect.set(owner, name, value);
}

function memberOf(owner: object, name: string): object {
  const found: unknown = Reflect.get(owner, name);
  if (typeof found !== "object" || found === null) throw unknownEngine(name);
  return found;
}

function requireMember(owner: object, name: string, type: "object" | "function"): void {
  const found: unknown = Reflect.get(owner, name);
  if (typeof found !== type || found === null) throw unknownEngine(name);
}

function unknownEngine(member: string): Error {
  return new Error(`this aedes is not 2.0.0-beta.1: it has no "${member}" of the kind we rely on`);
}
