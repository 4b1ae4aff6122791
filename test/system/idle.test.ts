import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../helpers/free-port.ts";
import { launch, save } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";

/** The long form: CULEX_IDLE_CONNECTIONS=10000. */
const count = Number(process.env["CULEX_IDLE_CONNECTIONS"] ?? 1_000);
/** Connections made at one time: the queue of a listener is finite. */
const STRIDE = 200;

test(`${count} connections that do nothing are held, and each is answered`, { timeout: 240_000 }, async () => {
  const port = await freePort();
  const folder = tempFolder();
  save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\nconnection_messages false\n`);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < count) {
    const from = sockets.length;
    const size = Math.min(STRIDE, count - from);
    sockets.push(...(await Promise.all(Array.from({ length: size }, (_, index) => join311(port, from + index)))));
  }
  const answers: string[] = [];
  for (let from = 0; from < count; from += STRIDE) {
    answers.push(...(await Promise.all(sockets.slice(from, from + STRIDE).map((socket) => ask(socket, PINGREQ)))));
  }
  expect(answers.filter((answer) => answer === "d000")).toHaveLength(count);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  expect(await running.stop()).toBe(0);
});

const PINGREQ = Buffer.from([0xc0, 0]);

async function join311(port: number, index: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const name = Buffer.from(`idle-${index}`);
  const body = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, name.length, ...name]);
  const answer = await ask(socket, Buffer.from([0x10, body.length, ...body]));
  if (answer !== "20020000") throw new Error(`connection ${index} was answered ${answer}`);
  return socket;
}

/** Sends a packet; what comes back, in hex. */
async function ask(socket: Socket, packet: Buffer): Promise<string> {
  const answer = once(socket, "data");
  socket.write(packet);
  const [chunk]: unknown[] = await answer;
  return Buffer.isBuffer(chunk) ? chunk.toString("hex") : "";
}
