import { IMPORTED } from "../../core/imported.ts";
import { isExpired, type StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { StoredSession, StoredState, StoredSubscription } from "../sessions/stored-state.ts";
import { readChunks } from "./chunks.ts";
import { DamagedFileError } from "./damage.ts";
import { publishHalfDone } from "./half-done.ts";
import { deliveryOf, isOpenHandshake, messagesOf, packetIdOf, subscriptionOf } from "./parts.ts";

/** What a mosquitto.db holds, and how much of it is not taken. */
export interface MosquittoState {
  readonly state: StoredState;
  /** Messages, retained or waiting, whose expiry is over. */
  readonly expired: number;
  /** Sessions whose expiry is over, or that end with their connection. */
  readonly ended: number;
  /** Entries of a session or a message that the file does not hold. Mosquitto leaves some: of $SYS, of bridges. */
  readonly loose: number;
}

/** What is put together while the file is read. */
interface Building extends StoredSession {
  readonly subscriptions: StoredSubscription[];
  readonly deliveries: Delivery[];
  readonly inbound: number[];
}

interface Handshake {
  readonly publisher: string;
  readonly message: StoredMessage;
}

/**
 * Reads a mosquitto.db: pure, from bytes to what a store holds.
 * @throws DamagedFileError, ForeignFileError; then nothing of the file may be used.
 */
export function readMosquittoDb(file: Buffer, nowMs: number): MosquittoState {
  const chunks = readChunks(file);
  const messages = messagesOf(chunks);
  const sessions = new Map<string, Building>();
  const retained = new Map<string, StoredMessage>();
  const handshakes: Handshake[] = [];
  /** Clients whose session is over: what belongs to them goes with it. */
  const over = new Set<string>();
  let expired = 0;
  let loose = 0;

  for (const { clientId, username, expiryAtS, expiryS, offset } of chunks.clients) {
    if (clientId === "") throw new DamagedFileError("a session without a client id", offset);
    if (expiryS === 0 || (expiryAtS !== 0 && expiryAtS * 1000 <= nowMs)) over.add(clientId);
    else sessions.set(clientId, newSession(clientId, username, expiryS, expiryAtS));
  }
  for (const id of chunks.retained) {
    const message = messages.get(id);
    if (message === undefined) loose++;
    else if (isExpired(message, nowMs)) expired++;
    else retained.set(message.topic, message);
  }
  for (const chunk of chunks.subscriptions) {
    const session = sessions.get(chunk.clientId);
    if (session !== undefined) session.subscriptions.push(subscriptionOf(chunk));
    else if (!over.has(chunk.clientId)) loose++;
  }
  for (const chunk of chunks.deliveries) {
    const session = sessions.get(chunk.clientId);
    const message = messages.get(chunk.messageId);
    if (session === undefined && over.has(chunk.clientId)) continue;
    if (session === undefined || message === undefined) loose++;
    else if (chunk.isInbound) {
      if (!isOpenHandshake(chunk)) continue; // the client sends it again: it has no PUBREC yet
      session.inbound.push(packetIdOf(chunk));
      handshakes.push({ publisher: chunk.clientId, message });
    } else {
      const delivery = deliveryOf(chunk, message, session.deliveries.length + 1);
      // the rest of a handshake is owed, however old the message is
      if (delivery.state !== "released" && isExpired(message, nowMs)) expired++;
      else session.deliveries.push(delivery);
    }
  }
  for (const { publisher, message } of handshakes) {
    if (isExpired(message, nowMs)) expired++;
    else publishHalfDone(message, publisher, sessions.values(), retained);
  }
  return {
    state: { sessions: [...sessions.values()], retained: [...retained.values()] },
    expired,
    ended: over.size,
    loose,
  };
}

function newSession(clientId: string, username: string | null, expiryS: number, expiryAtS: number): Building {
  return {
    identity: { clientId, username, superuser: false, source: IMPORTED, proof: null },
    address: "",
    listener: "",
    expiryS,
    leftAtMs: expiryAtS === 0 ? 0 : (expiryAtS - expiryS) * 1000,
    will: null,
    willDueMs: 0,
    subscriptions: [],
    deliveries: [],
    inbound: [],
  };
}
