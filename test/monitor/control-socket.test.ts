import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLogger, EVERY_LOG_TYPE, type LogEntry } from "../../src/core/logger.ts";
import { openControlSocket } from "../../src/monitor/control-socket.ts";
import { tempFolder } from "../helpers/temp.ts";

/** Listens, and never takes a connection. */
const BUSY = `
  const server = require("node:net").createServer();
  server.listen({ path: process.argv[1], backlog: 1 }, () => {
    require("node:fs").writeSync(1, "listens");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

test("the socket of a broker that is too busy to answer is left alone", async () => {
  const path = join(tempFolder(), "culex.sock");
  const busy = spawn(process.execPath, ["-e", BUSY, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void busy.kill("SIGKILL"));
  await once(busy.stdout, "data");
  await fill(path);
  const entries: LogEntry[] = [];
  const log = createLogger(() => ({ types: new Set(EVERY_LOG_TYPE), sinks: [(entry) => entries.push(entry)] }));
  expect(await openControlSocket(path, async () => null, log)).toBeNull();
  expect(existsSync(path)).toBe(true);
  expect(entries.map(({ message }) => message)).toEqual([
    `${path} is not this broker's. "culex trace" does not work, and "culex ban list" shows the file alone. Stop the other broker, or remove the file.`,
  ]);
});

/** Connects until no more connection is taken. */
async function fill(path: string): Promise<void> {
  for (;;) {
    const socket = connect(path);
    onTestFinished(() => void socket.destroy());
    const code = await new Promise<unknown>((resolve) => {
      socket.once("connect", () => resolve(null));
      socket.once("error", (error) => resolve("code" in error ? error.code : error));
    });
    if (code === null) continue;
    expect(code).toBe("EAGAIN");
    return;
  }
}
