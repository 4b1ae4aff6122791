import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { connect, refusal } from "./mqtt.ts";

/** A server that answers whatever comes first with these bytes; an empty answer closes. */
async function answering(hex: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      if (hex === "") socket.destroy();
      else socket.write(Buffer.from(hex, "hex"));
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const bound = server.address();
  return `mqtt://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
}

test("a message in one piece with the CONNACK is collected", async () => {
  const { messages } = await connect(await answering("20020100300400017478"));
  await vi.waitFor(() => expect(messages).toEqual(["t x"]));
});

test("a refusal gives its code, and a connection that just closes an error", async () => {
  expect(await refusal(await answering("20020005"))).toBe(5);
  await expect(refusal(await answering(""))).rejects.toThrow("the connection was closed before its CONNACK");
});
