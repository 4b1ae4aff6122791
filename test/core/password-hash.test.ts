import { describe, expect, test } from "vitest";
import { hashFault, parsePasswordHash } from "../../src/core/password-hash.ts";

const SALT = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const SALT_TEXT = SALT.toString("base64");
const HASH_64 = Buffer.alloc(64, 0x5a);
const HASH_32 = Buffer.alloc(32, 0xa5);

const padded = (bytes: Buffer): string => bytes.toString("base64");
const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

const bytes = (value: Uint8Array): string => Buffer.from(value).toString("hex");

describe("mosquitto's $6$ and $7$", () => {
  test("$6$ is one round of SHA-512", () => {
    const parsed = parsePasswordHash(`$6$${SALT_TEXT}$${padded(HASH_64)}`);
    expect(parsed).toMatchObject({ kind: "sha512" });
    if (parsed?.kind !== "sha512") return;
    expect([bytes(parsed.salt), bytes(parsed.hash)]).toEqual([bytes(SALT), bytes(HASH_64)]);
  });

  test("$7$ is PBKDF2 with SHA-512 and the iterations it names", () => {
    const parsed = parsePasswordHash(`$7$101$${SALT_TEXT}$${padded(HASH_64)}`);
    expect(parsed).toMatchObject({ kind: "pbkdf2", digest: "sha512", iterations: 101 });
    if (parsed?.kind !== "pbkdf2") return;
    expect([bytes(parsed.salt), bytes(parsed.hash)]).toEqual([bytes(SALT), bytes(HASH_64)]);
  });

  test.each([12, 16, 64])("a salt of %i bytes is read", (length) => {
    const salt = padded(Buffer.alloc(length, 7));
    expect(parsePasswordHash(`$6$${salt}$${padded(HASH_64)}`)).not.toBeNull();
    expect(parsePasswordHash(`$7$1000$${salt}$${padded(HASH_64)}`)).not.toBeNull();
  });
});

describe("the add-on's PBKDF2", () => {
  test.each([
    ["PBKDF2$sha512$100000$SALT$HASH64", "sha512", 100_000],
    ["PBKDF2$sha256$50000$SALT$HASH32", "sha256", 50_000],
    ["PBKDF2$sha512$1$SALT$HASH32", "sha512", 1],
    ["PBKDF2$sha512$10000000$SALT$HASH64", "sha512", 10_000_000],
    // empty fields are left out
    ["$PBKDF2$$sha512$1000$$SALT$HASH64$", "sha512", 1000],
    // a word that the add-on's tool does not know makes 64 bytes of SHA-512
    ["PBKDF2$SHA256$1000$SALT$HASH64", "sha512", 1000],
  ])("%s is read", (template, digest, iterations) => {
    const text = fill(template);
    const parsed = parsePasswordHash(text);
    expect(parsed).toMatchObject({ kind: "pbkdf2", digest, iterations });
    if (parsed?.kind !== "pbkdf2") return;
    expect(bytes(parsed.salt)).toBe(bytes(SALT));
    expect(bytes(parsed.hash)).toBe(bytes(template.includes("HASH64") ? HASH_64 : HASH_32));
  });

  test.each([
    ["pbkdf2-sha512$i=100000,l=64$UNPADDED$RAW64", "sha512", 100_000],
    ["$pbkdf2-sha512$i=100000,l=64$UNPADDED$RAW64", "sha512", 100_000],
    ["pbkdf2-sha256$i=1000,l=32$UNPADDED$RAW32", "sha256", 1000],
    ["$pbkdf2-sha256$i=1000,l=32$UNPADDED$RAW32", "sha256", 1000],
    ["pbkdf2-sha1$i=1000,l=32$UNPADDED$RAW32", "sha1", 1000],
    ["pbkdf2-ripemd160$i=1000,l=32$UNPADDED$RAW32", "ripemd160", 1000],
  ])("%s is read", (template, digest, iterations) => {
    const parsed = parsePasswordHash(fill(template));
    expect(parsed).toMatchObject({ kind: "pbkdf2", digest, iterations });
    if (parsed?.kind !== "pbkdf2") return;
    expect(bytes(parsed.salt)).toBe(bytes(SALT));
    expect(bytes(parsed.hash)).toBe(bytes(template.includes("RAW64") ? HASH_64 : HASH_32));
  });
});

describe("bcrypt", () => {
  const rest = "abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK";

  test.each(["2a", "2b", "2y"])("$%s$ is read with its cost", (version) => {
    const text = `$${version}$10$${rest}`;
    expect(parsePasswordHash(text)).toEqual({ kind: "bcrypt", cost: 10, text });
  });

  test.each([
    ["04", 4],
    ["31", 31],
  ])("cost %s is read, whether or not it would be checked", (digits, cost) => {
    expect(parsePasswordHash(`$2b$${digits}$${rest}`)).toMatchObject({ kind: "bcrypt", cost });
  });

  test("costs that would take minutes lie above 14", () => {
    expect(hashFault(`$2b$14$${rest}`)).toBeNull();
    expect(hashFault(`$2b$15$${rest}`)).toEqual({
      kind: "costly",
      hash: "bcrypt hash",
      what: "has cost 15, and checking it would take minutes",
      fix: 'Make one with a cost up to 14, or use "culex passwd".',
    });
    expect(hashFault(`$2b$32$${rest}`)).toEqual({ kind: "unknown" });
  });

  test.each([
    ["too cheap", `$2b$03$${rest}`],
    ["too dear", `$2b$32$${rest}`],
    ["without a cost", `$2b$$${rest}`],
    ["one digit of cost", `$2b$9$${rest}`],
    ["an unknown version", `$2x$10$${rest}`],
    ["one character short", `$2b$10$${rest.slice(1)}`],
    ["one character long", `$2b$10$${rest}a`],
    ["a foreign character", `$2b$10$${rest.slice(1)}+`],
    ["a line end behind it", `$2b$10$${rest}\n`],
    ["a blank before it", ` $2b$10$${rest}`],
  ])("%s is no hash", (_name, text) => {
    expect(parsePasswordHash(text)).toBeNull();
  });
});

