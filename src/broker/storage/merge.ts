import { DatabaseSync } from "node:sqlite";
import { existsSync } from "node:fs";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { StoredSession, StoredState } from "../sessions/stored-state.ts";
import { type Batch, deliveryRow, messageRow, retainedRow, storedSessionRow, subscriptionRow } from "./batch.ts";
import { applyBatch, inTransaction, openDatabase } from "./database.ts";
import { isEmptyStore } from "./load.ts";

/** The store is open elsewhere: a broker runs on it. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

export interface MergeOptions {
  /** Whether what comes takes the place of a session or a retained message that is there already. */
  readonly replaces: boolean;
  /** SHA-256 of the file it came from, to be remembered; null: it came from no file. */
  readonly digest: string | null;
  readonly nowMs: number;
}

/** How much was stored, and how much stayed away because the store has its own. */
export interface Merged {
  readonly retained: number;
  readonly sessions: number;
  readonly subscriptions: number;
  readonly queued: number;
  readonly keptRetained: number;
  readonly keptSessions: number;
}

/**
 * Adds sessions and retained messages to a store that no broker uses: all or nothing. A session comes as a whole, with
 * what it subscribed to and what waits for it; the store's own sessions and retained messages stay as they are unless
 * they are to be replaced.
 * @throws StoreInUseError, ForeignDatabaseError, or SQLite's own error; then the store is as it was.
 */
export function mergeState(path: string, state: StoredState, { replaces, digest, nowMs }: MergeOptions): Merged {
  refuseForeign(path);
  const open = openAlone(path);
  try {
    const { database } = open;
    const texts = (sql: string): ReadonlySet<string> =>
      new Set(
        database
          .prepare(sql)
          .all()
          .map(({ name }) => String(name)),
      );
    const ownSessions = texts("SELECT client_id AS name FROM session");
    const ownTopics = texts("SELECT topic AS name FROM retained");
    const lastId = Number(database.prepare("SELECT max(id) AS id FROM message").get()?.["id"] ?? 0);
    const sessions = state.sessions.filter(({ identity }) => replaces || !ownSessions.has(identity.clientId));
    const retained = state.retained.filter(({ topic }) => replaces || !ownTopics.has(topic));
    const ended = sessions.map(({ identity }) => identity.clientId).filter((clientId) => ownSessions.has(clientId));
    inTransaction(database, () => {
      applyBatch(open, { ...batchOf(sessions, retained, lastId), ended });
      if (digest !== null) database.prepare("INSERT OR REPLACE INTO imported VALUES (?, ?)").run(digest, nowMs);
    });
    return {
      retained: retained.length,
      sessions: sessions.length,
      subscriptions: sessions.reduce((sum, { subscriptions }) => sum + subscriptions.length, 0),
      queued: sessions.reduce((sum, { deliveries }) => sum + deliveries.length, 0),
      keptRetained: state.retained.length - retained.length,
      keptSessions: state.sessions.length - sessions.length,
    };
  } finally {
    open.database.close();
  }
}

/** Whether a file with this SHA-256 was imported into a store before. */
export function wasImported(path: string, digest: string): boolean {
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path);
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'imported'").get();
    return table !== undefined && database.prepare("SELECT 1 FROM imported WHERE digest = ?").get(digest) !== undefined;
  } finally {
    database.close();
  }
}

/** Before it is opened for writing, which makes our tables in it. */
function refuseForeign(path: string): void {
  if (!existsSync(path)) return;
  const database = new DatabaseSync(path);
  try {
    isEmptyStore(database);
  } finally {
    database.close();
  }
}

function openAlone(path: string): ReturnType<typeof openDatabase> {
  try {
    return openDatabase(path, { isSynchronous: true, isExclusive: true });
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new StoreInUseError("the store is open elsewhere", { cause: error });
    }
    throw error;
  }
}

const SQLITE_BUSY = 5;

function batchOf(sessions: readonly StoredSession[], retained: readonly StoredMessage[], lastId: number): Batch {
  // ids of messages begin behind those of the store
  const renumbered = (message: StoredMessage): StoredMessage => ({ ...message, sequence: lastId + message.sequence });
  const waiting = new Map(
    sessions.flatMap(({ deliveries }) => deliveries.map(({ message }) => [message.sequence, message] as const)),
  );
  return {
    isWhole: false,
    ended: [],
    unsubscribed: [],
    delivered: [],
    inboundClosed: [],
    retainedDeleted: [],
    sessions: sessions.map(storedSessionRow),
    subscriptions: sessions.flatMap(({ identity, subscriptions }) =>
      subscriptions.map(({ filter, ...options }) => subscriptionRow(identity.clientId, filter, options)),
    ),
    messages: [...waiting.values()].map((message) => messageRow(renumbered(message))),
    deliveries: sessions.flatMap(({ identity, deliveries }) =>
      deliveries.map((delivery) =>
        deliveryRow(identity.clientId, { ...delivery, message: renumbered(delivery.message) }),
      ),
    ),
    inbound: sessions.flatMap(({ identity, inbound }) => inbound.map((packetId) => [identity.clientId, packetId])),
    retained: retained.map(retainedRow),
  };
}
