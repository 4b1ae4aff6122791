import type { Redis } from "ioredis";
import { BackendError, messageOf } from "../../core/errors.ts";
import { CONNECT_MS, type Opening, type PooledConnection } from "../database/pool.ts";
import type { ServerAddress } from "../database/server.ts";
import { tlsOptions, type TlsSettings } from "../tls.ts";

/** One connection to Redis. */
export interface RedisConnection extends PooledConnection {
  /** Sends a command, and gives what was answered: bytes where the driver would make text of them. */
  ask(verb: string, args: readonly string[]): Promise<unknown>;
}

interface RedisServer extends ServerAddress {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Its number. */
  readonly database: number;
  readonly tls: TlsSettings | undefined;
}

/** Begins to connect, and to log in where there is a password. The driver is loaded with the first one. */
export function openRedis(server: RedisServer): Opening<RedisConnection> {
  const gone = new AbortController();
  return { connection: connect(server, gone.signal), cut: () => gone.abort(new BackendError("it was given up")) };
}

async function connect(server: RedisServer, gone: AbortSignal): Promise<RedisConnection> {
  const { host, port, username, password, database, tls } = server;
  const { Redis } = await import("ioredis");
  gone.throwIfAborted();
  const redis = new Redis({
    host,
    port,
    ...(tls !== undefined && { tls: tlsOptions(tls) }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    // a connection that failed is not made again by itself, and no question is asked twice
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    // answers as flat lists: as objects they would come in another order, and without "__proto__"
    protocol: 2,
  });
  const cut = (): void => redis.disconnect();
  let failure: unknown = null;
  redis.on("error", (error) => {
    failure ??= error;
    cut();
  });
  gone.addEventListener("abort", cut, { once: true });
  try {
    await redis.connect();
  } catch (error) {
    // it says that the connection was closed, and not why
    throw failure ?? error;
  }
  if (password !== undefined && password !== "") {
    await command(redis, "AUTH", username === undefined ? [password] : [username, password]);
  }
  if (database !== 0) await command(redis, "SELECT", [String(database)]);
  return {
    ask: (verb, args) => command(redis, verb, args),
    isOpen: () => redis.status === "ready",
    end: async () => cut(),
    cut,
  };
}

/** From the end of our side to the end of the other. */
const DISCONNECT_MS = 200;

async function command(redis: Redis, verb: string, args: readonly string[]): Promise<unknown> {
  try {
    // in capitals: the driver makes objects of what "hgetall" gives
    return await redis.callBuffer(verb, ...args);
  } catch (error) {
    // without the driver's error, which has the arguments in it, a password among them
    throw new BackendError(messageOf(error));
  }
}
