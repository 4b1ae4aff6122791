import { generate, parser, type IConnackPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import { messageOf } from "../core/errors.ts";
import type { ProtocolVersion, Qos } from "../core/types.ts";
import type { BridgePlan } from "../snapshot/types.ts";
import type { LoopGuard } from "./loop-guard.ts";
import { type Mapping, subscriptionTo } from "./mapping.ts";
import type { BridgeDeps, Fault, LocalEnd, Passed } from "./types.ts";

/** An open connection to a remote broker, tied to the session of the bridge in this one. */
export interface Relay {
  /** Takes a packet of the remote broker. */
  receive(packet: Packet): void;
  /** To be called when all that was read has been handed in. */
  settle(): void;
  /** To be called when all that was written has left. */
  drained(): void;
  close(): void;
}

export interface RelayDeps extends Pick<BridgeDeps, "log" | "openEnd"> {
  readonly plan: BridgePlan;
  readonly mapping: Mapping;
  readonly guard: LoopGuard;
  readonly passed: Passed;
  readonly version: ProtocolVersion;
  readonly connack: IConnackPacket;
  readonly write: (bytes: Buffer) => void;
  readonly bytesUnsent: () => number;
  readonly failed: (fault: Fault) => void;
  /** Hears what that broker refuses while the connection goes on. */
  readonly warned: (sentence: string) => void;
}

const MAX_PACKET_ID = 0xffff;
/** Bytes; a name that a prefix makes longer cannot be written into a packet. */
const LONGEST_TOPIC = 0xffff;
/** Room for the header of a packet whose topic becomes longer. */
const HEADER_BYTES = 8;

/**
 * Ties the two brokers together; null when this one has no room for the session. Packets pass with the packet ids they
 * have, so each handshake runs from one broker to the other: what one acknowledges, the other has accepted, and what a
 * connection leaves open the next one takes up where it stood.
 */
export function openRelay(deps: RelayDeps): Relay | null {
  const { plan, mapping, guard, passed, version, connack, log, write, failed } = deps;
  const { settings } = plan;
  const { name, notificationTopic } = settings;
  const options = { protocolVersion: version };
  const limits = connack.properties ?? {};
  const maxQos = qosOf(limits.maximumQoS);
  const keepsRetain = settings.outgoingRetain && limits.retainAvailable !== false;
  /** Subscriptions asked for and not answered, by packet id. */
  const asked = new Map<number, string>();
  let notificationId = 0;
  let nextOwnId = MAX_PACKET_ID;
  let wasRefused = false;
  let wasUnasked = false;
  let wasTooLong = false;
  /** Messages of QoS 2 that go nowhere, by packet id, until the session has ended their handshake. */
  const dropped = new Set<number>();

  /** This broker is at work while it writes, and cannot be called back. */
  const failLater = (fault: Fault): void => queueMicrotask(() => failed(fault));
  const toRemote = parser(options);
  toRemote.on("packet", (packet) => {
    try {
      if (packet.cmd === "publish") publishOut(packet);
      else if (packet.cmd === "pubrel" && dropped.delete(packet.messageId ?? 0))
        answer("pubcomp", packet.messageId ?? 0);
      else if (isHandshake(packet)) write(generate(packet, options));
    } catch (error) {
      failLater({ kind: "network", sentence: `cannot pass on a message (${messageOf(error)})`, fix: "" });
    }
  });
  toRemote.on("error", (error) => failLater({ kind: "network", sentence: messageOf(error), fix: "" }));
  const end = deps.openEnd(
    {
      clientId: settings.localClientId,
      name,
      version,
      isClean: settings.localCleanSession,
      // MQTT 3.1 does not tell
      isRemoteNew: version === 3 ? settings.cleanSession : !connack.sessionPresent,
      receiveMaximum: limits.receiveMaximum ?? 65_535,
      maximumPacketSize: largestOut(limits.maximumPacketSize ?? Infinity),
    },
    {
      packet: (bytes) => void toRemote.parse(bytes),
      get bytesUnsent() {
        return deps.bytesUnsent();
      },
      ended: ({ sentence }) =>
        failLater({ kind: "network", sentence: `was ended by this broker: ${sentence}`, fix: "" }),
    },
  );
  if (end === null) return null;
  introduce(end);
  return {
    receive,
    settle: end.settle,
    drained: end.drained,
    close: end.close,
  };

  function introduce(local: LocalEnd): void {
    if (settings.notifications === "both") {
      notificationId = ownId(local);
      const payload = Buffer.from("1");
      const told = { topic: notificationTopic, payload, qos: 1, retain: true, dup: false } as const;
      write(generate({ cmd: "publish", messageId: notificationId, ...told }, options));
    }
    for (const { filter, qos } of mapping.remote) {
      const messageId = ownId(local);
      asked.set(messageId, filter);
      const subscriptions = [subscriptionTo(filter, qos, 0)];
      write(generate({ cmd: "subscribe", messageId, subscriptions }, options));
    }
    if (settings.attemptUnsubscribe) {
      for (const filter of mapping.remoteUnwanted) {
        write(generate({ cmd: "unsubscribe", messageId: ownId(local), unsubscriptions: [filter] }, options));
      }
    }
    local.begin();
    subscribeLocally(local, mapping, version, maxQos);
    local.settle();
  }

  /** A packet id from the far end of those that the session gives to messages. */
  function ownId(local: LocalEnd): number {
    while (!local.isFree(nextOwnId)) nextOwnId--;
    return nextOwnId--;
  }

  function receive(packet: Packet): void {
    if (end === null) return;
    switch (packet.cmd) {
      case "publish":
        publishIn(end, packet);
        break;
      case "puback":
      case "pubrec":
      case "pubrel":
      case "pubcomp":
        if (packet.cmd === "puback" || packet.cmd === "pubrec") noteRefusal(packet.reasonCode ?? 0);
        // the first answer for this id is ours: later the session may give it to a message
        if (packet.cmd === "puback" && packet.messageId === notificationId) notificationId = 0;
        else end.receive(generate(packet, options));
        break;
      case "suback":
        noteAnswer(packet.messageId ?? 0, packet.granted[0]);
        break;
      case "disconnect": {
        const told = packet.properties?.reasonString ?? `code ${packet.reasonCode ?? 0}`;
        failed({
          kind: "network",
          sentence: `was ended by that broker (${told})`,
          fix: "Look into the log of that broker.",
        });
        break;
      }
      default:
        break;
    }
  }

  function publishIn(local: LocalEnd, packet: IPublishPacket): void {
    // no rule binds a bridge: the remote broker may write what the lines bring in, and nothing else
    if (!mapping.bringsIn(packet.topic)) return dropUnasked(packet);
    const topic = mapping.toLocal(packet.topic);
    if (Buffer.byteLength(topic) > LONGEST_TOPIC) return dropTooLong(packet);
    if (guard.note("in", topic, bytesOf(packet))) return failed(loop(topic));
    const { subscriptionIdentifier: _, ...properties } = packet.properties ?? {};
    passed.in++;
    local.receive(generate({ ...packet, topic, ...(version === 5 ? { properties } : {}) }, options));
  }

  /** Acknowledges a message that goes no further, so that the remote broker goes on to the next. */
  function acknowledge({ qos, messageId = 0 }: IPublishPacket): void {
    if (qos > 0) write(generate({ cmd: qos === 1 ? "puback" : "pubrec", messageId }, options));
  }

  function dropUnasked(packet: IPublishPacket): void {
    const { topic } = packet;
    acknowledge(packet);
    if (wasUnasked) return;
    wasUnasked = true;
    const sentence = `Bridge ${name}: the remote broker sends "${topic}", which no topic line brings in.`;
    log.warn({ bridge: name }, `${sentence} Such messages are dropped. ${UNASKED}`);
  }

  function dropTooLong(packet: IPublishPacket): void {
    acknowledge(packet);
    warnTooLong(packet);
  }

  function warnTooLong({ topic }: IPublishPacket): void {
    if (wasTooLong) return;
    wasTooLong = true;
    const sentence = `Bridge ${name}: with its prefix the topic "${topic.slice(0, 40)}…" is longer than ${LONGEST_TOPIC} bytes.`;
    warn(`${sentence} Such messages are dropped. Shorten the prefix, or the topic.`);
  }

  /** Ends the handshake of a message that goes no further, as the remote broker would. */
  function answer(cmd: "puback" | "pubrec" | "pubcomp", messageId: number): void {
    // this broker is at work while it writes
    queueMicrotask(() => {
      end?.receive(generate({ cmd, messageId }, options));
      end?.settle();
    });
  }

  function dropOut(packet: IPublishPacket): void {
    const { qos, messageId = 0 } = packet;
    if (qos === 2) dropped.add(messageId);
    if (qos > 0) answer(qos === 1 ? "puback" : "pubrec", messageId);
    warnTooLong(packet);
  }

  function publishOut(packet: IPublishPacket): void {
    if (guard.note("out", packet.topic, bytesOf(packet))) return failLater(loop(packet.topic));
    const topic = mapping.toRemote(packet.topic);
    if (Buffer.byteLength(topic) > LONGEST_TOPIC) return dropOut(packet);
    const retain = packet.retain && keepsRetain;
    passed.out++;
    write(generate({ ...packet, topic, retain }, options));
  }

  function largestOut(remoteMaximum: number): number {
    const limit = Math.min(remoteMaximum, settings.maxPacketSize ?? Infinity);
    return limit - (mapping.growth === 0 ? 0 : mapping.growth + HEADER_BYTES);
  }

  function noteRefusal(code: number): void {
    if (code < 0x80 || wasRefused) return;
    wasRefused = true;
    const sentence = `Bridge ${name}: the remote broker refuses messages (code ${code}).`;
    warn(`${sentence} They are not delivered there. Look into its log for the reason.`);
  }

  function noteAnswer(messageId: number, code: unknown): void {
    const filter = asked.get(messageId);
    asked.delete(messageId);
    if (filter === undefined || typeof code !== "number" || code < 0x80) return;
    const sentence = `Bridge ${name}: the remote broker refuses the subscription to "${filter}" (code ${code}).`;
    warn(`${sentence} Nothing comes in through it. Allow it there, or change the topic line.`);
  }

  function warn(sentence: string): void {
    log.warn({ bridge: name }, sentence);
    deps.warned(sentence);
  }
}

/** Makes the subscriptions of a session those that the mapping wants. */
export function subscribeLocally(
  local: LocalEnd,
  { local: wanted }: Pick<Mapping, "local">,
  version: ProtocolVersion,
  maxQos: Qos,
  retainHandling: 0 | 2 = 0,
): void {
  const options = { protocolVersion: version };
  const unsubscriptions = local.filters().filter((filter) => !wanted.some((each) => each.filter === filter));
  if (unsubscriptions.length > 0)
    local.receive(generate({ cmd: "unsubscribe", messageId: 1, unsubscriptions }, options));
  const subscriptions = wanted.map(({ filter, qos }) => {
    return subscriptionTo(filter, qos < maxQos ? qos : maxQos, retainHandling);
  });
  if (subscriptions.length > 0) local.receive(generate({ cmd: "subscribe", messageId: 2, subscriptions }, options));
}

const UNASKED =
  "Add a line for it if it is wanted. If a line asked for it that is gone, connect once with cleansession true.";

function isHandshake({ cmd }: Packet): boolean {
  return cmd === "puback" || cmd === "pubrec" || cmd === "pubrel" || cmd === "pubcomp";
}

function bytesOf({ payload }: IPublishPacket): Buffer {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}

function qosOf(value: number | undefined): Qos {
  return value === 0 ? 0 : value === 1 ? 1 : 2;
}

function loop(topic: string): Fault {
  return {
    kind: "loop",
    sentence: `carries messages in a circle: the one on "${topic}" went out and came back again and again`,
    fix: "Two bridges connect the same brokers in both directions. Remove one of them, or give each topics of its own.",
  };
}
