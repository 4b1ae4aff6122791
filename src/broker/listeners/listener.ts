import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from "node:net";
import type { Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, Server as TlsServer, TLSSocket } from "node:tls";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { CertificateName, Reason } from "../../core/types.ts";
import type { ProxySettings } from "../../settings/types.ts";
import type { ListenerPlan, TlsMaterial } from "../../snapshot/types.ts";
import { createGate, MAX_WAITING } from "./gate.ts";
import type { EndConnection, ListenerDeps } from "./listeners.ts";
import type { ProxyHeader } from "./proxy-header.ts";
import { proxyRefusal, readProxyHeader } from "./proxy-reader.ts";
import { certificateOf, certificateProblem, handshakeFailure, tlsOptions, useTls } from "./tls.ts";
import { isTrustChanged, trustProblem } from "./trust.ts";

/** From the connection of a proxy to the end of what it tells of the client. */
const PROXY_TIMEOUT_MS = 5_000;

/** One open port. */
export interface Listener {
  /** As settings name it. */
  readonly name: () => string;
  /** "mqtts://[::]:8883". */
  readonly address: () => string;
  /** Takes over certificates and limits; the connections stay that may. */
  update(plan: ListenerPlan): void;
  /** Closes the port and its connections. */
  close(): Promise<void>;
  /** Closes the port and the connections that nobody has taken over. */
  stop(): Promise<void>;
}

/**
 * Opens a port.
 * @throws Error with the system's code when it cannot be opened.
 */
export async function openListener(first: ListenerPlan, deps: ListenerDeps): Promise<Listener> {
  let plan = first;
  const isSecure = first.tls !== null;
  const sockets = new Set<Socket>();
  /** By peer: a TLS connection is one socket when it is accepted and another when it is handed over. */
  const handedOver = new Map<string, { readonly socket: Socket; readonly end: EndConnection }>();

  /** What a proxy told of the client, by peer. */
  const proxied = new Map<string, ProxyHeader>();

  const addressOf = (socket: Socket): string => proxied.get(peerOf(socket))?.address ?? remoteAddressOf(socket);

  const refused = (address: string, reason: Reason): void => {
    const client = { clientId: "", username: null, address, listener: plan.settings.name };
    deps.record({ kind: "refused", client, reason });
  };

  /** The client's certificate, null without one, or "refused" when the socket was turned away for it. */
  const admit = (socket: Socket): CertificateName | null | "refused" => {
    if (!(socket instanceof TLSSocket)) return proxied.get(peerOf(socket))?.certificate ?? null;
    const reason = plan.tls === null ? null : certificateProblem(socket, plan.tls);
    // one that was asked for before a reload, and judged by nobody, is none
    if (reason === null) return socket.authorized ? certificateOf(socket) : null;
    refused(addressOf(socket), reason);
    socket.destroy();
    return "refused";
  };

  const serve = (socket: Socket): void => {
    // A connection that was reset meanwhile has no address any more.
    if (socket.destroyed || socket.remoteAddress === undefined) return void socket.destroy();
    const tls = admit(socket);
    if (tls === "refused") return;
    handOver(socket, socket, tls);
  };

  const handOver = (stream: Duplex, socket: Socket, tls: CertificateName | null): void => {
    const { remotePort } = socket;
    const port = remotePort === undefined || proxied.has(peerOf(socket)) ? {} : { port: remotePort };
    const end = deps.accept(stream, { listener: plan.settings.name, address: addressOf(socket), ...port, tls });
    handedOver.set(peerOf(socket), { socket, end });
  };

  const server: Server | HttpServer =
    first.settings.protocol === "websockets"
      ? // Loaded with Node's HTTP server only where it is wanted.
        (await import("./websocket.ts")).createWebSocketServer(first.tls, {
          maxPacketSize: deps.maxPacketSize,
          origins: () => plan.settings.terms.origins,
          admit,
          accept: handOver,
        })
      : first.tls === null
        ? createServer({ noDelay: true }, serve)
        : createTlsServer({ ...tlsOptions(first.tls), noDelay: true }, serve);

  /**
   * Who has hung up is closed some turns later, or after its login: a device that comes back at once finds its place
   * free. Of those there may be as many again, or hanging up would be a way around the limit.
   */
  const isFull = (limit: number): boolean =>
    sockets.size >= 2 * limit || [...sockets].filter(({ readableEnded }) => !readableEnded).length >= limit;

  const track = (socket: Socket): void => {
    const { maxConnections } = plan.settings;
    if (maxConnections !== null && sockets.size >= maxConnections && isFull(maxConnections)) {
      refused(addressOf(socket), {
        kind: "too_many_connections",
        sentence: `listener ${plan.settings.name} has ${sockets.size} connections already, its limit (max_connections)`,
      });
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    sockets.add(socket);
    // who takes it over has listeners of its own; a reset before that, at the gate or a proxy's, must not end the process
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      sockets.delete(socket);
      handedOver.delete(peer);
      proxied.delete(peer);
    });
  };
  const greetProxy = (proxy: ProxySettings, socket: Socket, serveIt: (socket: Socket) => void): void => {
    // A connection that was reset meanwhile has no address any more.
    if (socket.destroyed || socket.remoteAddress === undefined) return void socket.destroy();
    const turnAway = (reason: Reason): void => {
      refused(addressOf(socket), reason);
      socket.destroy();
    };
    readProxyHeader(socket, {
      version: proxy.version,
      timeoutMs: PROXY_TIMEOUT_MS,
      refused: turnAway,
      done(header) {
        proxied.set(peerOf(socket), header);
        const reason = proxyRefusal(header, proxy);
        if (reason === null) serveIt(socket);
        else turnAway(reason);
      },
    });
  };

  const { proxy } = first.settings;
  if (proxy !== null) putBefore(server, (socket, serveIt) => greetProxy(proxy, socket, serveIt));
  const gate = createGate({
    perSecond: () => plan.settings.limits.maxConnectRate ?? deps.maxConnectRate(),
    refused(socket) {
      refused(addressOf(socket), TOO_MANY_WAIT);
      socket.destroy();
    },
  });
  putBefore(server, gate.pass);
  // Before the server's own listener: what is too much is closed before anything is read.
  server.prependListener("connection", track);
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    const reason = handshakeFailure(error, plan.settings.name);
    const address = addressOf(socket);
    deps.log.debug({ address }, `TLS handshake with ${address} failed: ${codeOf(error) ?? messageOf(error)}`);
    if (reason !== null) refused(address, reason);
    socket.destroy();
  });

  await listen(server, first.settings);
  server.on("error", (error) => {
    deps.log.error({}, `The listener on port ${plan.settings.name} reports a fault: ${messageOf(error)}`);
  });
  const address = urlOf(server.address(), first.settings.protocol, isSecure);

  /** Ends the connections that the certificates of now would not let in. */
  const judgeAgain = (tls: TlsMaterial): void => {
    const nowMs = Date.now();
    for (const { socket, end } of handedOver.values()) {
      const reason = socket instanceof TLSSocket ? trustProblem(socket, tls, nowMs) : null;
      if (reason !== null) end(reason);
    }
    // Who is still in its handshake may have been judged by what was in force before.
    for (const socket of sockets) if (!handedOver.has(peerOf(socket))) socket.destroy();
  };

  const shut = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return {
    name: () => plan.settings.name,
    address: () => address,
    update(next) {
      const { tls: before } = plan;
      plan = next;
      if (next.tls === null || before === null || !(server instanceof TlsServer)) return;
      useTls(server, next.tls);
      if (isTrustChanged(before, next.tls)) judgeAgain(next.tls);
    },
    async close() {
      gate.close();
      const done = shut();
      for (const socket of sockets) socket.destroy(new Error("its listener was closed"));
      await done;
    },
    stop() {
      gate.close();
      // Its callback waits for all connections, also those that are not ours any more; the port is free at once.
      server.close();
      for (const socket of sockets) if (!handedOver.has(peerOf(socket))) socket.destroy();
      return Promise.resolve();
    },
  };
}

