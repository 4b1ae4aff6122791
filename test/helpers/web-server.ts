import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { onTestFinished } from "vitest";
import { freePort } from "./free-port.ts";

interface WebServer {
  /** Without a slash at its end: "http://127.0.0.1:4711". */
  readonly url: string;
  readonly port: number;
  /** Closes it at once, with all connections. */
  close(): Promise<void>;
}

interface Options {
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly port?: number;
}

/** A web server on a free port of this machine, for the length of a test. */
export async function webServer(listener: RequestListener, { tls, port }: Options = {}): Promise<WebServer> {
  const server = tls === undefined ? createServer(listener) : createSecureServer({ ...tls }, listener);
  const used = port ?? (await freePort());
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(close);
  server.listen(used, "127.0.0.1");
  await once(server, "listening");
  return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${used}`, port: used, close };
}
