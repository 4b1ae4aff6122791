import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { proxyRefusal, readProxyHeader, type ProxyReading } from "../../../src/broker/listeners/proxy-reader.ts";

const UNKNOWN = "PROXY UNKNOWN\r\n";

type Outcome = Parameters<ProxyReading["done"]>[0] | Parameters<ProxyReading["refused"]>[0];

/** Reads a header of version 1 from a connection on which `speak` does what a client does. */
async function outcome(
  speak: (client: Socket) => void,
  timeoutMs = 10_000,
): Promise<{ readonly said: Outcome; readonly server: Socket }> {
  const listening = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void listening.close());
  await once(listening, "listening");
  const bound = listening.address();
  const client = connect({ port: typeof bound === "object" && bound !== null ? bound.port : 0, host: "127.0.0.1" });
  onTestFinished(() => void client.destroy());
  client.on("error", () => undefined);
  return new Promise((resolve) => {
    listening.once("connection", (server) => {
      onTestFinished(() => void server.destroy());
      const end = (said: Outcome): void => resolve({ said, server });
      readProxyHeader(server, { version: 1, timeoutMs, done: end, refused: end });
    });
    client.once("connect", () => speak(client));
  });
}

test("what follows the header is left to who reads next", async () => {
  const { said, server } = await outcome((client) => client.write(`${UNKNOWN}and the rest`));
  expect(said).toEqual({ isCheck: false, address: null, isTls: false, certificate: null });
  expect(String(await once(server, "data"))).toBe("and the rest");
});

const hint = "This listener takes connections of a proxy only, with version 1 of that protocol.";

test.each([
  ["nothing comes", () => undefined, { kind: "silent", sentence: "said nothing" }],
  [
    "a part of it comes",
    (client: Socket) => void client.write("PROXY "),
    { kind: "malformed", sentence: "sent no whole header of the PROXY protocol within 0.05 s", hint },
  ],
])("it waits no longer than it is told when %s", async (_name, speak, reason) => {
  const { said } = await outcome(speak, 50);
  expect(said).toEqual(reason);
});

test.each([
  ["at once", (client: Socket) => void client.end(), { kind: "silent", sentence: "said nothing" }],
  ["by a reset", (client: Socket) => void client.resetAndDestroy(), { kind: "silent", sentence: "said nothing" }],
  [
    "amid it",
    (client: Socket) => void client.end("PROXY "),
    { kind: "malformed", sentence: "closed the connection before the end of its header of the PROXY protocol", hint },
  ],
])("a client that leaves %s is done with", async (_name, speak, reason) => {
  const { said } = await outcome(speak);
  expect(said).toEqual(reason);
});

test("a header that cannot be read is refused with what it was", async () => {
  const { said } = await outcome((client) => client.write("PROXY TCP4\r\n"));
  const sentence = "sent a header of the PROXY protocol, version 1, that cannot be read";
  expect(said).toEqual({ kind: "malformed", sentence, hint });
});

test("what a listener requires has to be in the header", () => {
  const certificate = { commonName: "meter", subject: "", fingerprint: "" };
  const header = { isCheck: false, address: null, isTls: true, certificate };
  const all = { version: 2, requiresTls: true, requiresCertificate: true } as const;
  expect(proxyRefusal(header, all)).toBeNull();
  expect(proxyRefusal({ ...header, isTls: false, certificate: null }, { ...all, requiresTls: false })).toEqual({
    kind: "cert_missing",
    sentence: "showed the proxy no certificate that it accepts",
    hint: "Install a client certificate in the device, and let the proxy verify it and tell of it.",
  });
  expect(proxyRefusal({ ...header, isTls: false }, all)).toEqual({
    kind: "not_allowed",
    sentence: "did not come to the proxy by TLS (proxy_protocol_v2_require_tls)",
    hint: "Let the device use the TLS port of the proxy, and the proxy tell of TLS.",
  });
  expect(
    proxyRefusal(
      { ...header, isTls: false, certificate: null },
      { ...all, requiresTls: false, requiresCertificate: false },
    ),
  ).toBeNull();
  const check = { ...header, isCheck: true, isTls: false, certificate: null };
  expect(proxyRefusal(check, all)).toEqual({ kind: "silent", sentence: "said nothing" });
  expect(proxyRefusal(check, { ...all, requiresTls: false, requiresCertificate: false })).toBeNull();
});
