import { describe, expect, test } from "vitest";
import { ALL_CLIENTS } from "../../src/settings/types.ts";
import { sentence } from "../../src/core/problem.ts";
import type { FileReference, ListenerSettings, TlsSettings } from "../../src/settings/types.ts";
import { closedSentence, loadTls } from "../../src/snapshot/certificates.ts";
import type { FileText, TlsMaterial } from "../../src/snapshot/types.ts";
import { makePair, type Pair } from "../helpers/certificates.ts";
import { tempFolder } from "../helpers/temp.ts";

const NO_TERMS = { capath: null, crlfile: null, minVersion: "TLSv1.2", ciphers: null, ciphersuites: null } as const;

/** A little later than now: openssl dates a certificate to the second, and one made in a moment is not valid before it. */
const NOW_MS = Date.now() + 60_000;
const CLOSED = "Ports 8883 and 8884 stay closed; 1883 and 1884 work.";

function reference(shown: string): FileReference {
  return { path: `/ssl/${shown}`, shown, folder: "/ssl", origin: { file: "options.json" } };
}

function listener(cafile: FileReference | null): ListenerSettings & { readonly tls: TlsSettings } {
  return {
    name: "8883",
    protocol: "mqtt",
    host: "::",
    terms: ALL_CLIENTS,
    port: 8883,
    maxConnections: null,
    proxy: null,
    limits: {},
    origin: { file: "options.json" },
    tls: {
      certfile: reference("fullchain.pem"),
      keyfile: reference("privkey.pem"),
      cafile,
      requireCertificate: false,
      ...NO_TERMS,
    },
  };
}

interface Given {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly previous?: TlsMaterial;
  readonly nowMs?: number;
}

function load({ cert, key, ca, previous, nowMs = NOW_MS }: Given): {
  readonly tls: TlsMaterial | null;
  readonly said: readonly string[];
} {
  const files = new Map<string, FileText>();
  const put = (name: string, text: string | undefined): void => {
    const path = `/ssl/${name}`;
    files.set(path, text === undefined ? { path, text: null, error: "ENOENT" } : { path, text, error: null });
  };
  put("fullchain.pem", cert);
  put("privkey.pem", key);
  put("ca.pem", ca);
  const { tls, problems } = loadTls({
    listener: listener(ca === undefined ? null : reference("ca.pem")),
    files,
    previous: previous ?? null,
    nowMs,
    closed: CLOSED,
  });
  return { tls, said: problems.map(sentence) };
}

function inUse({ cert, key }: Pair): TlsMaterial {
  return {
    cert,
    key,
    ca: null,
    requireCertificate: false,
    asksForCertificate: false,
    crl: null,
    minVersion: "TLSv1.2",
    ciphers: null,
    loadedAtMs: new Date(2026, 4, 3, 12, 3).getTime(),
  };
}

describe("a certificate pair", () => {
  test("that fits is loaded without a word", () => {
    const { cert, key } = makePair(tempFolder(), { name: "home", commonName: "home.example.org" });
    expect(load({ cert, key })).toEqual({
      tls: {
        cert,
        key,
        ca: null,
        requireCertificate: false,
        asksForCertificate: false,
        crl: null,
        minVersion: "TLSv1.2",
        ciphers: null,
        loadedAtMs: NOW_MS,
      },
      said: [],
    });
  });

  test("that is missing keeps the port closed and says which others work", () => {
    expect(load({})).toEqual({
      tls: null,
      said: [`certfile "fullchain.pem" not found in /ssl. ${CLOSED} Put the file there or clear the option.`],
    });
  });

  test("of two different renewals keeps the pair in use", () => {
    const folder = tempFolder();
    const old = makePair(folder, { name: "old", commonName: "home.example.org" });
    const next = makePair(folder, { name: "next", commonName: "home.example.org" });
    const { tls, said } = load({ cert: next.cert, key: old.key, previous: inUse(old) });
    expect(tls).toEqual(inUse(old));
    expect(said).toEqual([
      "privkey.pem does not belong to fullchain.pem (different public keys). The pair loaded at 12:03 on 3 May stays in use. Copy both files from the same renewal.",
    ]);
  });

  test.each([
    ["certificate", "fullchain.pem holds no certificate in PEM form."],
    ["key", "privkey.pem holds no private key in PEM form without a passphrase."],
    ["ca", "ca.pem holds no certificate in PEM form."],
  ] as const)("with a broken %s keeps the port closed", (part, what) => {
    const { cert, key } = makePair(tempFolder(), { name: "home", commonName: "home.example.org" });
    const broken = "-----BEGIN NOTHING-----\n";
    const given = { cert: part === "certificate" ? broken : cert, key: part === "key" ? broken : key };
    const { tls, said } = load(part === "ca" ? { ...given, ca: broken } : given);
    expect(tls).toBeNull();
    expect(said).toEqual([`${what} ${CLOSED} Replace the file; no restart is needed.`]);
  });

  test("that expired is served, with a warning that names it", () => {
    const { cert, key } = makePair(tempFolder(), { name: "home", commonName: "home.example.org", days: 30 });
    const { tls, said } = load({ cert, key, nowMs: NOW_MS + 32.5 * 86_400_000 });
    expect(tls?.cert).toBe(cert);
    expect(said).toEqual([
      "Certificate for home.example.org expired 2 days ago. It is used; devices that check it refuse the connection. Renew it; no restart needed.",
    ]);
  });

  test("that did not change keeps the time it was loaded", () => {
    const pair = makePair(tempFolder(), { name: "home", commonName: "home.example.org" });
    expect(load({ cert: pair.cert, key: pair.key, previous: inUse(pair) }).tls).toEqual(inUse(pair));
  });
});

test.each([
  [["8883"], ["1883"], "Port 8883 stays closed; 1883 works."],
  [["8883", "8884"], [], "Ports 8883 and 8884 stay closed."],
  [["1", "2", "3"], ["4", "5"], "Ports 1, 2 and 3 stay closed; 4 and 5 work."],
])("closed %j, open %j", (closed, open, expected) => {
  expect(closedSentence(closed, open)).toBe(expected);
});
