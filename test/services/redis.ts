import { spawn } from "node:child_process";
import { Redis } from "ioredis";
import type { Pair } from "../helpers/certificates.ts";
import { startServer, type Server } from "./server.ts";

/** What the tests of Redis need. */
export const REDIS = ["redis-server"];

interface RedisServer extends Server {
  /** Leaves it running and silent, and lets it go on. */
  pause(): void;
  resume(): void;
}

/**
 * Starts a Redis on `port` of 127.0.0.1 that keeps nothing on disk, and runs commands. Its user "mqtt" has the password
 * "db-pw"; nobody else may do anything.
 */
export async function startRedis(
  port: number,
  commands: readonly (readonly (string | Buffer)[])[],
  tls?: Pair,
): Promise<RedisServer> {
  const listening =
    tls === undefined
      ? ["--port", String(port)]
      : [
          ["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"],
          ["--tls-cert-file", tls.certFile, "--tls-key-file", tls.keyFile, "--tls-ca-cert-file", tls.certFile],
        ].flat();
  const quiet = "--bind 127.0.0.1 --appendonly no --daemonize no --databases 3 --user default off";
  const user = ["--user", "mqtt", "on", ">db-pw", "~*", "&*", "+@all"];
  const child = spawn("redis-server", [...quiet.split(" "), "--save", "", ...user, ...listening]);
  const server = await startServer(child, port, /Ready to accept connections/);
  const encryption = tls === undefined ? {} : { tls: { ca: tls.cert, checkServerIdentity: () => undefined } };
  const redis = new Redis({ port, host: "127.0.0.1", username: "mqtt", password: "db-pw", ...encryption });
  for (const [verb = "", ...args] of commands) await redis.call(String(verb), ...args);
  redis.disconnect();
  return {
    ...server,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}
