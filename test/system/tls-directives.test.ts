import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCrl, makePair, type Pair } from "../helpers/certificates.ts";
import { launch, save, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { confHouse } from "./conf-house.ts";

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

/** Puts a certificate into a folder as `openssl rehash` names it. */
function hashed(folder: string, { certFile }: Pair): void {
  const hash = execFileSync("openssl", ["x509", "-hash", "-noout", "-in", certFile], { encoding: "utf8" }).trim();
  copyFileSync(certFile, join(folder, `${hash}.0`));
}

test("capath: the CAs of a folder vouch for clients by their hashed names, and a new one counts on save", async () => {
  const folder = tempFolder();
  const other = makePair(folder, { name: "ca-other", commonName: "Other CA" });
  const stranger = makePair(folder, { name: "stranger", commonName: "stranger", issuer: other });
  const cas = tempFolder();
  hashed(cas, ca);
  copyFileSync(other.certFile, join(cas, "other.pem"));
  const port = await freePort();
  const lines = `allow_anonymous true\nlistener ${port} 127.0.0.1\ncertfile ${server.certFile}\nkeyfile ${server.keyFile}\n`;
  const house = await confHouse(`${lines}capath ${cas}\nrequire_certificate true\n`, folder);
  const url = `mqtts://127.0.0.1:${port}`;
  const stays = await connect(url, { ca: ca.cert, cert: good.cert, key: good.key });
  tls(port, { cert: stranger.cert, key: stranger.key }).on("error", () => undefined);
  await house.line(/its certificate was not accepted/);
  hashed(cas, other);
  await house.line(/generation 2 is live/);
  await connect(url, { ca: ca.cert, cert: stranger.cert, key: stranger.key });
  expect(stays.wasClosed()).toBe(false);

  rmSync(cas, { recursive: true });
  house.signal("SIGHUP");
  await house.line(/capath "\S+" not found\. The pair loaded at .* stays in use\./);
  await connect(url, { ca: ca.cert, cert: stranger.cert, key: stranger.key });
});

test("a reload changes what a TLS listener asks for, and sends away only who does not meet it", async () => {
  const port = await freePort();
  const base = `allow_anonymous true
listener ${port} 127.0.0.1
certfile ${server.certFile}
keyfile ${server.keyFile}
cafile ${ca.certFile}
`;
  const house = await confHouse(base);
  const url = `mqtts://127.0.0.1:${port}`;
  const shown = { ca: ca.cert, cert: good.cert, key: good.key, protocolVersion: 5 } as const;
  const plain = await connect(url, { ca: ca.cert });

  await house.put(`${base}require_certificate true\n`);
  await expect.poll(plain.wasClosed).toBe(true);
  const stays = await connect(url, shown);
  tls(port, {}).on("error", () => undefined);
  await house.line(/sent no certificate/);

  await house.put(`${base}tls_version tlsv1.3\nciphers_tls1.3 TLS_AES_128_GCM_SHA256\n`);
  const [error]: unknown[] = await once(tls(port, { maxVersion: "TLSv1.2" }), "error");
  expect(error).toMatchObject({ message: expect.stringContaining("protocol version") });
  const newer = tls(port, {});
  await once(newer, "secureConnect");
  expect(newer.getCipher().standardName).toBe("TLS_AES_128_GCM_SHA256");

  const renewed = makePair(house.folder, { name: "renewed", commonName: "renewed", issuer: ca });
  const names = base.replace(server.certFile, renewed.certFile).replace(server.keyFile, renewed.keyFile);
  await house.put(names);
  const socket = tls(port, { maxVersion: "TLSv1.2" });
  await once(socket, "secureConnect");
  expect(socket.getPeerCertificate().subject.CN).toBe("renewed");
  expect(stays.wasClosed()).toBe(false);

  // who came in without a name is asked for it
  await house.put(`${names}use_identity_as_username true\n`);
  await expect.poll(stays.wasClosed).toBe(true);
  expect(await refusal(url, { ...shown, clientId: "named" })).toBe(0);
  expect(await house.line(/Device named at .* connected/)).toContain("user good");
  await house.put(`${names}use_subject_as_username true\n`);
  expect(await refusal(url, { ...shown, clientId: "whole" })).toBe(0);
  expect(await house.line(/Device whole at .* connected/)).toContain("user CN=good");
});
