/** Version of the tables; a file with a higher one was written by a newer Culex and is left alone. */
export const SCHEMA_VERSION = 1;

/** Marks a SQLite file as ours: "Culx". */
export const APPLICATION_ID = 0x43756c78;

/**
 * The tables of the session store. Byte strings (payloads, property bytes) are blobs; moments are milliseconds since
 * 1970, 0 where there is none. A message is stored once for all deliveries that wait for it. `imported` has
 * the SHA-256 of each file that was imported. `retained.source` is who published it, as JSON:
 * {"username":"plug","superuser":false,"source":"logins","listener":"1883","address":"192.0.2.1",
 * "isPlain":true}; plain is who brought no rules, groups or end of its login along.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS session (
  client_id TEXT PRIMARY KEY, username TEXT, superuser INTEGER NOT NULL, source TEXT NOT NULL, proof TEXT,
  address TEXT NOT NULL, listener TEXT NOT NULL, expiry_s INTEGER NOT NULL, left_at_ms INTEGER NOT NULL,
  will TEXT, will_due_ms INTEGER NOT NULL, mount_point TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscription (
  client_id TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, no_local INTEGER NOT NULL,
  retain_as_published INTEGER NOT NULL, retain_handling INTEGER NOT NULL, identifier INTEGER NOT NULL,
  replaying INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (client_id, filter)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, body BLOB NOT NULL, properties_length INTEGER NOT NULL,
  qos INTEGER NOT NULL, retain INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, publisher TEXT
);
CREATE TABLE IF NOT EXISTS delivery (
  client_id TEXT NOT NULL, position INTEGER NOT NULL, message_id INTEGER NOT NULL, qos INTEGER NOT NULL,
  retain INTEGER NOT NULL, subscription_ids BLOB NOT NULL, shared TEXT, released INTEGER NOT NULL,
  packet_id INTEGER NOT NULL, PRIMARY KEY (client_id, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_message ON delivery (message_id);
CREATE TABLE IF NOT EXISTS inbound (
  client_id TEXT NOT NULL, packet_id INTEGER NOT NULL, PRIMARY KEY (client_id, packet_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retained (
  topic TEXT PRIMARY KEY, body BLOB NOT NULL, properties_length INTEGER NOT NULL, qos INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL, publisher TEXT, source TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS imported (digest TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;
