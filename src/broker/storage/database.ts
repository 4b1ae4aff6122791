import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Batch, Row } from "./batch.ts";
import { SCHEMA } from "./schema.ts";

const PATIENCE_MS = 5000;
/** A broker that has the file does not let go of it: there is no use in waiting longer. */
const ALONE_PATIENCE_MS = 1000;

const TABLES = ["session", "subscription", "message", "delivery", "inbound", "retained"] as const;

/** The open file and what is done to it. */
export interface Statements {
  readonly database: DatabaseSync;
  readonly end: readonly StatementSync[];
  readonly unsubscribe: StatementSync;
  readonly deliver: StatementSync;
  readonly dropMessage: StatementSync;
  readonly closeInbound: StatementSync;
  readonly deleteRetained: StatementSync;
  readonly session: StatementSync;
  readonly subscription: StatementSync;
  readonly message: StatementSync;
  readonly delivery: StatementSync;
  readonly inbound: StatementSync;
  readonly retained: StatementSync;
}

interface OpenOptions {
  /** A commit waits until the disk has it. */
  readonly isSynchronous: boolean;
  /** Nobody else may have the file open, not even to read. */
  readonly isExclusive: boolean;
}

/** Opens the store for writing, and makes it when it is not there. */
export function openDatabase(path: string, { isSynchronous, isExclusive }: OpenOptions): Statements {
  // messages are nobody else's business; SQLite gives its other files the same mode
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  // a backup or somebody's sqlite3 may hold it for a moment
  const database = new DatabaseSync(path, { timeout: isExclusive ? ALONE_PATIENCE_MS : PATIENCE_MS });
  try {
    if (isExclusive) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${isSynchronous ? "FULL" : "NORMAL"};`);
    database.exec(SCHEMA);
    addMissingColumns(database);
    return prepare(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file of an earlier version has the table already, without what came to it later. */
function addMissingColumns(database: DatabaseSync): void {
  for (const [table, column, definition] of LATER_COLUMNS) {
    const columns = database.prepare("SELECT name FROM pragma_table_info(?)").all(table);
    if (columns.some(({ name }) => name === column)) continue;
    database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
  }
}

const LATER_COLUMNS = [
  ["subscription", "replaying", "INTEGER NOT NULL DEFAULT 0"],
  ["session", "mount_point", "TEXT NOT NULL DEFAULT ''"],
  ["retained", "source", "TEXT"],
] as const;

function prepare(database: DatabaseSync): Statements {
  const upsert = (table: string, columns: number, verb = "REPLACE"): StatementSync =>
    database.prepare(
      `INSERT OR ${verb} INTO ${table} VALUES (${Array.from({ length: columns }, () => "?").join(", ")})`,
    );
  return {
    database,
    end: [
      "DELETE FROM session WHERE client_id = ?",
      "DELETE FROM subscription WHERE client_id = ?",
      "DELETE FROM inbound WHERE client_id = ?",
      `DELETE FROM message WHERE id IN (SELECT message_id FROM delivery AS own WHERE client_id = ? AND NOT EXISTS
        (SELECT 1 FROM delivery WHERE message_id = own.message_id AND client_id <> own.client_id))`,
      "DELETE FROM delivery WHERE client_id = ?",
    ].map((sql) => database.prepare(sql)),
    unsubscribe: database.prepare("DELETE FROM subscription WHERE client_id = ? AND filter = ?"),
    deliver: database.prepare("DELETE FROM delivery WHERE client_id = ? AND position = ?"),
    dropMessage: database.prepare(
      "DELETE FROM message WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE message_id = ?1)",
    ),
    closeInbound: database.prepare("DELETE FROM inbound WHERE client_id = ? AND packet_id = ?"),
    deleteRetained: database.prepare("DELETE FROM retained WHERE topic = ?"),
    session: upsert("session", 12),
    subscription: upsert("subscription", 8),
    message: upsert("message", 8, "IGNORE"),
    delivery: upsert("delivery", 9),
    inbound: upsert("inbound", 2),
    retained: upsert("retained", 7),
  };
}

/** Writes in one transaction: all that `write` does is stored, or nothing. */
export function inTransaction(database: DatabaseSync, write: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    write();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Writes a batch; to be called in a transaction. */
export function applyBatch(open: Statements, batch: Batch): void {
  if (batch.isWhole) for (const table of TABLES) open.database.exec(`DELETE FROM ${table}`);
  for (const clientId of batch.ended) for (const statement of open.end) statement.run(clientId);
  for (const row of batch.unsubscribed) open.unsubscribe.run(...row);
  for (const [clientId = null, position = null, messageId = null] of batch.delivered) {
    open.deliver.run(clientId, position);
    open.dropMessage.run(messageId);
  }
  for (const row of batch.inboundClosed) open.closeInbound.run(...row);
  for (const topic of batch.retainedDeleted) open.deleteRetained.run(topic);
  for (const row of batch.sessions) open.session.run(...row);
  for (const row of batch.subscriptions) open.subscription.run(...row);
  for (const row of batch.messages) open.message.run(...withBlob(row, 2));
  for (const row of batch.deliveries) open.delivery.run(...withBlob(row, 5));
  for (const row of batch.inbound) open.inbound.run(...row);
  for (const row of batch.retained) open.retained.run(...withBlob(row, 1));
}

/** The row with the byte string at `index` as bytes. */
function withBlob(row: Row, index: number): (string | number | null | Uint8Array)[] {
  return row.map((value, at) => (at === index ? Buffer.from(String(value ?? ""), "latin1") : value));
}
