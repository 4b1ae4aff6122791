import { mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, TLSSocket } from "node:tls";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { isTrustChanged, trustProblem } from "../../../src/broker/listeners/trust.ts";
import { tlsOptions } from "../../../src/broker/listeners/tls.ts";
import type { TlsMaterial } from "../../../src/snapshot/types.ts";
import { makePair, type Pair } from "../../helpers/certificates.ts";

let ca: Pair;
let server: Pair;
let device: Pair;
let selfSigned: Pair;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "culex-trust-"));
  ca = makePair(folder, { name: "ca", commonName: "Test CA" });
  server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
  device = makePair(folder, { name: "device", commonName: "device-1", issuer: ca });
  selfSigned = makePair(folder, { name: "self", commonName: "self" });
  return () => rmSync(folder, { recursive: true });
});

const DAY_MS = 86_400_000;

function material(trusted: string | null): TlsMaterial {
  return {
    cert: server.cert,
    key: server.key,
    ca: trusted,
    requireCertificate: true,
    asksForCertificate: true,
    crl: null,
    minVersion: "TLSv1.2",
    ciphers: null,
    loadedAtMs: 0,
  };
}

/** Our side of a connection of a client with this certificate; the chain it was judged by is not looked at. */
async function accepted({ cert, key }: Pair): Promise<TLSSocket> {
  const listening = createServer(tlsOptions(material(ca.cert))).listen(0, "127.0.0.1");
  onTestFinished(() => void listening.close());
  await once(listening, "listening");
  const bound = listening.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const client = connect({ port, host: "127.0.0.1", ca: ca.cert, cert, key });
  client.on("error", () => undefined);
  onTestFinished(() => void client.destroy());
  const [socket]: unknown[] = await once(listening, "secureConnection");
  if (!(socket instanceof TLSSocket)) throw new Error("no TLS socket");
  return socket;
}

test("a certificate counts within its time only", async () => {
  const socket = await accepted(device);
  const nowMs = Date.now();
  expect(trustProblem(socket, material(ca.cert), nowMs)).toBeNull();
  // it and its CA are good for 30 days
  expect(trustProblem(socket, material(ca.cert), nowMs + 29 * DAY_MS)).toBeNull();
  expect(trustProblem(socket, material(ca.cert), nowMs + 31 * DAY_MS)?.kind).toBe("cert_rejected");
  expect(trustProblem(socket, material(ca.cert), nowMs - DAY_MS)?.kind).toBe("cert_rejected");
});

test("no CA vouches for nobody", async () => {
  expect(trustProblem(await accepted(device), material(null), Date.now())?.kind).toBe("cert_rejected");
});

test("a certificate that signed itself counts when it is listed", async () => {
  const socket = await accepted(selfSigned);
  expect(trustProblem(socket, material(ca.cert), Date.now())?.kind).toBe("cert_rejected");
  expect(trustProblem(socket, material(selfSigned.cert), Date.now())).toBeNull();
});

test.each([
  ["another CA", { ca: "new" }, true],
  ["another certificate of ours", { cert: "new", key: "new" }, false],
  ["no longer a required certificate", { requireCertificate: false }, false],
  ["no longer a certificate at all", { requireCertificate: false, asksForCertificate: false, ca: "new" }, false],
  ["another CA for certificates that may be missing", { requireCertificate: false, ca: "new" }, true],
])("%s is a change of trust: %s", (_name, change, isChanged) => {
  const before: TlsMaterial = {
    cert: "",
    key: "",
    ca: "old",
    requireCertificate: true,
    asksForCertificate: true,
    crl: null,
    minVersion: "TLSv1.2",
    ciphers: null,
    loadedAtMs: 0,
  };
  expect(isTrustChanged(before, { ...before, ...change })).toBe(isChanged);
});
