import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import { createAdaptorServer } from "@hono/node-server";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { HttpPlan, TlsMaterial } from "../snapshot/types.ts";
import { createPublishApi, type PublishApiDeps } from "./publish-api.ts";

export interface WebServer {
  /** "http://[::]:8080". */
  readonly address: string;
  /** Takes over another certificate. */
  update(plan: HttpPlan): void;
  close(): Promise<void>;
}

export interface WebServerDeps extends PublishApiDeps {
  readonly log: Logger;
}

const MAX_CONNECTIONS = 256;
/** From the first byte of a request to its last. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Requests that have no answer by then are cut off. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * Opens the port where messages are taken over HTTP.
 * @throws Error with the system's code when it cannot be opened.
 */
export async function openWebServer({ settings, tls }: HttpPlan, deps: WebServerDeps): Promise<WebServer> {
  const api = createPublishApi(deps);
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS };
  const server: Server = createAdaptorServer({
    fetch: api.fetch,
    // the globals are others' too
    overrideGlobalObjects: false,
    ...(tls === null
      ? { createServer, serverOptions: options }
      : { createServer: createSecureServer, serverOptions: { ...options, ...secureContext(tls) } }),
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, settings.host, settings.port);
  server.on("error", (error) => {
    deps.log.error({}, `The port for publishing over HTTP reports a fault: ${messageOf(error)}`);
  });
  return {
    address: urlOf(server.address(), tls !== null),
    update(plan) {
      if (plan.tls !== null && server instanceof TlsServer) server.setSecureContext(secureContext(plan.tls));
    },
    close: () => close(server),
  };
}

function secureContext({ cert, key, minVersion, ciphers }: TlsMaterial) {
  return { cert, key, minVersion, ...(ciphers === null ? {} : { ciphers }) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => {
      if ("closeAllConnections" in server && typeof server.closeAllConnections === "function") {
        server.closeAllConnections();
      }
    }, STOP_TIMEOUT_MS);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
  });
}

function urlOf(bound: AddressInfo | string | null, isSecure: boolean): string {
  const scheme = isSecure ? "https" : "http";
  if (bound === null || typeof bound === "string") return `${scheme}://${bound ?? ""}`;
  return `${scheme}://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
