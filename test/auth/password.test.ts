import { setImmediate as nextTurn } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPasswordVerifier, hashPassword, type PasswordVerifier } from "../../src/auth/password.ts";
import { BackendError } from "../../src/core/errors.ts";
import { parsePasswordHash } from "../../src/core/password-hash.ts";
import { pbkdf2Hash, sha512Hash } from "./context.ts";

/** [made by, password, hash] */
const VECTORS: readonly (readonly [string, string, string])[] = [
  [
    "mosquitto_passwd 2.1.2 with argon2",
    "carol-pw",
    "$argon2id$v=19$m=47104,t=1,p=1$+SV7ZZbw1mplNSqZzWFFToe8+Keot2Pl514/HDwAfQvCPUyvF8ngHzsbLUswGTYus+rGUCb77es2Ca0x+prAXw$V8ZW9sLPvB0gYz891HsB4g4CDUCyCcz7ut5ZRn9+R+k0Jm0iGJqOiiIFY9dn312u7xqgMJF4CfAHBZlG5PRhbw",
  ],
  [
    "mosquitto_passwd 2.0.11",
    "secret1",
    "$7$101$zTkAC8PDF9yohtHQ$EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/Gha8oN23tZ6+eDzN5qGpmMxnMEC3hK+sz24xn6LHelQ==",
  ],
  [
    "mosquitto_passwd 2.0.11",
    "pässwörd €",
    "$7$101$JArPssXeDAmSSBMV$H2k0EZWSEBiRd6+jieY+y5fqrzFvRu9YTSJcLjviOrAwfrNLFRf+d9UX6SCOZIkC1dnqCfueodo3iiFLm5pIlQ==",
  ],
  [
    "mosquitto_passwd 2.0.11",
    "carol-pw",
    "$6$8tO4104qc4CnpPPT$WhRpnego+DhrAGNJuXTjQhOr8LP+YNRZqg6yBQans/ufGs16emidGjEsrs+1b3MXkGtvLVhmCf58DlIiIwRdfQ==",
  ],
  [
    "mosquitto_passwd 2.1.2",
    "secret1",
    "$7$1000$hPiq4GVHlKBbCXel6IA76KFLgsLCxjg0IR4xTvrKklZpRO99AaLMATcQlTBuX3GTCiWakoM74d37416DOyvSgg==$eI1Vr0D6XDk80EmfGZLVheA8qBoKNKOyCCIjzsKEiUIEzmZVt4934RrxCWivcYV6lIMS6o20k96w+974/t9VhQ==",
  ],
  [
    "mosquitto_passwd 2.1.2",
    "bob-pw",
    "$6$kVMeJD48fNT6oln/RTqUeCrC0QUCwmWLz3z7sZ1TPl+cqO8rHUFJrWB5wuF6QMDJFytqo8US9wud1Y0xrH53Kg==$qg4epc2XbqfbLwpawdot9Rz/S45bdFhEE4YrLi2mUnscloajHCaHAea6GVxcKPfVQQRJt7LY5h8mh9xLXGZczg==",
  ],
  [
    "mosquitto_passwd 2.1.2 -I 5000",
    "dave-pw",
    "$7$5000$xx1hscpg+UorO0nlL4Zs4UcBGBddSK8f2mA4i+0RWyNKoFZW8mT/8/uPQH22U+JipuCyt/bc9osa5ahxdwug2g==$XXO8NE93WVgLEOq+dDZEJIQCG2VKuOHxwpe+G68g7WjhSTUBzNJRAnvrNWRYQIUwDzqpjnGIvCtgR5OrVdhjKQ==",
  ],
  [
    "the official add-on's documentation",
    "foo",
    "PBKDF2$sha512$100000$qsU7xQ8YCV/9nRuBBJVTxA==$jqw94Ej3aEr97UofY6rClmVCRkTdDiubQW0A6ZYmUI+pZjW9Hax+2w2FeYB3y5ut1SliB7+HAwIl2iONLKkohw==",
  ],
  [
    "the official add-on's pw",
    "bar",
    "PBKDF2$sha512$100000$AAECAwQFBgcICQoLDA0ODw==$hLSFkWnArTIZGF0wZahO02GAU+tgApzaI9/vSoUvKguszMWJa3/9LCSDxdSBEBeqUeUcNAt8eKy+R1RrdWc/Xg==",
  ],
  [
    "the official add-on's pw with sha256",
    "bar",
    "PBKDF2$sha256$50000$AAECAwQFBgcICQoLDA0ODw==$D0eJyBTD+6xNsw6JJMPJdzcCsrIrLmIIJMooxWAP7SQ=",
  ],
  [
    "mosquitto-go-auth",
    "bar",
    "pbkdf2-sha512$i=100000,l=64$AAECAwQFBgcICQoLDA0ODw$hLSFkWnArTIZGF0wZahO02GAU+tgApzaI9/vSoUvKguszMWJa3/9LCSDxdSBEBeqUeUcNAt8eKy+R1RrdWc/Xg",
  ],
  [
    "mosquitto-go-auth",
    "public",
    "PBKDF2$sha512$100000$AAECAwQFBgcICQoLDA0ODw==$aIS4QrzRkXOn51EaC6KorzTiMtHoZo4EW2oKmY69B2sDHBRLmbsmq8cWMLCVr9GeKz0V7vndqthA8XKXvCOE+g==",
  ],
  ["bcrypt, cost 10", "public", "$2b$10$abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK"],
  ["bcrypt, cost 5", "public", "$2a$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y"],
  ["bcrypt as PHP writes it", "public", "$2y$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y"],
];

