import type { StoredMessage } from "../routing/stored-message.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Delivery } from "./delivery.ts";
import type { Session } from "./session.ts";

/**
 * Hears of every change that must survive a restart. It is told with the live objects and reads them when it writes,
 * so that what comes and goes between two writes costs nothing. Only changes of persistent sessions are told.
 */
export interface Journal {
  /** "always": acknowledgements wait for afterStored(). */
  readonly mode: "interval" | "always";
  /** Session, connection state, identity or expiry changed. */
  session(session: Session): void;
  sessionEnded(session: Session): void;
  subscription(session: Session, subscription: Subscription<Session>): void;
  unsubscribed(session: Session, filter: string): void;
  /** Queued, sent or released. */
  delivery(session: Session, delivery: Delivery): void;
  delivered(session: Session, delivery: Delivery): void;
  /** An inbound QoS 2 id was opened or closed. */
  inbound(session: Session, packetId: number, isOpen: boolean): void;
  retained(message: StoredMessage): void;
  retainedDeleted(topic: string): void;
  /** Whether something told is not stored yet. */
  readonly hasUnstored: boolean;
  /** Writes now, and calls back when all that was told so far is stored, or is known to be impossible to store. */
  afterStored(done: () => void): void;
}
