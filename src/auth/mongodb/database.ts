import type { MongoClient } from "mongodb";
import type { RawObject } from "../../core/raw-object.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { CONNECT_MS, createTurns, GOODBYE_MS, QUERY_MS } from "../database/pool.ts";
import type { ServerAddress } from "../database/server.ts";
import type { TlsSettings } from "../tls.ts";

/** A database of MongoDB. */
export interface MongoDatabase {
  /**
   * Finds at most so many documents, in their order.
   * @throws BackendError when there was no answer, or none in time; it may be back for the next question.
   */
  find(collection: string, filter: RawObject, limit: number, signal: AbortSignal): Promise<readonly RawObject[]>;
  close(): Promise<void>;
}

interface MongoServers {
  readonly servers: readonly ServerAddress[];
  readonly replicaSet: string | undefined;
  readonly database: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Where the user is known; missing: in "admin". */
  readonly authSource: string | undefined;
  readonly tls: TlsSettings | undefined;
  /** Connections at most. */
  readonly width: number;
}

/** Makes a database. The driver is loaded with the first question; it finds servers that went and came back by itself. */
export function createMongoDatabase(settings: MongoServers): MongoDatabase {
  const turns = createTurns(settings.width);
  let client: MongoClient | null = null;
  let isClosed = false;
  let connected: Promise<MongoClient> | null = null;

  /** One whose first connection failed is of no use any more, the driver says of it: "Topology is closed". */
  const connect = async (): Promise<MongoClient> => {
    try {
      client = await newClient(settings);
      if (isClosed) throw new Error("it was closed before it was opened");
      return await client.connect();
    } catch (error) {
      connected = null;
      throw error;
    }
  };

  const question = async (
    collection: string,
    filter: RawObject,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly RawObject[]> => {
    connected ??= connect();
    const open = await connected;
    signal.throwIfAborted();
    const options = { limit, batchSize: limit, promoteBuffers: true, signal };
    return open.db(settings.database).collection(collection).find(filter, options).toArray();
  };

  return {
    find: (collection, filter, limit, signal) =>
      turns.ask((inTime) => untilAborted(question(collection, filter, limit, inTime), inTime), signal),

    async close() {
      turns.close();
      isClosed = true;
      if (client === null) return;
      await Promise.allSettled([untilAborted(client.close(true), AbortSignal.timeout(GOODBYE_MS))]);
    },
  };
}

async function newClient(settings: MongoServers): Promise<MongoClient> {
  const { servers, replicaSet, username, password = "", authSource, tls, width } = settings;
  const { MongoClient } = await import("mongodb");
  const hosts = servers.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  return new MongoClient(`mongodb://${hosts.join(",")}/`, {
    appName: "culex",
    // one server is asked as it is, whatever set it belongs to
    ...(replicaSet === undefined ? { directConnection: hosts.length === 1 } : { replicaSet }),
    ...(username !== undefined && { auth: { username, password }, authSource: authSource ?? "admin" }),
    ...(tls !== undefined && tlsOf(tls)),
    // while a set has no primary, its others still know the users
    readPreference: "primaryPreferred",
    maxPoolSize: width,
    serverSelectionTimeoutMS: CONNECT_MS,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: QUERY_MS,
    serverMonitoringMode: "poll",
  });
}

/** The driver's words for what `tlsOptions` says; it takes no lowest version, and Node's is the same. */
function tlsOf({ ca, cert, key, servername, verify = true }: TlsSettings) {
  return {
    tls: true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    rejectUnauthorized: verify,
  };
}
