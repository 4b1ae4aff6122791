import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Aedes, type AedesOptions } from "aedes";
import { onTestFinished } from "vitest";

/** Starts aedes as it comes, behind a plain port; it stops with the test. */
export async function startPlainAedes(options: AedesOptions = {}): Promise<{ aedes: Aedes; port: number }> {
  const aedes = await Aedes.createBroker(options);
  // Without a listener a failing store would end the process.
  aedes.addListener("error", () => undefined);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    aedes.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
  });
  const bound = server.address();
  return { aedes, port: typeof bound === "object" && bound !== null ? bound.port : 0 };
}

/**
 * Starts aedes in a process of its own, connects to it, sends bytes and a DISCONNECT, and gives its exit code: 0 when
 * it has closed the connection, 1 when it fell over an exception. `options` is the text of its options.
 */
export async function exitOfPlainAedes(bytes: Buffer, options = "{}"): Promise<number> {
  const script = `
    import { Aedes } from "aedes";
    import { connect, createServer } from "node:net";
    const aedes = await Aedes.createBroker(${options});
    const server = createServer((socket) => aedes.handle(socket)).listen(0, "127.0.0.1", () => {
      const client = connect(server.address().port, "127.0.0.1");
      client.write(Buffer.from(process.argv[1] + "e000", "hex"));
      client.resume();
      client.on("close", () => process.exit(0));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, bytes.toString("hex")], {
    stdio: "ignore",
  });
  const [code] = await once(child, "exit");
  return Number(code);
}
