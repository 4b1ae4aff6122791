import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "../target.ts";
import { overWebSocket } from "./websocket.ts";

/** A byte stream to the broker. */
export interface Wire {
  write(bytes: Buffer): void;
  /** Stops reading, so that the broker's writes pile up. */
  freeze(): void;
  /** Cuts the connection, without a port left in TIME_WAIT. */
  destroy(): void;
}

export interface WireHandler {
  /** The bytes are good until the call returns. */
  bytes(chunk: Buffer): void;
  /** The other side has ended the connection, or the network has. */
  lost(why: string): void;
}

/** One buffer takes the reads of all connections: what is in it is used up before the next read. */
export type ReadBuffer = Buffer;

const READ_BYTES = 256 * 1024;

/** Makes the buffer that connections read into. */
export function createReadBuffer(): ReadBuffer {
  return Buffer.allocUnsafeSlow(READ_BYTES);
}

/** Opens a connection of the target's kind. */
export function openWire(target: Target, buffer: ReadBuffer, handler: WireHandler): Promise<Wire> {
  switch (target.transport) {
    case "tcp":
      return openTcp(target, buffer, handler);
    case "tls":
      return openTls(target, handler);
    case "ws":
      return overWebSocket(handler, (inner) => openTcp(target, buffer, inner));
  }
}

function openTcp({ host, port }: Target, buffer: ReadBuffer, handler: WireHandler): Promise<Wire> {
  return new Promise((resolve, reject) => {
    let isDestroyed = false;
    const socket = connectTcp({
      host,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback(length) {
          handler.bytes(buffer.subarray(0, length));
          return true;
        },
      },
    });
    const lost = (why: string): void => {
      reject(new Error(why));
      if (!isDestroyed) handler.lost(why);
      isDestroyed = true;
    };
    socket.on("error", (error) => lost(error.message));
    socket.on("close", () => lost("closed by the broker"));
    socket.once("connect", () => {
      resolve({
        write: (bytes) => void socket.write(bytes),
        freeze: () => void socket.pause(),
        destroy() {
          isDestroyed = true;
          socket.resetAndDestroy();
        },
      });
    });
  });
}

function openTls({ host, port }: Target, handler: WireHandler): Promise<Wire> {
  return new Promise((resolve, reject) => {
    let isDestroyed = false;
    // The certificate was made for this run by ourselves.
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => handler.bytes(chunk));
    const lost = (why: string): void => {
      reject(new Error(why));
      if (!isDestroyed) handler.lost(why);
      isDestroyed = true;
    };
    socket.on("error", (error) => lost(error.message));
    socket.on("close", () => lost("closed by the broker"));
    socket.once("secureConnect", () => {
      resolve({
        write: (bytes) => void socket.write(bytes),
        freeze: () => void socket.pause(),
        destroy() {
          isDestroyed = true;
          socket.destroy();
        },
      });
    });
  });
}
