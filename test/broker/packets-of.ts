import type { Packet, QoS } from "mqtt-packet";

type Publish = Extract<Packet, { cmd: "publish" }>;
type Subscribe = Extract<Packet, { cmd: "subscribe" }>;

/** A PUBLISH with a text as payload. */
export function publish(topic: string, payload: string, more: Partial<Publish> = {}): Publish {
  const qos: QoS = more.qos ?? 0;
  return {
    cmd: "publish",
    topic,
    payload,
    qos,
    dup: false,
    retain: false,
    ...(qos > 0 ? { messageId: 1 } : {}),
    ...more,
  };
}

/** A SUBSCRIBE for one filter. */
export function subscribe(
  topic: string,
  qos: QoS = 0,
  more: Partial<Subscribe["subscriptions"][number]> = {},
  properties?: Subscribe["properties"],
): Subscribe {
  return {
    cmd: "subscribe",
    messageId: 77,
    subscriptions: [{ topic, qos, ...more }],
    ...(properties === undefined ? {} : { properties }),
  };
}

/** The PUBLISH packets among what was received. */
export function publishes(packets: readonly Packet[]): Publish[] {
  return packets.filter((packet) => packet.cmd === "publish");
}

/** Topics and payloads of what was received: ["a=1"]. */
export function texts(packets: readonly Packet[]): string[] {
  return publishes(packets).map(({ topic, payload }) => `${topic}=${payload.toString()}`);
}

export function ack(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId: number, reasonCode = 0): Packet {
  return { cmd, messageId, reasonCode };
}
