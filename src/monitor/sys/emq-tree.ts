import { allPackets, packetsOf, publishes, publishesOf, type Reading, type SysValue } from "./reading.ts";

/** Control packets by their type (MQTT 5, table 2-1), as EMQ's metrics call them. */
const RECEIVED_ONLY = [
  ["connect", 1],
  ["subscribe", 8],
  ["unsubscribe", 10],
  ["pingreq", 12],
  ["disconnect", 14],
] as const;
const SENT_ONLY = [
  ["connack", 2],
  ["suback", 9],
  ["unsuback", 11],
  ["pingresp", 13],
] as const;
const BOTH_WAYS = [
  ["publish", 3],
  ["puback", 4],
  ["pubrec", 5],
  ["pubrel", 6],
  ["pubcomp", 7],
] as const;

/** Makes what EMQ says below $SYS/brokers, from one reading after the other. */
export function createEmqTree(version: string, node: string): (reading: Reading) => readonly SysValue[] {
  const most = new Map<string, number>();

  const statistics = (reading: Reading): SysValue[] =>
    stats(reading).flatMap(([name, count]) => {
      const max = Math.max(most.get(name) ?? 0, count);
      most.set(name, max);
      return [
        [`stats/${name}/count`, String(count)],
        [`stats/${name}/max`, String(max)],
      ];
    });

  return (reading) => {
    const values: SysValue[] = [
      ["version", version],
      ["sysdescr", "Culex MQTT Broker"],
      ["uptime", uptime(reading.uptimeMs)],
      ...statistics(reading),
      ...metrics(reading).map(([name, count]): SysValue => [`metrics/${name}`, String(count)]),
    ];
    return [["$SYS/brokers", node], ...values.map(([topic, payload]): SysValue => [emqTopic(node, topic), payload])];
  };
}

/** A topic of this broker in EMQ's tree. */
export function emqTopic(node: string, topic: string): string {
  return `$SYS/brokers/${node}/${topic}`;
}

/** The name of this broker as one level of its topics. */
export function nodeLevel(name: string): string {
  return name.replace(/[/+#]/g, "-");
}

/** Longer names get no topic: it would be one that nobody subscribes to, or longer than MQTT has them. */
export const LONGEST_LEVEL = 1000;

/** One level of a topic: what separates levels, or stands for others in a filter, is written as in a URL. */
export function topicLevel(name: string): string {
  return name.replace(/[%/+#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function stats({ figures }: Reading): readonly (readonly [string, number])[] {
  return [
    ["clients", figures.connections],
    ["sessions", figures.sessions],
    ["topics", figures.filters],
    ["subscribers", figures.subscribers],
    ["subscriptions", figures.subscriptions],
    ["routes", figures.filters],
    ["retained", figures.retained],
  ];
}

function metrics({ figures }: Reading): readonly (readonly [string, number])[] {
  const { received, sent } = figures;
  const qos = ([0, 1, 2] as const).flatMap((level): (readonly [string, number])[] => [
    [`messages/qos${level}/received`, publishesOf(received, level)],
    [`messages/qos${level}/sent`, publishesOf(sent, level)],
  ]);
  return [
    ["bytes/received", received.bytes],
    ["bytes/sent", sent.bytes],
    ["packets/received", allPackets(received)],
    ["packets/sent", allPackets(sent)],
    ...RECEIVED_ONLY.map(([name, type]) => [`packets/${name}`, packetsOf(received, type)] as const),
    ...SENT_ONLY.map(([name, type]) => [`packets/${name}`, packetsOf(sent, type)] as const),
    ...BOTH_WAYS.flatMap(([name, type]) => [
      [`packets/${name}/received`, packetsOf(received, type)] as const,
      [`packets/${name}/sent`, packetsOf(sent, type)] as const,
    ]),
    ["messages/received", publishes(received)],
    ["messages/sent", publishes(sent)],
    ["messages/dropped", figures.dropped],
    ["messages/retained", figures.retained],
    ...qos,
  ];
}

/** "25 seconds", "3 minutes, 32 seconds", "2 days,5 hours, 3 minutes, 32 seconds". */
function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const parts = [
    ...(hours > 0 ? [`${hours % 24} hours`] : []),
    ...(minutes > 0 ? [`${minutes % 60} minutes`] : []),
    `${seconds % 60} seconds`,
  ].join(", ");
  // no blank behind the days, as EMQ has it
  return days > 0 ? `${days} days,${parts}` : parts;
}
