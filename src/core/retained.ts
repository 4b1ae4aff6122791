import type { Qos } from "./types.ts";

/** What is known of one retained message. */
export interface RetainedFacts {
  readonly topic: string;
  readonly qos: Qos;
  /** Of the payload. */
  readonly bytes: number;
  /** Client id; null: the broker itself. */
  readonly publisher: string | null;
  /** null: it stays. */
  readonly expiresAtMs: number | null;
  /** Another one for every message. */
  readonly revision: number;
}

/** What a retained message says. */
export interface RetainedContent {
  readonly payload: Buffer;
  /** Property bytes of MQTT 5 that go to its receivers, without the expiry. */
  readonly properties: Buffer;
}

/** The retained messages, to be looked at and changed by the owner of the broker. */
export interface RetainedMessages {
  readonly count: number;
  /** Payloads, properties and topics. */
  readonly bytes: number;
  facts(topic: string): RetainedFacts | null;
  content(topic: string): RetainedContent | null;
  /** Walks what matches a filter in small steps, while the store may change: a step without a find gives null. */
  walk(filter: string): Iterable<RetainedFacts | null>;
  /** Takes a message away, and tells the subscribers by an empty one; false: there is none, or another one by now. */
  remove(topic: string, revision: number): boolean;
  /** Publishes a retained message past every rule; false: a limit does not let it be kept. */
  put(message: RetainedContent & Pick<RetainedFacts, "topic" | "qos" | "expiresAtMs">): boolean;
}
