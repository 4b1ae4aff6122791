import type { IncomingMessage, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { CertificateName } from "../../core/types.ts";
import type { TlsMaterial } from "../../snapshot/types.ts";
import { linger } from "../linger.ts";
import { httpAnswer } from "../sniff.ts";
import { tlsOptions } from "./tls.ts";

// An import would read every name that the module exports, and one of them loads Node's whole fetch: 9 MB.
const { createServer } = process.getBuiltinModule("node:http");

export interface WebSocketDeps {
  readonly maxPacketSize: () => number;
  /** Web pages that may come; none: all. */
  readonly origins: () => readonly string[];
  /** The client's certificate, null without one, or "refused" when the socket was turned away for it. */
  readonly admit: (socket: Socket) => CertificateName | null | "refused";
  readonly accept: (stream: Duplex, socket: Socket, tls: CertificateName | null) => void;
}

/** The names of MQTT as a WebSocket subprotocol [MQTT-6.0.0-3], the second from MQTT 3.1; the order is our preference. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"] as const;
/** From the connection to the upgrade. */
const UPGRADE_TIMEOUT_MS = 10_000;
/** A frame may carry several packets: room for those that come before a long one. */
const FRAME_SLACK = 65_536;
/** Bytes of one frame of a peer that was not let in yet: the longest CONNECT, and what may come with it. */
const EARLY_FRAME_BYTES = 100_000 + FRAME_SLACK;
/** Close code for a kind of data that is not accepted (RFC 6455, 7.4.1). */
const UNSUPPORTED_DATA = 1003;

const HELP = httpAnswer("426 Upgrade Required", "This port speaks MQTT over WebSocket. Point an MQTT client here.");
const WRONG_SUBPROTOCOL = httpAnswer(
  "400 Bad Request",
  'This port speaks MQTT. Offer the WebSocket subprotocol "mqtt".',
);
const WRONG_ORIGIN = httpAnswer("403 Forbidden", "This port takes no connections from this web page.");

/** Makes an HTTP server that takes MQTT WebSockets on any path. */
export function createWebSocketServer(tls: TlsMaterial | null, deps: WebSocketDeps): Server {
  const limits = { requestTimeout: UPGRADE_TIMEOUT_MS, headersTimeout: UPGRADE_TIMEOUT_MS, noDelay: true };
  const server = tls === null ? createServer(limits) : createTlsServer({ ...tlsOptions(tls), ...limits });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });

  server.on("request", ({ socket }) => {
    // further requests that came with the first one get no answer of their own
    if (!socket.writableEnded) linger(socket, () => void socket.end(HELP));
  });
  server.on("upgrade", (request, socket, head) => {
    // The HTTP server has let go of the socket, and of its error listener: without one a reset would end the process.
    socket.on("error", () => socket.destroy());
    if (!(socket instanceof Socket)) return void socket.destroy();
    const refusal = offersMqtt(request) ? (isFrom(request, deps.origins()) ? null : WRONG_ORIGIN) : WRONG_SUBPROTOCOL;
    if (refusal !== null) {
      linger(socket, () => void socket.end(refusal));
      return;
    }
    const certificate = deps.admit(socket);
    if (certificate === "refused") return;
    sockets.options.maxPayload = deps.maxPacketSize() + FRAME_SLACK;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      deps.accept(binaryStream(webSocket, socket), socket, certificate);
    });
  });
  return server;
}

/** As in mosquitto the whole origin has to be the same; who names none is no web page of the list. */
function isFrom({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  return origins.length === 0 || (headers.origin !== undefined && origins.includes(headers.origin));
}

/** Devices that name no subprotocol at all are let in: what they send is judged anyway. */
function offersMqtt({ headers }: IncomingMessage): boolean {
  const offered = headers["sec-websocket-protocol"];
  if (offered === undefined) return true;
  const names = offered.split(",").map((name) => name.trim());
  return SUBPROTOCOLS.some((name) => names.includes(name));
}

/** Joins a WebSocket to a stream of bytes: one frame per write, and binary frames only [MQTT-6.0.0-1]. */
function binaryStream(webSocket: WebSocket, socket: Socket): Duplex {
  let isRefused = false;
  let isAnswered = false;
  let bytesOfFrame = 0;
  const stream = new Duplex({
    read: () => webSocket.resume(),
    write(chunk, _encoding, done) {
      isAnswered = true;
      webSocket.send(chunk, done);
    },
    final(done) {
      webSocket.close();
      done();
    },
    destroy(error, done) {
      webSocket.terminate();
      done(error);
    },
  });
  // A frame is kept until it is whole, and its limit is that of messages: too much for somebody who is not let in.
  // Who is answered, and not with the end, is.
  const guard = (chunk: Buffer): void => {
    if (isAnswered && !stream.writableEnded) {
      socket.off("data", guard);
      return;
    }
    bytesOfFrame += chunk.length;
    if (bytesOfFrame > EARLY_FRAME_BYTES) stream.destroy(new Error("frame too long before the login"));
  };
  socket.prependListener("data", guard);
  webSocket.on("message", (data, isBinary) => {
    bytesOfFrame = 0;
    if (isRefused) return;
    if (isBinary && data instanceof Buffer) {
      if (!stream.push(data)) webSocket.pause();
      return;
    }
    isRefused = true;
    webSocket.close(UNSUPPORTED_DATA, "MQTT needs binary frames");
  });
  webSocket.on("error", (error) => stream.destroy(error));
  webSocket.on("close", () => {
    if (stream.destroyed) return;
    stream.push(null);
    // A stream that is not read from tells its end when it is asked for nothing, as sockets do.
    stream.read(0);
    stream.end();
  });
  return stream;
}
