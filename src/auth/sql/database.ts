import type { Socket } from "node:net";
import { createPool, type PooledConnection } from "../database/pool.ts";
import type { Row } from "../database/row.ts";

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

/** Makes a database. */
export function createDatabase({ connect, width, socket: newSocket }: DatabaseInput): Database {
  const pool = createPool<Connection & PooledConnection>({
    width,
    open() {
      const socket = newSocket();
      const cut = (): void => void socket.destroy();
      // a driver may look away when the other side leaves an idle connection, and an error nobody hears ends the process
      socket.on("error", cut);
      const connection = connect(socket).then((opened) => ({
        ...opened,
        isOpen: () => socket.readyState === "open",
        cut,
      }));
      return { connection, cut };
    },
  });
  return {
    query: (text, values, signal) => pool.use((connection) => connection.query(text, values), signal),
    close: pool.close,
  };
}
