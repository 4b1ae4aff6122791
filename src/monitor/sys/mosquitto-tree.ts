import { createLoad, type Load } from "./load.ts";
import { allPackets, packetsOf, publishes, type Reading, type SysValue } from "./reading.ts";

const CONNECT = 1;

/** Makes what mosquitto says below $SYS/broker, from one reading after the other. */
export function createMosquittoTree(version: string): (reading: Reading) => readonly SysValue[] {
  const loads = new Map<string, Load>();
  let mostClients = 0;
  let mostMemory = 0;

  return (reading) => {
    const { figures, memoryBytes, uptimeMs } = reading;
    mostClients = Math.max(mostClients, figures.sessions);
    mostMemory = Math.max(mostMemory, memoryBytes);
    const values: SysValue[] = [
      ["version", `culex version ${version}`],
      ["uptime", `${Math.floor(uptimeMs / 1000)} seconds`],
      ["clients/maximum", String(mostClients)],
      ["heap/current", String(memoryBytes)],
      ["heap/maximum", String(mostMemory)],
      ...gauges(reading),
    ];
    for (const [topic, count] of totals(reading)) if (topic !== null) values.push([topic, String(count)]);
    for (const [, count, name] of totals(reading)) {
      if (name === null) continue;
      const load = loads.get(name) ?? createLoad();
      loads.set(name, load);
      load.take(count, uptimeMs);
      for (const [window, value] of load.values) values.push([`load/${name}/${window}`, value]);
    }
    return values.map(([topic, payload]) => [`$SYS/broker/${topic}`, payload]);
  };
}

/** What is so now. Two names for one thing: the first one of each is the older. */
function gauges({ figures }: Reading): readonly SysValue[] {
  const { connections, sessions, stored, subscriptions, sharedSubscriptions, retained, bytesUnsent } = figures;
  const numbers: readonly (readonly [string, number])[] = [
    ["clients/total", sessions],
    ["clients/active", connections],
    ["clients/connected", connections],
    ["clients/inactive", sessions - connections],
    ["clients/disconnected", sessions - connections],
    ["clients/expired", figures.sessionsExpired],
    ["messages/stored", stored.count],
    ["store/messages/count", stored.count],
    ["store/messages/bytes", stored.payloadBytes],
    ["subscriptions/count", subscriptions - sharedSubscriptions],
    ["shared_subscriptions/count", sharedSubscriptions],
    ["retained messages/count", retained],
    ["packet/out/bytes", bytesUnsent],
  ];
  return numbers.map(([topic, value]) => [topic, String(value)]);
}

/** What only grows: its topic, and the name of its load; null: it has none. */
function totals({
  figures,
}: Reading): readonly (readonly [topic: string | null, count: number, load: string | null])[] {
  const { received, sent, dropped, sockets } = figures;
  return [
    ["messages/received", allPackets(received), "messages/received"],
    ["messages/sent", allPackets(sent), "messages/sent"],
    ["publish/messages/received", publishes(received), "publish/received"],
    ["publish/messages/sent", publishes(sent), "publish/sent"],
    ["publish/messages/dropped", dropped, "publish/dropped"],
    ["publish/bytes/received", received.payloadBytes, null],
    ["publish/bytes/sent", sent.payloadBytes, null],
    ["bytes/received", received.bytes, "bytes/received"],
    ["bytes/sent", sent.bytes, "bytes/sent"],
    ["connections/socket/count", sockets, "sockets"],
    [null, packetsOf(received, CONNECT), "connections"],
  ];
}
