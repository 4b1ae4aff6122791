import type { ClientInfo } from "./events.ts";
import type { Identity, Qos, Reason } from "./types.ts";

/** Who publishes without an MQTT connection: its rights are those of its identity, its name in the log that of `client`. */
export interface Sender {
  readonly identity: Identity;
  readonly client: ClientInfo;
}

/** A message as its sender wrote it; nothing about it is checked yet. */
export interface SentMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: SentProperties;
}

/** Properties of MQTT 5 (3.3.2.3); those that are missing are not sent. */
export interface SentProperties {
  /** Whether the payload says of itself that it is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean;
  readonly messageExpiryInterval?: number;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: Record<string, string | string[]>;
  readonly contentType?: string;
}

/** What became of several messages that were to be published together. */
export type PublishAnswer =
  | { readonly kind: "published"; readonly outcomes: readonly PublishOutcome[] }
  /** None was published; `code` is the reason code of MQTT 5, `index` that of the message at fault. */
  | { readonly kind: "refused"; readonly code: number; readonly reason: Reason; readonly index: number };

/** "nobody": no one has subscribed. "no room": it could not be kept, for its topic or for somebody who is away. */
export type PublishOutcome = "sent" | "nobody" | "no room";

/** Publishes messages as somebody: all of them, or none. Resolves when what must be on the disk is there. */
export type PublishAs = (sender: Sender, messages: readonly SentMessage[]) => Promise<PublishAnswer>;
