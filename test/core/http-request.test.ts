import { Agent } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { sendRequest } from "../../src/core/http-request.ts";
import { webServer } from "../helpers/web-server.ts";

const BASE = { method: "GET", headers: {}, body: null, maxReplyBytes: 100, signal: new AbortController().signal };

test("a redirect is an answer like any other", async () => {
  const { url } = await webServer((_request, response) =>
    response.writeHead(302, { location: "/elsewhere" }).end("moved"),
  );
  expect(await sendRequest({ ...BASE, url })).toEqual({ status: 302, contentType: "", text: "moved" });
});

test("the content type comes in lower case, without parameters", async () => {
  const { url } = await webServer((_request, response) =>
    response.writeHead(200, { "content-type": "Application/JSON ; charset=utf-8" }).end("{}"),
  );
  expect(await sendRequest({ ...BASE, url })).toEqual({ status: 200, contentType: "application/json", text: "{}" });
});

test("an answer that is too long is none", async () => {
  const { url } = await webServer((_request, response) => response.end("x".repeat(101)));
  await expect(sendRequest({ ...BASE, url })).rejects.toThrow(new Error("reply of more than 100 bytes"));
});

test("a kept connection that is closed under a request costs nothing but another try", async () => {
  let requests = 0;
  const { url } = await webServer((request, response) => {
    requests += 1;
    if (requests === 2) request.socket.resetAndDestroy();
    else response.end(`answer ${requests}`);
  });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  expect((await sendRequest({ ...BASE, url, agent })).text).toBe("answer 1");
  expect((await sendRequest({ ...BASE, url, agent })).text).toBe("answer 3");
});

test("a fresh connection that is closed is not tried again", async () => {
  let requests = 0;
  const { url } = await webServer((request) => {
    requests += 1;
    request.socket.resetAndDestroy();
  });
  await expect(sendRequest({ ...BASE, url })).rejects.toThrow(expect.objectContaining({ code: "ECONNRESET" }));
  expect(requests).toBe(1);
});
