import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCrl, makePair, type Pair } from "../helpers/certificates.ts";
import { launch, save, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

let pki: string;
let ca: Pair;
let server: Pair;
let good: Pair;
let lost: Pair;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "culex-"));
  pki = folder;
  ca = makePair(folder, { name: "ca", commonName: "Test CA" });
  server = makePair(folder, { name: "server", commonName: "localhost", issuer: ca });
  good = makePair(folder, { name: "good", commonName: "good", issuer: ca });
  lost = makePair(folder, { name: "lost", commonName: "lost", issuer: ca });
  return () => rmSync(folder, { recursive: true });
});

/** Runs a TLS listener with these lines, and gives its port. */
async function start(lines: string, folder = tempFolder()): Promise<Running & { readonly tlsPort: number }> {
  const tlsPort = await freePort();
  save(
    join(folder, "mosquitto.conf"),
    `allow_anonymous true
listener ${tlsPort} 127.0.0.1
certfile ${server.certFile}
keyfile ${server.keyFile}
cafile ${ca.certFile}
${lines}
`,
  );
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  return { ...running, tlsPort };
}

function tls(port: number, options: ConnectionOptions): TLSSocket {
  const socket = connectTls({ port, host: "127.0.0.1", ca: ca.cert, ...options });
  onTestFinished(() => void socket.destroy());
  return socket;
}

test("crlfile: who is revoked while connected goes, and does not come back; the others stay", async () => {
  const folder = tempFolder();
  save(join(folder, "crl.pem"), makeCrl(pki, ca, []));
  const running = await start("require_certificate true\ncrlfile crl.pem", folder);
  const url = `mqtts://127.0.0.1:${running.tlsPort}`;
  const device = async ({ cert, key }: Pair) => connect(url, { ca: ca.cert, cert, key, protocolVersion: 5 });
  const stays = await device(good);
  const goes = await device(lost);

  save(join(folder, "crl.pem"), makeCrl(pki, ca, [lost]));
  await running.line(/its certificate was revoked/);
  await vi.waitFor(() => expect(goes.wasClosed()).toBe(true));
  tls(running.tlsPort, { cert: lost.cert, key: lost.key }).on("error", () => undefined);
  await running.line(/its certificate was not accepted \(CERT_REVOKED\)/);
  await device(good);
  expect(stays.wasClosed()).toBe(false);

  save(join(folder, "crl.pem"), "no list");
  await running.line(/crl\.pem holds no revocation list in PEM form\. The pair loaded at .* stays in use\./);
  expect(stays.wasClosed()).toBe(false);
});

describe("tls_version", () => {
  test("tlsv1.3 turns TLS 1.2 away", async () => {
    const running = await start("tls_version tlsv1.3");
    const [error]: unknown[] = await once(tls(running.tlsPort, { maxVersion: "TLSv1.2" }), "error");
    expect(error).toMatchObject({ message: expect.stringContaining("protocol version") });
    const socket = tls(running.tlsPort, {});
    await once(socket, "secureConnect");
    expect(socket.getProtocol()).toBe("TLSv1.3");
  });

  test("tlsv1.2 takes both", async () => {
    const running = await start("tls_version tlsv1.2");
    const socket = tls(running.tlsPort, { maxVersion: "TLSv1.2" });
    await once(socket, "secureConnect");
    expect(socket.getProtocol()).toBe("TLSv1.2");
  });
});

test("ciphers and ciphers_tls1.3 each bound their versions, and leave the other as it was", async () => {
  const older = await start("ciphers ECDHE-ECDSA-AES128-GCM-SHA256");
  const cipherOf = async (port: number, version: "TLSv1.2" | "TLSv1.3"): Promise<string> => {
    const socket = tls(port, { minVersion: version, maxVersion: version });
    await once(socket, "secureConnect");
    return socket.getCipher().standardName;
  };
  expect(await cipherOf(older.tlsPort, "TLSv1.2")).toBe("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  expect(await cipherOf(older.tlsPort, "TLSv1.3")).toBe("TLS_AES_256_GCM_SHA384");
  const newer = await start("ciphers_tls1.3 TLS_CHACHA20_POLY1305_SHA256");
  expect(await cipherOf(newer.tlsPort, "TLSv1.3")).toBe("TLS_CHACHA20_POLY1305_SHA256");
  expect(await cipherOf(newer.tlsPort, "TLSv1.2")).toMatch(/^TLS_ECDHE_ECDSA/);
});
