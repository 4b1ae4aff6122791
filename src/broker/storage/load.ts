import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Qos } from "../../core/types.ts";
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

type Cells = Record<string, unknown>;

/**
 * Reads everything that is stored. A missing file is an empty state.
 * @throws ForeignDatabaseError, or SQLite's own error when the file is damaged or cannot be read.
 */
export function loadState(path: string): StoredState {
  if (!existsSync(path)) return { sessions: [], retained: [] };
  const database = new DatabaseSync(path);
  try {
    const version = numberOf(database.prepare("PRAGMA user_version").get(), "user_version");
    const application = numberOf(database.prepare("PRAGMA application_id").get(), "application_id");
    const isEmpty = numberOf(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get(), "tables") === 0;
    if (isEmpty) return { sessions: [], retained: [] };
    if (application !== APPLICATION_ID) throw new ForeignDatabaseError("another program's database");
    if (version > SCHEMA_VERSION) throw new ForeignDatabaseError(`database version ${version}`);
    return readState(database);
  } finally {
    database.close();
  }
}

function readState(database: DatabaseSync): StoredState {
  const rows = (table: string, order: string): Cells[] =>
    database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all();
  const messages = new Map(rows("message", "id").map((row) => [numberOf(row, "id"), messageFrom(row)]));
  const subscriptions = Map.groupBy(rows("subscription", "client_id"), clientOf);
  const deliveries = Map.groupBy(rows("delivery", "client_id, position"), clientOf);
  const inbound = Map.groupBy(rows("inbound", "client_id"), clientOf);
  const lastId = [...messages.keys()].at(-1) ?? 0;
  return {
    sessions: rows("session", "client_id").map((row): StoredSession => {
      const clientId = clientOf(row);
      return {
        identity: {
          clientId,
          username: textOf(row, "username"),
          superuser: numberOf(row, "superuser") === 1,
          source: textOf(row, "source") ?? "",
          proof: textOf(row, "proof"),
        },
        address: textOf(row, "address") ?? "",
        listener: textOf(row, "listener") ?? "",
        expiryS: numberOf(row, "expiry_s"),
        leftAtMs: numberOf(row, "left_at_ms"),
        will: willFrom(textOf(row, "will")),
        willDueMs: numberOf(row, "will_due_ms"),
        subscriptions: (subscriptions.get(clientId) ?? []).map(subscriptionFrom),
        deliveries: (deliveries.get(clientId) ?? []).flatMap((cells) => deliveryFrom(cells, messages)),
        inbound: (inbound.get(clientId) ?? []).map((cells) => numberOf(cells, "packet_id")),
      };
    }),
    retained: rows("retained", "topic").map((row, index) => retainedFrom(row, lastId + 1 + index)),
  };
}

function messageFrom(row: Cells): StoredMessage {
  const topic = textOf(row, "topic") ?? "";
  return {
    topic,
    topicBytes: utf8ByteString(topic),
    body: bytesOf(row, "body"),
    propertiesLength: numberOf(row, "properties_length"),
    qos: qosOf(row, "qos"),
    retain: numberOf(row, "retain") === 1,
    expiresAtMs: numberOf(row, "expires_at_ms"),
    publisher: textOf(row, "publisher"),
    sequence: numberOf(row, "id"),
  };
}

function retainedFrom(row: Cells, sequence: number): StoredMessage {
  return messageFrom({ ...row, id: sequence, retain: 1 });
}

function deliveryFrom(row: Cells, messages: ReadonlyMap<number, StoredMessage>): Delivery[] {
  const message = messages.get(numberOf(row, "message_id"));
  if (message === undefined) return [];
  const packetId = numberOf(row, "packet_id");
  return [
    {
      message,
      qos: qosOf(row, "qos"),
      retain: numberOf(row, "retain") === 1,
      subscriptionIds: bytesOf(row, "subscription_ids"),
      group: textOf(row, "shared"),
      order: numberOf(row, "position"),
      state: numberOf(row, "released") === 1 ? "released" : packetId === 0 ? "queued" : "resend",
      packetId,
      isCounted: false,
    },
  ];
}

function subscriptionFrom(row: Cells): StoredSubscription {
  return {
    filter: textOf(row, "filter") ?? "",
    qos: qosOf(row, "qos"),
    noLocal: numberOf(row, "no_local") === 1,
    retainAsPublished: numberOf(row, "retain_as_published") === 1,
    retainHandling: qosOf(row, "retain_handling"),
    identifier: numberOf(row, "identifier"),
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
