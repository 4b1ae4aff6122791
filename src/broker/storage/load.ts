import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Identity, Qos } from "../../core/types.ts";
import type { WillPacket } from "../packets/connect-packet.ts";
import { utf8ByteString } from "../packets/bytes.ts";
import type { StoredMessage } from "../routing/stored-message.ts";
import type { Delivery } from "../sessions/delivery.ts";
import type { StoredSession, StoredState, StoredSubscription } from "../sessions/stored-state.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.ts";

/** A file that was written by a newer Culex, or by another program. */
export class ForeignDatabaseError extends Error {
  override readonly name = "ForeignDatabaseError";
}

/** An import that is under way has the file for itself for a moment. */
const PATIENCE_MS = 5000;

type Cells = Record<string, unknown>;

/**
 * Reads everything that is stored. A missing file is an empty state.
 * @throws ForeignDatabaseError, or SQLite's own error when the file is damaged or cannot be read.
 */
export function loadState(path: string): StoredState {
  if (!existsSync(path)) return { sessions: [], retained: [] };
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  try {
    return isEmptyStore(database) ? { sessions: [], retained: [] } : readState(database);
  } finally {
    database.close();
  }
}

/**
 * Tells whether nothing was ever stored in a file.
 * @throws ForeignDatabaseError when it is another program's or a newer version's.
 */
export function isEmptyStore(database: DatabaseSync): boolean {
  const version = numberOf(database.prepare("PRAGMA user_version").get(), "user_version");
  const application = numberOf(database.prepare("PRAGMA application_id").get(), "application_id");
  const tables = numberOf(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get(), "tables");
  if (tables === 0) return true;
  if (application !== APPLICATION_ID) throw new ForeignDatabaseError("another program's database");
  if (version > SCHEMA_VERSION) throw new ForeignDatabaseError(`database version ${version}`);
  return false;
}

function readState(database: DatabaseSync): StoredState {
  // row by row: a hundred thousand of them at once would leave a heap of twice the size
  const rows = (table: string, order: string): Iterable<Cells> =>
    database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).iterate();
  const messages = new Map<number, StoredMessage>();
  let lastId = 0;
  for (const row of rows("message", "id")) {
    lastId = numberOf(row, "id");
    messages.set(lastId, messageFrom(row, lastId, numberOf(row, "retain") === 1, null));
  }
  const subscriptions = byClient(rows("subscription", "client_id"), subscriptionFrom);
  const deliveries = byClient(rows("delivery", "client_id, position"), (row) => deliveryFrom(row, messages));
  const inbound = byClient(rows("inbound", "client_id"), (row) => numberOf(row, "packet_id"));
  return {
    sessions: Array.from(rows("session", "client_id"), (row): StoredSession => {
      const clientId = clientOf(row);
      return {
        identity: {
          clientId,
          username: textOf(row, "username"),
          superuser: numberOf(row, "superuser") === 1,
          source: textOf(row, "source") ?? "",
          proof: textOf(row, "proof"),
          listener: textOf(row, "listener") ?? "",
          address: textOf(row, "address") ?? "",
          mountPoint: textOf(row, "mount_point") ?? "",
        },
        address: textOf(row, "address") ?? "",
        listener: textOf(row, "listener") ?? "",
        expiryS: numberOf(row, "expiry_s"),
        leftAtMs: numberOf(row, "left_at_ms"),
        will: willFrom(textOf(row, "will")),
        willDueMs: numberOf(row, "will_due_ms"),
        subscriptions: subscriptions.get(clientId) ?? [],
        deliveries: deliveries.get(clientId) ?? [],
        inbound: inbound.get(clientId) ?? [],
      };
    }),
    retained: Array.from(rows("retained", "topic"), (row) => messageFrom(row, ++lastId, true, sourceFrom(row))),
  };
}

/** What the rows say, by client; null is nothing. */
function byClient<T>(rows: Iterable<Cells>, read: (row: Cells) => T | null): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const value = read(row);
    if (value === null) continue;
    const clientId = clientOf(row);
    const others = found.get(clientId);
    if (others === undefined) found.set(clientId, [value]);
    else others.push(value);
  }
  return found;
}

function messageFrom(row: Cells, sequence: number, retain: boolean, source: Identity | null): StoredMessage {
  const topic = textOf(row, "topic") ?? "";
  return {
    topic,
    topicBytes: utf8ByteString(topic),
    body: bytesOf(row, "body"),
    propertiesLength: numberOf(row, "properties_length"),
    qos: qosOf(row, "qos"),
    retain,
    expiresAtMs: numberOf(row, "expires_at_ms"),
    publisher: textOf(row, "publisher"),
    source,
    sequence,
  };
}

function sourceFrom(row: Cells): Identity | null {
  const clientId = textOf(row, "publisher");
  if (clientId === null) return null;
  // a file from before it was kept: nobody in particular
  const cells: Cells = JSON.parse(textOf(row, "source") ?? "{}");
  const listener = textOf(cells, "listener");
  const address = textOf(cells, "address");
  return {
    clientId,
    username: textOf(cells, "username"),
    superuser: cells["superuser"] === true,
    source: textOf(cells, "source") ?? "",
    proof: null,
    ...(listener === null ? {} : { listener }),
    ...(address === null ? {} : { address }),
    ...(cells["isPlain"] === true ? { rules: null, grants: [] } : {}),
  };
}

function deliveryFrom(row: Cells, messages: ReadonlyMap<number, StoredMessage>): Delivery | null {
  const message = messages.get(numberOf(row, "message_id"));
  if (message === undefined) return null;
  const packetId = numberOf(row, "packet_id");
  return {
    message,
    qos: qosOf(row, "qos"),
    retain: numberOf(row, "retain") === 1,
    subscriptionIds: bytesOf(row, "subscription_ids"),
    group: textOf(row, "shared"),
    order: numberOf(row, "position"),
    state: numberOf(row, "released") === 1 ? "released" : packetId === 0 ? "queued" : "resend",
    packetId,
    isCounted: false,
  };
}

function subscriptionFrom(row: Cells): StoredSubscription {
  return {
    filter: textOf(row, "filter") ?? "",
    qos: qosOf(row, "qos"),
    noLocal: numberOf(row, "no_local") === 1,
    retainAsPublished: numberOf(row, "retain_as_published") === 1,
    retainHandling: qosOf(row, "retain_handling"),
    identifier: numberOf(row, "identifier"),
    isReplaying: numberOf(row, "replaying") === 1,
  };
}

function willFrom(json: string | null): WillPacket | null {
  if (json === null) return null;
  const cells: Cells = JSON.parse(json);
  return {
    topic: textOf(cells, "topic") ?? "",
    payload: textOf(cells, "payload") ?? "",
    properties: textOf(cells, "properties") ?? "",
    qos: qosOf(cells, "qos"),
    retain: cells["retain"] === true,
    delayS: numberOf(cells, "delayS"),
    expiryS: numberOf(cells, "expiryS"),
  };
}

function clientOf(row: Cells): string {
  return textOf(row, "client_id") ?? "";
}

function numberOf(row: Cells | undefined, name: string): number {
  const value = row?.[name];
  return typeof value === "number" ? value : 0;
}

function qosOf(row: Cells, name: string): Qos {
  const value = numberOf(row, name);
  return value === 2 ? 2 : value === 1 ? 1 : 0;
}

function textOf(row: Cells, name: string): string | null {
  const value = row[name];
  return typeof value === "string" ? value : null;
}

function bytesOf(row: Cells, name: string): string {
  const value = row[name];
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1")
    : "";
}
