import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { parser, type Packet } from "mqtt-packet";
import { onTestFinished } from "vitest";

/** What an answer to a CONNECT has besides its code. */
export const CONNACK = { cmd: "connack", sessionPresent: false } as const;

/** A broker that answers as told, and what it heard. */
export async function fakeBroker(answer: (packet: Packet, socket: Socket) => void) {
  const heard: Packet[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const reader = parser();
    reader.on("packet", (packet) => {
      heard.push(packet);
      answer(packet, socket);
    });
    socket.on("data", (chunk: Buffer) => reader.parse(chunk));
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, heard };
}
