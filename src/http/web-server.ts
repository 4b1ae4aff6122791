import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { Duplex } from "node:stream";
import { Server as TlsServer } from "node:tls";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import type { TlsMaterial } from "../snapshot/types.ts";

export interface WebServer {
  /** "http://[::]:8080". */
  readonly address: string;
  /** Takes over another certificate. */
  update(tls: TlsMaterial | null): void;
  close(): Promise<void>;
}

export interface WebServerPlan {
  readonly host: string;
  readonly port: number;
  /** null: it speaks plain HTTP. */
  readonly tls: TlsMaterial | null;
  readonly fetch: Hono<{ Bindings: HttpBindings }>["fetch"];
  /** Takes what wants to become a WebSocket. Missing: nothing may. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Hears of faults of the open port. */
  readonly fault: (error: Error) => void;
}

const MAX_CONNECTIONS = 256;
/** From the first byte of a request to its last. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Requests that have no answer by then are cut off, and WebSockets whose other end does not answer the goodbye. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * Opens a port for HTTP.
 * @throws Error with the system's code when it cannot be opened.
 */
export async function openWebServer({ host, port, tls, fetch, upgrade, fault }: WebServerPlan): Promise<WebServer> {
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS };
  const server: Server = createAdaptorServer({
    fetch,
    // the globals are others' too
    overrideGlobalObjects: false,
    ...(tls === null
      ? { createServer, serverOptions: options }
      : { createServer: createSecureServer, serverOptions: { ...options, ...secureContext(tls) } }),
  });
  server.maxConnections = MAX_CONNECTIONS;
  /** What is no HTTP any more, which the server waits for but does not know. */
  const upgraded = new Set<Duplex>();
  if (upgrade !== undefined) {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgraded.add(socket);
      socket.once("close", () => upgraded.delete(socket));
      upgrade(request, socket, head);
    });
  }
  await listen(server, host, port);
  server.on("error", fault);
  return {
    address: urlOf(server.address(), tls !== null),
    update(next) {
      if (next !== null && server instanceof TlsServer) server.setSecureContext(secureContext(next));
    },
    close: () => close(server, upgraded),
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

function close(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => {
      if ("closeAllConnections" in server && typeof server.closeAllConnections === "function") {
        server.closeAllConnections();
      }
      for (const socket of upgraded) socket.destroy();
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
