import { expect, onTestFinished, test } from "vitest";
import { createRemoteKeys, type RemoteKeys } from "../../../src/auth/jwt/remote-keys.ts";
import type { TlsSettings } from "../../../src/auth/tls.ts";
import { BackendError } from "../../../src/core/errors.ts";
import { makePair } from "../../helpers/certificates.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { webServer } from "../../helpers/web-server.ts";
import { ecPair, rsaPair } from "./tokens.ts";

const { signal } = new AbortController();
const first = { ...rsaPair().jwk, kid: "first" };
const second = { ...ecPair("P-256").jwk, kid: "second" };

interface Signer {
  readonly url: string;
  body: string;
  status: number;
  asked: number;
  /** Answers nothing until it is set to false again. */
  hangs: boolean;
}

async function startSigner(keys: readonly unknown[], tls?: { cert: string; key: string }): Promise<Signer> {
  const signer = { url: "", body: JSON.stringify({ keys }), status: 200, asked: 0, hangs: false };
  const { url } = await webServer(
    (_, reply) => {
      signer.asked++;
      if (!signer.hangs) reply.writeHead(signer.status, { location: "/other" }).end(signer.body);
    },
    tls === undefined ? {} : { tls },
  );
  return Object.assign(signer, { url: `${url}/jwks.json` });
}

function keysAt(
  endpoint: string,
  tls: TlsSettings = {},
): { keys: RemoteKeys; clock: { nowMs: number }; warnings: string[] } {
  const clock = { nowMs: 1_000_000 };
  const warnings: string[] = [];
  const keys = createRemoteKeys({
    endpoint,
    tls,
    refreshMs: 300_000,
    now: () => clock.nowMs,
    warn: (message) => warnings.push(message),
  });
  onTestFinished(() => keys.close());
  return { keys, clock, warnings };
}

async function idsOf(found: ReturnType<RemoteKeys["find"]>): Promise<readonly (string | null)[]> {
  return (await found).map(({ id }) => id);
}

test("the set is fetched once for many who ask at once, and then answers from memory", async () => {
  const signer = await startSigner([first, second]);
  const { keys } = keysAt(signer.url);
  const found = await Promise.all(Array.from({ length: 100 }, async () => idsOf(keys.find("second", signal))));
  expect(new Set(found.map((ids) => ids.join()))).toEqual(new Set(["second"]));
  expect(keys.find("first", signal)).toMatchObject([{ id: "first", algorithms: ["RS256", "RS384", "RS512"] }]);
  expect(await idsOf(keys.find(null, signal))).toEqual(["first", "second"]);
  expect(signer.asked).toBe(1);
});

test("a key that is new is found at once, and an invented one does not make us ask again and again", async () => {
  const signer = await startSigner([first]);
  const { keys, clock } = keysAt(signer.url);
  expect(await idsOf(keys.find("first", signal))).toEqual(["first"]);
  signer.body = JSON.stringify({ keys: [second] });
  clock.nowMs += 10_000;
  expect(await idsOf(keys.find("second", signal))).toEqual(["second"]);
  expect(signer.asked).toBe(2);
  for (let count = 0; count < 20; count++) {
    clock.nowMs += 100;
    // oxlint-disable-next-line no-await-in-loop -- one after the other: at once they would share a question
    expect(await idsOf(keys.find(`junk-${count}`, signal))).toEqual([]);
  }
  expect(signer.asked).toBe(2);
  // the first is withdrawn
  expect(await idsOf(keys.find("first", signal))).toEqual([]);
});

test("an old set is renewed while it serves, and serves on while the signer is away, for a day", async () => {
  const signer = await startSigner([first]);
  const { keys, clock, warnings } = keysAt(signer.url);
  await keys.find("first", signal);
  signer.status = 503;
  clock.nowMs += 300_000;
  expect(keys.find("first", signal)).toMatchObject([{ id: "first" }]);
  await expect
    .poll(() => warnings)
    .toEqual([`The keys at ${signer.url} could not be renewed (HTTP status 503). The known keys stay in use for now.`]);
  clock.nowMs += 60_000;
  expect(keys.find("first", signal)).toMatchObject([{ id: "first" }]);
  // nobody can say whether there is such a key now
  await expect(keys.find("second", signal)).rejects.toThrow(BackendError);
  clock.nowMs += 24 * 3_600_000;
  await expect(keys.find("first", signal)).rejects.toThrow("the key set could not be fetched: HTTP status 503");
  expect(warnings).toHaveLength(1);
  signer.status = 200;
  clock.nowMs += 1000;
  expect(await idsOf(keys.find("first", signal))).toEqual(["first"]);
});

test.each([
  ["garbage", 200, /^the key set could not be fetched: Unexpected token/],
  ["{}", 200, "the key set could not be fetched: no list of keys"],
  [
    JSON.stringify({ keys: Array.from({ length: 101 }, () => first) }),
    200,
    "the key set could not be fetched: more than 100 keys",
  ],
  ["x".repeat(300_000), 200, "the key set could not be fetched: reply of more than 262144 bytes"],
  ["", 500, "the key set could not be fetched: HTTP status 500"],
  // to somebody else's keys
  ["", 302, "the key set could not be fetched: HTTP status 302"],
])("%.20s with status %i is no answer; the next one counts", async (body, status, message) => {
  const signer = await startSigner([first]);
  const good = signer.body;
  const { keys, clock } = keysAt(signer.url);
  Object.assign(signer, { body, status });
  await expect(keys.find("first", signal)).rejects.toThrow(message);
  await expect(keys.find("first", signal)).rejects.toThrow(BackendError);
  expect(signer.asked).toBe(1);
  Object.assign(signer, { body: good, status: 200 });
  clock.nowMs += 1000;
  expect(await idsOf(keys.find("first", signal))).toEqual(["first"]);
});

test("nobody waits longer than it wants to, and the question goes on for the others", async () => {
  const signer = await startSigner([first]);
  signer.hangs = true;
  const { keys } = keysAt(signer.url);
  const gone = new AbortController();
  const waits = keys.find("first", gone.signal);
  gone.abort(new Error("left"));
  await expect(waits).rejects.toThrow("left");
  const other = keys.find("first", signal);
  keys.close();
  await expect(other).rejects.toThrow(BackendError);
});

test("keys that cannot serve are left out", async () => {
  const signer = await startSigner([
    { kty: "oct", k: "c2VjcmV0", kid: "secret" },
    { ...first, kid: "encryption", use: "enc" },
    { ...first, kid: "signing", key_ops: ["sign"] },
    { ...first, kid: "other", alg: "RSA-OAEP" },
    { ...rsaPair(1024).jwk, kid: "short" },
    { kty: "RSA", kid: "broken" },
    "key",
    { ...first, kid: "narrow", alg: "RS384", use: "sig" },
  ]);
  const { keys } = keysAt(signer.url);
  expect(await keys.find(null, signal)).toMatchObject([{ id: "narrow", algorithms: ["RS384"] }]);
});

test("a signer with a certificate of its own is believed only with it", async () => {
  const folder = tempFolder();
  const ca = makePair(folder, { name: "ca", commonName: "House CA" });
  const server = makePair(folder, { name: "server", commonName: "127.0.0.1", issuer: ca });
  const signer = await startSigner([first], server);
  await expect(keysAt(signer.url).keys.find("first", signal)).rejects.toThrow("the key set could not be fetched: ");
  expect(signer.asked).toBe(0);
  expect(await idsOf(keysAt(signer.url, { ca: ca.cert }).keys.find("first", signal))).toEqual(["first"]);
});