const HOSTILE: readonly string[] = [
  ":",
  "#comment",
  "$7$101$",
  'say "hi"',
  "back\\slash",
  " blanks at both ends ",
  "🔑 emoji 👩‍🔧",
  "line\nend",
  "%u/+/#",
  "\ufeffwith a byte order mark",
  "x".repeat(65_535),
];

describe("hashes made by other tools", () => {
  test.each(VECTORS)("%s: the password %s is right, others are wrong", async (_by, password, hash) => {
    const { verify } = verifier();
    await expect(verify(hash, Buffer.from(password))).resolves.toBe(true);
    for (const wrong of [`${password}x`, password.slice(1), password.toUpperCase(), ""]) {
      await expect(verify(hash, Buffer.from(wrong))).resolves.toBe(false);
    }
  });
});

describe("passwords of any characters", () => {
  test.each(HOSTILE.map((password) => [password.slice(0, 40), password]))("%j", async (_shown, password) => {
    const { verify } = verifier();
    const hashes = [sha512Hash(password), pbkdf2Hash(password), bcrypt(password)];
    for (const hash of hashes) {
      await expect(verify(hash, Buffer.from(password))).resolves.toBe(true);
      await expect(verify(hash, Buffer.from(`!${password}`))).resolves.toBe(false);
    }
  });

  test("what follows a zero byte does not count, as in mosquitto", async () => {
    const { verify } = verifier();
    for (const hash of [sha512Hash("secret"), pbkdf2Hash("secret"), bcrypt("secret")]) {
      await expect(verify(hash, Buffer.from("secret\0"))).resolves.toBe(true);
      await expect(verify(hash, Buffer.from("secre\0t"))).resolves.toBe(false);
    }
  });

  test("an empty password is never right, not even for the hash of an empty one", async () => {
    const { verify } = verifier();
    for (const hash of [sha512Hash(""), pbkdf2Hash(""), bcrypt("")]) {
      await expect(verify(hash, Buffer.alloc(0))).resolves.toBe(false);
      await expect(verify(hash, Buffer.from("\0secret"))).resolves.toBe(false);
    }
  });

  test("bytes that are no UTF-8 are compared as they are, and match no bcrypt hash", async () => {
    const { verify } = verifier();
    const latin = Buffer.from([0x70, 0xe4, 0xdf]);
    await expect(verify(sha512Hash(latin), latin)).resolves.toBe(true);
    await expect(verify(sha512Hash("p\ufffd\ufffd"), latin)).resolves.toBe(false);
    await expect(verify(bcrypt("p\ufffd\ufffd"), latin)).resolves.toBe(false);
  });
});

describe("what cannot be checked is undecided", () => {
  test("a text that is no hash", async () => {
    const { verify } = verifier();
    await expect(verify("plain", Buffer.from("plain"))).rejects.toThrow(
      new BackendError("a stored password is not a known hash"),
    );
  });

  test("a bcrypt hash of a cost above 14", async () => {
    const { verify } = verifier();
    const hash = "$2b$15$abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK";
    await expect(verify(hash, Buffer.from("public"))).rejects.toThrow(
      new BackendError("bcrypt cost 15 would take minutes"),
    );
  });

  test.each([
    ["PBKDF2", (): string => pbkdf2Hash("other", 1000)],
    ["bcrypt", (): string => bcrypt("other")],
  ])("more than four different %s guesses for one user at a time", async (_kind, make) => {
    const { verify } = verifier();
    const hash = make();
    const guesses = ["a", "b", "c", "d", "e"].map((guess) => verify(hash, Buffer.from(guess)));
    const results = await Promise.allSettled(guesses);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    expect(results[4]).toMatchObject({
      reason: new BackendError("too many passwords are being checked for one user"),
    });
    // the one that found no room was not remembered as wrong
    await expect(verify(hash, Buffer.from("e"))).resolves.toBe(false);
  });

  test("a check that is under way when the broker stops", async () => {
    const verifierThatStops = verifier();
    const running = verifierThatStops.verify(bcrypt("secret", 10), Buffer.from("secret"));
    const waiting = verifierThatStops.verify(bcrypt("other", 10), Buffer.from("secret"));
    const results = Promise.allSettled([running, waiting]);
    await new Promise(setImmediate);
    await verifierThatStops.close();
    await expect(results).resolves.toMatchObject([
      { status: "rejected", reason: new BackendError("the bcrypt thread ended") },
      { status: "rejected", reason: new BackendError("password checks have stopped") },
    ]);
  });
});

