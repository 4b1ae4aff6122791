import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { type Packet, generate, parser } from "mqtt-packet";

/** A client with a session of its own, which it keeps while the broker dies and comes back. */
interface LastingClient {
  /** Connects and takes the session up again; tells whether the broker still had it. */
  connect(port: number): Promise<boolean>;
  /** The connection ends without a word. */
  drop(): void;
}

/** Publishes numbers, one after the other, and writes down what it was told. */
export interface Publisher extends LastingClient {
  /** Says how far it goes: it publishes as fast as it is answered, and stops at this number. */
  publishUpTo(count: number): void;
  /** When each number was acknowledged, in milliseconds of performance.now(). */
  readonly acknowledgedAtMs: readonly number[];
  /** Numbers that were sent at least once. */
  readonly sent: () => number;
  /** Whether all that was sent is acknowledged, and every handshake is over. */
  readonly isDone: () => boolean;
}

/** Receives numbers and writes down how often each came. */
export interface Subscriber extends LastingClient {
  subscribe(filter: string): Promise<void>;
  /** By topic, then by number. */
  readonly received: ReadonlyMap<string, readonly number[]>;
}

export interface PublisherOptions {
  readonly clientId: string;
  readonly qos: 1 | 2;
  readonly retain?: boolean;
  readonly topicOf: (number: number) => string;
  /** Messages without an answer, at most. */
  readonly window: number;
}

/** Makes a publisher that is not connected yet. */
export function createPublisher({ clientId, qos, retain = false, topicOf, window }: PublisherOptions): Publisher {
  const open = new Map<number, { readonly number: number; isReleased: boolean }>();
  const acknowledgedAtMs: number[] = [];
  let next = 0;
  let end = 0;
  let lastId = 0;

  const publish = (messageId: number, number: number, dup: boolean): void =>
    line.send({ cmd: "publish", topic: topicOf(number), payload: String(number), qos, retain, dup, messageId });
  const fill = (): void => {
    while (line.isUp() && next < end && open.size < window) {
      // few ids, so that each is soon used again
      do lastId = (lastId % (window * 2)) + 1;
      while (open.has(lastId));
      open.set(lastId, { number: next, isReleased: false });
      publish(lastId, next++, false);
    }
  };
  const line = createLine(clientId, {
    resume() {
      for (const [messageId, { number, isReleased }] of open) {
        if (isReleased) line.send({ cmd: "pubrel", messageId });
        else publish(messageId, number, true);
      }
      fill();
    },
    receive(packet) {
      if (packet.cmd !== "puback" && packet.cmd !== "pubrec" && packet.cmd !== "pubcomp") return;
      const messageId = packet.messageId ?? 0;
      const message = open.get(messageId);
      if (message === undefined) return;
      if (packet.cmd !== "pubcomp") acknowledgedAtMs[message.number] ??= performance.now();
      if (packet.cmd === "pubrec") {
        message.isReleased = true;
        line.send({ cmd: "pubrel", messageId });
        return;
      }
      open.delete(messageId);
      fill();
    },
  });
  return {
    connect: line.connect,
    drop: line.drop,
    publishUpTo(count) {
      end = count;
      fill();
    },
    acknowledgedAtMs,
    sent: () => next,
    isDone: () => next >= end && open.size === 0,
  };
}

/** Makes a subscriber that is not connected yet. */
export function createSubscriber(clientId: string): Subscriber {
  const received = new Map<string, number[]>();
  /** QoS 2 ids between PUBLISH and PUBREL: a repetition of one is no new message. */
  const held = new Set<number>();
  let subscribed: (() => void) | null = null;

  const count = (topic: string, number: number): void => {
    const counts = received.get(topic) ?? [];
    received.set(topic, counts);
    counts[number] = (counts[number] ?? 0) + 1;
  };
  const line = createLine(clientId, {
    resume: () => undefined,
    receive(packet) {
      switch (packet.cmd) {
        case "publish": {
          const { qos, messageId = 0 } = packet;
          if (qos !== 2 || !held.has(messageId)) count(packet.topic, Number(packet.payload.toString()));
          if (qos === 1) line.send({ cmd: "puback", messageId });
          if (qos !== 2) return;
          held.add(messageId);
          line.send({ cmd: "pubrec", messageId });
          return;
        }
        case "pubrel":
          held.delete(packet.messageId ?? 0);
          line.send({ cmd: "pubcomp", messageId: packet.messageId ?? 0 });
          return;
        case "suback":
          subscribed?.();
          return;
        default:
      }
    },
  });
  return {
    connect: line.connect,
    drop: line.drop,
    subscribe: (filter) =>
      new Promise((resolve) => {
        subscribed = resolve;
        line.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos: 2 }] });
      }),
    received,
  };
}

interface LineHandler {
  /** CONNACK has come. */
  readonly resume: () => void;
  readonly receive: (packet: Packet) => void;
}

/** A connection of MQTT 5 that can be made again and again for the same session. */
function createLine(clientId: string, { resume, receive }: LineHandler) {
  let socket: Socket | null = null;
  const send = (packet: Packet): void => {
    socket?.write(generate(packet, { protocolVersion: 5 }));
  };
  const drop = (): void => {
    socket?.destroy();
    socket = null;
  };
  return {
    send,
    drop,
    isUp: () => socket !== null,
    async connect(port: number): Promise<boolean> {
      drop();
      const next = connectSocket({ port, host: "127.0.0.1", noDelay: true });
      next.on("error", () => undefined);
      await once(next, "connect");
      const decoder = parser({ protocolVersion: 5 });
      const connected = new Promise<boolean>((resolve, reject) => {
        next.once("close", () => {
          if (socket === next) socket = null;
          reject(new Error(`the connection of ${clientId} was closed`));
        });
        decoder.on("packet", (packet: Packet) => {
          if (socket !== next) return;
          if (packet.cmd === "connack") {
            resolve(packet.sessionPresent);
            resume();
          } else receive(packet);
        });
      });
      next.on("data", (chunk) => void decoder.parse(chunk));
      socket = next;
      const properties = { sessionExpiryInterval: 3600 };
      send({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 5,
        clientId,
        clean: false,
        keepalive: 0,
        properties,
      });
      return connected;
    },
  };
}
