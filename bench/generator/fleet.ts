import type { Target } from "../target.ts";
import { type Client, type ClientHandler, connectClient } from "./client.ts";
import { createReadBuffer, type ReadBuffer } from "./wire.ts";

/** All clients of one run. */
export interface Fleet {
  readonly target: Target;
  connect(clientId: string, handler?: ClientHandler): Promise<Client>;
  /** What went wrong: a connection that the broker has ended. */
  readonly faults: readonly string[];
  close(): void;
}

const IDLE: ClientHandler = { publish: () => undefined, ack: () => undefined, read: () => undefined };

/** Makes a fleet without clients. */
export function createFleet(target: Target): Fleet {
  const buffer: ReadBuffer = createReadBuffer();
  const clients: Client[] = [];
  const faults: string[] = [];
  return {
    target,
    faults,
    async connect(clientId, handler = IDLE) {
      const client = await connectClient(target, clientId, buffer, handler, (why) => {
        faults.push(`${clientId}: connection lost (${why})`);
      });
      clients.push(client);
      return client;
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}