describe("results are remembered", () => {
  // after close() nothing is computed any more, so an answer comes from memory
  test.each([
    ["a right password", "secret", true],
    ["a wrong password", "guess", false],
  ])("%s for five minutes", async (_name, password, expected) => {
    let nowMs = 1_000_000;
    const { verify, close } = createPasswordVerifier({ now: () => nowMs });
    const hash = pbkdf2Hash("secret");
    await expect(verify(hash, Buffer.from(password))).resolves.toBe(expected);
    await close();
    nowMs += 299_999;
    await expect(verify(hash, Buffer.from(password))).resolves.toBe(expected);
    await expect(verify(hash, Buffer.from(`${password}\0`))).resolves.toBe(expected);
    await expect(verify(hash, Buffer.from("another"))).rejects.toThrow(BackendError);
    await expect(verify(pbkdf2Hash("secret"), Buffer.from(password))).rejects.toThrow(BackendError);
    nowMs += 1;
    await expect(verify(hash, Buffer.from(password))).rejects.toThrow(BackendError);
  });

  test.each([
    ["PBKDF2", (): string => pbkdf2Hash("secret", 1000)],
    ["bcrypt", (): string => bcrypt("secret")],
  ])("identical %s checks at one time are one check", async (_kind, make) => {
    const { verify } = verifier();
    const hash = make();
    // more than four checks for one user would be refused
    const checks = Array.from({ length: 200 }, () => verify(hash, Buffer.from("secret")));
    await expect(Promise.all(checks)).resolves.toEqual(Array.from({ length: 200 }, () => true));
  });
});

describe("the event loop stays free", () => {
  test.each([
    ["bcrypt of cost 12", (): string => bcrypt("secret", 12)],
    ["PBKDF2 of 500000 iterations", (): string => pbkdf2Hash("secret", 500_000)],
  ])("while %s is checked", async (_kind, make) => {
    const { verify } = verifier();
    const hash = make();
    // the thread is there, so that what follows is the check alone
    await verify(bcrypt("warm"), Buffer.from("warm"));
    let isDone = false;
    const checking = verify(hash, Buffer.from("secret")).finally(() => (isDone = true));
    // computed here, it would end before the first turn, or in a few slices with one turn after each
    for (let turn = 0; turn < 10; turn++) {
      // oxlint-disable-next-line no-await-in-loop -- the turns of the event loop are counted
      await nextTurn();
    }
    expect(isDone).toBe(false);
    await expect(checking).resolves.toBe(true);
  });
});

describe("new hashes", () => {
  test("are of the kind and lengths that every mosquitto since 2.0 reads", async () => {
    const text = await hashPassword("pässwörd €");
    expect(text).toMatch(/^\$7\$210000\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/);
    const { verify } = verifier();
    await expect(verify(text, Buffer.from("pässwörd €"))).resolves.toBe(true);
    await expect(verify(text, Buffer.from("passwörd €"))).resolves.toBe(false);
    expect(parsePasswordHash(text)).toMatchObject({ kind: "pbkdf2", digest: "sha512", iterations: 210_000 });
  });

  test("differ for the same password", async () => {
    expect(await hashPassword("secret")).not.toBe(await hashPassword("secret"));
  });

  test.each([[""], ["\0"], ["sec\0ret"]])("are not made of %j, which could never log in", async (password) => {
    await expect(hashPassword(password)).rejects.toThrow("a password has one character or more, and no zero");
  });
});

function verifier(): PasswordVerifier {
  const made = createPasswordVerifier({ now: Date.now });
  onTestFinished(() => made.close());
  return made;
}

function bcrypt(password: string, cost = 4): string {
  return hashSync(password, cost);
}
