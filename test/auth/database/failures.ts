import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Backend, BackendContext } from "../../../src/auth/backend.ts";
import { BackendError } from "../../../src/core/errors.ts";
import { isAllowed } from "../../../src/core/reasons.ts";
import type { Authenticator, Credentials, Decision, Identity } from "../../../src/core/types.ts";
import { freePort } from "../../helpers/free-port.ts";
import { backendContext, client } from "../context.ts";

/** Who asks a database for its rules. */
export const IDENTITY: Identity = {
  clientId: "plug-1",
  username: "alice",
  superuser: false,
  source: "test",
  proof: null,
  address: "192.0.2.7",
};

const { signal } = new AbortController();

/** A backend that is closed when the test is over. */
export function made(backend: Backend, settings: object, context: BackendContext = backendContext()): Authenticator {
  const source = backend.create(settings, context);
  onTestFinished(() => source.close?.());
  return source;
}

/** Asks about alice, whose password is alice-pw, or about somebody else. */
export async function ask(
  source: Authenticator,
  credentials: Credentials = client("alice", "alice-pw"),
  until: AbortSignal = signal,
): Promise<Decision<Identity>> {
  return source.authenticate(credentials, until);
}

/** "undecided" where it failed as a source should. */
export async function verdictOf(source: Authenticator): Promise<string> {
  try {
    return (await ask(source)).verdict;
  } catch (error) {
    return error instanceof BackendError ? "undecided" : String(error);
  }
}

/** Who somebody is who must get in. */
export async function identityOf(source: Authenticator, credentials: Credentials): Promise<Identity> {
  const decision = await ask(source, credentials);
  if (!isAllowed(decision)) throw new Error(`not allowed: ${decision.reason.sentence}`);
  return decision.value;
}

/**
 * What must come of servers that are no database. Each question finds out anew, but for a driver that looks for servers
 * by itself.
 */
export function serversThatAreNone(backend: Backend, settings: (port: number) => object, looksByItself = false): void {
  describe(`${backend.type} with a server that is none`, () => {
    test.each([
      ["says nothing", (): void => {}],
      ["talks nonsense", (socket: Socket): void => void socket.write(Buffer.alloc(5000, "HTTP/1.1 200 OK\r\n"))],
      ["hangs up", (socket: Socket): void => void socket.end()],
      ["breaks off", (socket: Socket): void => void socket.resetAndDestroy()],
    ])("and %s, nothing is decided", async (_what, behave) => {
      const sockets: Socket[] = [];
      const port = await freePort();
      const server = createServer((socket) => {
        sockets.push(socket.on("error", () => {}));
        behave(socket);
      });
      await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const source = made(backend, { ...settings(port), pool: 1 });
      for (let turn = 1; turn <= 2; turn += 1) {
        const patience = AbortSignal.timeout(300);
        await expect(ask(source, client("alice", "alice-pw"), patience)).rejects.toThrow(BackendError);
      }
      expect(sockets.length).toBeGreaterThanOrEqual(looksByItself ? 1 : 2);
    });
  });
}
