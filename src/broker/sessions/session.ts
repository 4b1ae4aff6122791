import type { ClientInfo } from "../../core/events.ts";
import type { Access, Decision, Identity, ProtocolVersion } from "../../core/types.ts";
import type { WillPacket } from "../packets/connect-packet.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { TopicEntry } from "../routing/topic-table.ts";
import type { Delivery } from "./delivery.ts";
import type { DeliveryQueue } from "./delivery-queue.ts";
import type { Inflight } from "./inflight.ts";
import type { TokenBucket } from "../rates/token-bucket.ts";
import type { EngineLimits } from "./limits.ts";
import type { Output } from "./output.ts";
import type { Replay } from "./replay.ts";
import type { Timer } from "./timer-wheel.ts";

/** What the engine's clocks can point at. */
export type Due =
  | { readonly kind: "keepalive"; readonly connection: Connection }
  | { readonly kind: "login"; readonly connection: Connection }
  | { readonly kind: "expiry"; readonly session: Session }
  | { readonly kind: "will"; readonly session: Session }
  | { readonly kind: "retained"; readonly topic: string; readonly sequence: number };

/** What a CONNECT that was let in brings along. */
export interface SessionInfo {
  readonly identity: Identity;
  readonly client: ClientInfo;
  readonly version: ProtocolVersion;
  /** Another broker's bridge: its subscriptions are no-local and retain-as-published, as mosquitto has it. */
  readonly isBridge: boolean;
  readonly cleanStart: boolean;
  /** Seconds; 0 ends with the connection, 0xFFFFFFFF never. */
  readonly sessionExpiryS: number;
  /** The interval in force, 0: none. */
  readonly keepaliveS: number;
  readonly receiveMaximum: number;
  /** Infinity: any. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  /** The limits of its listener; null: those for all. */
  readonly terms: EngineLimits | null;
  readonly requestProblemInformation: boolean;
  readonly will: WillPacket | null;
}

/** What a broker remembers of a client, connected or not. What is rarely needed is made when it is. */
export interface Session {
  readonly clientId: string;
  identity: Identity;
  client: ClientInfo;
  access: Access;
  /** Grows whenever its rights may have become others. */
  rights: number;
  /** Stands before all it subscribes to, and is taken off what it is sent; as long as it lives. "": none. */
  readonly mountPoint: string;
  /** Stands before all it publishes: the mount point, and what its user adds. */
  publishPrefix: string;
  /** null: the client is away. */
  connection: Connection | null;
  /** Seconds it outlives its connection. */
  expiryS: number;
  /** Its expiry while it is away. null: made when needed. */
  expiryTimer: Timer<Due> | null;
  /** By filter as the client wrote it. */
  readonly subscriptions: Map<string, Subscription<Session>>;
  /** null: nothing waits. */
  queue: DeliveryQueue | null;
  /** null: nothing was ever in flight. */
  inflight: Inflight | null;
  /** Grows with every delivery that was stored. */
  lastOrder: number;
  /** Ids of open inbound QoS 2 handshakes; true: counts against the receive maximum. null: none. */
  inbound: Map<number, boolean> | null;
  will: WillPacket | null;
  /** Due moment of the will while the client is away. null: made when needed. */
  willTimer: Timer<Due> | null;
  /** Retained messages still to be sent, by filter. null: none. */
  replays: Map<string, Replay> | null;
  /** null: it may publish as fast as it can. */
  publishQuota: TokenBucket | null;
  /** Its rules have to be asked about its subscriptions: until then all that comes for it waits in its queue. */
  isHeld: boolean;
  /** Decisions on topics, until the rules change. */
  publishDecisions: Map<string, Decision> | null;
  receiveDecisions: Map<string, boolean> | null;
  /** PUBLISH packets from the client and to it, as long as the session lives, and the bytes of their payloads. */
  messagesIn: number;
  bytesIn: number;
  messagesOut: number;
  bytesOut: number;
}

/** One network connection of a session, and what ends with it. */
export interface Connection {
  readonly session: Session;
  readonly output: Output;
  readonly version: ProtocolVersion;
  readonly isBridge: boolean;
  readonly keepaliveMs: number;
  readonly openedAtMs: number;
  /** The limits when it connected: what CONNACK told of them holds until it connects again. */
  readonly terms: EngineLimits;
  /** As the client said. */
  readonly receiveMaximum: number;
  /** Messages on their way at one time: its receive maximum, or our in-flight limit when that is lower. */
  window: number;
  readonly maximumPacketSize: number;
  readonly wantsReasons: boolean;
  readonly aliasMaximumOut: number;
  aliasesOut: Map<string, number> | null;
  aliasesIn: (TopicEntry<Session> | undefined)[] | null;
  /** Topic of the last PUBLISH, and whether it was allowed: publishers repeat themselves. */
  lastTopic: TopicEntry<Session> | null;
  lastTopicAllowed: boolean;
  /** Messages taken and not yet acknowledged, for the receive maximum. */
  inboundOpen: number;
  /** Messages sent on this connection and not yet acknowledged. */
  outstanding: number;
  outstandingBytes: number;
  /** In-flight messages of an earlier connection, and how many of them went out again. null: none. */
  resend: readonly Delivery[] | null;
  resent: number;
  lastSeenMs: number;
  /** null: no keep alive. */
  keepaliveTimer: Timer<Due> | null;
  /** When its login is over. null: it is for good. */
  loginTimer: Timer<Due> | null;
  /** The Link calls drained() when its buffer is empty while this is set. */
  waitsForDrain: boolean;
  isClosed: boolean;
  /** Set by begin(): CONNACK is written and messages may follow. */
  hasBegun: boolean;
}

/** Whether a session outlives its connection. */
export function isPersistent(session: Session): boolean {
  return session.expiryS > 0;
}
