import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../core/errors.ts";
import type { Batch, Row, WriterReply, WriterRequest } from "./batch.ts";
import { SCHEMA } from "./schema.ts";

// Runs in a thread of its own: SQLite's calls wait for the disk, and an SD card takes its time.

interface WriterData {
  readonly path: string;
  /** Whether a commit waits until the disk has it: survives a power cut, not only the end of the process. */
  readonly isSynchronous: boolean;
}

const PATIENCE_MS = 5000;

const TABLES = ["session", "subscription", "message", "delivery", "inbound", "retained"] as const;

function run({ path, isSynchronous }: WriterData): void {
  const port = parentPort;
  if (port === null) return;
  let open: Statements | null = null;
  port.on("message", (request: WriterRequest) => {
    const reply = (error: string | null): void => {
      const answer: WriterReply = { number: request.number, error };
      port.postMessage(answer);
    };
    try {
      // opened at the first use, and again after a failure: a full disk or a folder may be right again by then
      open ??= openDatabase(path, isSynchronous);
      if (request.kind === "write") writeBatch(open, request.batch);
      else open.database.close();
      reply(null);
    } catch (error) {
      open = closeQuietly(open);
      reply(messageOf(error));
    }
    if (request.kind === "close") port.close();
  });
}

interface Statements {
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

function openDatabase(path: string, isSynchronous: boolean): Statements {
  // messages are nobody else's business; SQLite gives its other files the same mode
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  // a backup or somebody's sqlite3 may hold it for a moment
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${isSynchronous ? "FULL" : "NORMAL"};`);
  database.exec(SCHEMA);
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
    session: upsert("session", 11),
    subscription: upsert("subscription", 7),
    message: upsert("message", 8, "IGNORE"),
    delivery: upsert("delivery", 9),
    inbound: upsert("inbound", 2),
    retained: upsert("retained", 6),
  };
}

/** One transaction: a batch is stored as a whole or not at all. */
function writeBatch(open: Statements, batch: Batch): void {
  const { database } = open;
  database.exec("BEGIN IMMEDIATE");
  try {
    applyBatch(open, batch);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function applyBatch(open: Statements, batch: Batch): void {
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

function closeQuietly(open: Statements | null): null {
  try {
    open?.database.close();
  } catch {
    // it is given up anyway
  }
  return null;
}

const data: WriterData = workerData;
run(data);
