import type { Socket } from "node:net";
import { BackendError, codeOf, messageOf } from "../../core/errors.ts";
import { createSlots } from "../../core/slots.ts";
import { untilAborted } from "../../core/until-aborted.ts";

/** A row as a driver gives it: values by column, in the order of the query. */
export type Row = Readonly<Record<string, unknown>>;

/** One connection of a driver. */
export interface Connection {
  /** Runs a statement with its values beside it. */
  query(text: string, values: readonly (string | null)[]): Promise<readonly Row[]>;
  /** Says goodbye. */
  end(): Promise<void>;
}

/** Opens a connection over a socket that is not connected yet. */
export type Connect = (socket: Socket) => Promise<Connection>;

/** A database with a few connections, opened when they are needed. */
export interface Database {
  /** @throws BackendError when there was no answer, or none in time; it may be back for the next question. */
  query(text: string, values: readonly (string | null)[], signal: AbortSignal): Promise<readonly Row[]>;
  close(): Promise<void>;
}

interface DatabaseInput {
  readonly connect: Connect;
  /** Connections at most. */
  readonly width: number;
  /** A new socket; what it is connected to is the driver's business. */
  readonly socket: () => Socket;
}

interface Held {
  readonly socket: Socket;
  readonly connection: Connection;
}

/** Longest for TCP, TLS and login together. */
const CONNECT_MS = 3000;
const QUERY_MS = 5000;

/** Questions that wait for a connection. */
const PLACES = 10_000;

/**
 * Makes a database. The drivers have pools of their own, but those keep waiting for a connection whose other side is
 * silent; here whatever takes too long is cut, and one whose question failed is not used again: nobody knows what else
 * it will say.
 */
export function createDatabase({ connect, width, socket: newSocket }: DatabaseInput): Database {
  const slots = createSlots(width, PLACES, "too many questions wait for the database");
  const idle: Held[] = [];
  const closing = new AbortController();

  const open = async (signal: AbortSignal): Promise<Held> => {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
    const socket = newSocket();
    // a driver may look away when the other side leaves an idle connection, and an error nobody hears ends the process
    socket.on("error", () => socket.destroy());
    try {
      return { socket, connection: await untilAborted(connect(socket), inTime) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };

  const take = async (signal: AbortSignal): Promise<Held> => {
    for (let held = idle.pop(); held !== undefined; held = idle.pop()) {
      if (held.socket.readyState === "open") return held;
      held.socket.destroy();
    }
    return open(signal);
  };

  const ask = async (
    text: string,
    values: readonly (string | null)[],
    signal: AbortSignal,
  ): Promise<readonly Row[]> => {
    const held = await take(signal);
    try {
      const rows = await untilAborted(held.connection.query(text, values), signal);
      idle.push(held);
      return rows;
    } catch (error) {
      held.socket.destroy();
      throw error;
    }
  };

  return {
    async query(text, values, signal) {
      const bounded = AbortSignal.any([signal, closing.signal]);
      const inTime = (): AbortSignal => AbortSignal.any([bounded, AbortSignal.timeout(QUERY_MS)]);
      try {
        return await slots.run(() => ask(text, values, inTime()), bounded);
      } catch (error) {
        throw error instanceof BackendError ? error : new BackendError(textOf(error), { cause: error });
      }
    },

    async close() {
      closing.abort(new BackendError("the login source is closed"));
      const goodbye = AbortSignal.timeout(GOODBYE_MS);
      await Promise.allSettled(
        idle.splice(0).map(async ({ connection, socket }) => {
          await untilAborted(connection.end(), goodbye).finally(() => socket.destroy());
        }),
      );
    },
  };
}

const GOODBYE_MS = 500;

/** Some errors of sockets have a code and no text, and that of a clock does not say who was late. */
function textOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "the database did not answer in time";
  const text = messageOf(error);
  return text === "" ? (codeOf(error) ?? "the database gave no reason") : text;
}