describe("what is no hash", () => {
  test.each([
    [""],
    ["$"],
    ["$$"],
    ["$6$"],
    ["$7$"],
    ["secret"],
    ["pa$$w0rd"],
    ["$5$SALT$HASH64"],
    ["$1$SALT$HASH64"],
    ["$argon2id$v=18$m=47104,t=1,p=1$UNPADDED$RAW64"],
    ["$argon2i$v=19$m=47104,t=1,p=1$UNPADDED$RAW64"],
    ["$argon2id$v=19$m=47104,t=0,p=1$UNPADDED$RAW64"],
    ["$argon2id$v=19$m=47104,t=33,p=1$UNPADDED$RAW64"],
    ["$argon2id$v=19$m=7,t=1,p=1$UNPADDED$RAW64"],
    ["$argon2id$v=19$m=47104,t=1$UNPADDED$RAW64"],
    ["6$SALT$HASH64"],
    ["x$6$SALT$HASH64"],
    ["$6$$HASH64"],
    ["$6$SALT$"],
    ["$6$SALT"],
    ["$6$SALT$HASH32"],
    ["$6$SALT$HASH64$"],
    ["$6$SALT$HASH64$x"],
    ["$6$SALT$RAW64"],
    ["$6$SA LT$HASH64"],
    ["$6$SALT$HASH64 "],
    ["$7$0$SALT$HASH64"],
    ["$7$$SALT$HASH64"],
    ["$7$-1$SALT$HASH64"],
    ["$7$1e3$SALT$HASH64"],
    ["$7$1.5$SALT$HASH64"],
    ["$7$0x10$SALT$HASH64"],
    ["$7$10000001$SALT$HASH64"],
    ["$7$99999999999999999999$SALT$HASH64"],
    ["$7$101$$HASH64"],
    ["$7$101$SALT$"],
    ["$7$101$SALT$HASH32"],
    ["$7$101$SALT$HASH64$x"],
    ["$7$101$SALT=$HASH64"],
    ["$7$101$S*LT$HASH64"],
    ["$7$101$SALT$-_HASH64"],
    ["PBKDF2$"],
    ["PBKDF2$sha512$100000$SALT$"],
    ["PBKDF2$sha512$100000$$HASH64"],
    ["PBKDF2$sha512$0$SALT$HASH64"],
    ["PBKDF2$sha512$10000001$SALT$HASH64"],
    ["PBKDF2$sha512$1000$SALT$HASH64$x"],
    ["PBKDF2$sha512$1000$SALT$c2hvcnQ="],
    ["PBKDF2$sha512$1000$SALT$LONG"],
    ["PBKDF2$sha1$1000$SALT$HASH32"],
    ["PBKDF2$sha512$1000$UNPADDED$HASH64"],
    ["pbkdf2$sha512$1000$SALT$HASH64"],
    ["pbkdf2-sha512$i=1000,l=64$UNPADDED$"],
    ["pbkdf2-sha512$i=1000,l=0$UNPADDED$"],
    ["pbkdf2-sha512$i=1000,l=64$$RAW64"],
    ["pbkdf2-sha512$i=1000,l=32$UNPADDED$RAW64"],
    ["pbkdf2-sha512$i=0,l=64$UNPADDED$RAW64"],
    ["pbkdf2-sha512$i=10000001,l=64$UNPADDED$RAW64"],
    ["pbkdf2-sha512$l=64,i=1000$UNPADDED$RAW64"],
    ["pbkdf2-sha512$i=1000,l=64$SALT$HASH64"],
    ["pbkdf2-sha512$i=1000,l=64$UNPADDED$RAW64$x"],
    ["pbkdf2-sha512$i=1000,l=64$A$RAW64"],
    ["pbkdf2-md5$i=1000,l=32$UNPADDED$RAW32"],
  ])("%s", (template) => {
    expect(parsePasswordHash(fill(template))).toBeNull();
  });
});

function fill(template: string): string {
  return template
    .replaceAll("UNPADDED", unpadded(SALT))
    .replaceAll("SALT", SALT_TEXT)
    .replaceAll("HASH64", padded(HASH_64))
    .replaceAll("HASH32", padded(HASH_32))
    .replaceAll("RAW64", unpadded(HASH_64))
    .replaceAll("RAW32", unpadded(HASH_32))
    .replaceAll("LONG", padded(Buffer.alloc(513, 1)));
}

test("an argon2id hash is taken up to the memory that a check may use", () => {
  const salt = Buffer.alloc(16, 1).toString("base64").replace(/=+$/, "");
  const hash = Buffer.alloc(32, 2).toString("base64").replace(/=+$/, "");
  const text = (kib: number): string => `$argon2id$v=19$m=${kib},t=3,p=2$${salt}$${hash}`;
  expect(parsePasswordHash(text(4096))).toMatchObject({ kind: "argon2id", memoryKib: 4096, passes: 3, parallelism: 2 });
  expect(hashFault(text(131_072))).toBeNull();
  expect(hashFault(text(131_073))).toEqual({
    kind: "costly",
    hash: "argon2id hash",
    what: "takes 129 MiB of memory, more than a check may",
    fix: 'Make one with up to 128 MiB, or use "culex passwd".',
  });
});