const TOO_MANY_WAIT: Reason = {
  kind: "connect_rate",
  sentence: `${MAX_WAITING} connections wait for their turn already (max_connect_rate)`,
};

/** "::" takes IPv4 too; a machine without IPv6 gets every IPv4 address instead. */
async function listen(server: Server, { host, port, terms }: ListenerPlan["settings"]): Promise<void> {
  const { isIpv6Only } = terms;
  try {
    await listenOnce(server, { host, port, ipv6Only: isIpv6Only });
  } catch (error) {
    const hasNoIpv6 = codeOf(error) === "EAFNOSUPPORT" || codeOf(error) === "EADDRNOTAVAIL";
    if (host !== "::" || isIpv6Only || !hasNoIpv6) throw error;
    await listenOnce(server, { host: "0.0.0.0", port });
  }
}

function listenOnce(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(bound: AddressInfo | string | null, protocol: "mqtt" | "websockets", isSecure: boolean): string {
  const scheme = protocol === "mqtt" ? (isSecure ? "mqtts" : "mqtt") : isSecure ? "wss" : "ws";
  if (bound === null || typeof bound === "string") return `${scheme}://${bound ?? ""}`;
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return `${scheme}://${host}:${bound.port}`;
}

/** Lets `serve` have a connection before the server itself, which gets it by the function that `serve` is given. */
function putBefore(server: Server, serve: (socket: Socket, serveIt: (socket: Socket) => void) => void): void {
  const own = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    serve(socket, (ready) => {
      for (const listener of own) Reflect.apply(listener, server, [ready]);
    });
  });
}

function remoteAddressOf(socket: Socket): string {
  return (socket.remoteAddress ?? "an unknown address").replace(/^::ffff:/, "");
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ""} ${remotePort ?? 0}`;
}
