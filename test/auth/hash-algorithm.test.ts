import { describe, expect, onTestFinished, test } from "vitest";
import {
  type HashAlgorithm,
  matchPassword,
  parseHashAlgorithm,
  type StoredPassword,
} from "../../src/auth/hash-algorithm.ts";
import { createPasswordVerifier } from "../../src/auth/password.ts";

const SALT = "slat_foo123";

/** [algorithm, hash of "public" with the salt above] */
const VECTORS: readonly (readonly [string, string])[] = [
  ["plain", "public"],
  ["md5", "4c9184f37cff01bcdc32dc486ec36961"],
  ["salt,md5", "08a0911a64c4e92e61a00f38be77a946"],
  ["md5,salt", "92ad7288c2e00635014fad86e7a1c68d"],
  ["sha", "61c9b2b17db77a27841bbeeabff923448b0f6388"],
  ["sha1", "61c9b2b17db77a27841bbeeabff923448b0f6388"],
  ["salt,sha", "c368438705e08225637da163a5e630b7c48c5b03"],
  ["sha,salt", "49753b1627324ac08539bd4cf62ab3657cb84ba6"],
  ["sha256", "efa1f375d76194fa51a3556a97e641e61685f914d446979da50a551a4333ffd7"],
  ["salt,sha256", "ae45b69fb70eaf222721b8b748eab19255d37b246eff0906eea8a7fed51b3000"],
  ["salt sha256", "ae45b69fb70eaf222721b8b748eab19255d37b246eff0906eea8a7fed51b3000"],
  ["sha256,salt", "44edc2d57cde8d79c98145003e105b90a14f1460b79186ea9cfe83942fc5abb5"],
  ["sha256 salt", "44edc2d57cde8d79c98145003e105b90a14f1460b79186ea9cfe83942fc5abb5"],
  [
    "sha512",
    "d32997e9747b65a3ecf65b82533a4c843c4e16dd30cf371e8c81ab60a341de00051da422d41ff29c55695f233a1e06fac8b79aeb0a4d91ae5d3d18c8e09b8c73",
  ],
  [
    "salt,sha512",
    "eb5319143b7ae42dce0ffd75f0b1c6466bb258f8c6f819cf8509034ef7d206f5c0c116e958a37e8129ae433615e06b7dd88b272fcd4a6e1299fbb593888ffeef",
  ],
  [
    "sha512,salt",
    "e907445054ea0ce6ffb211834a89f0810252c871f82dea2656ea07c3ffb86de1bbce83c5fe698a27b90b8dda9f372fd0dc39693543e80154404a774e2d42e174",
  ],
  ["pbkdf2,sha256,1000,20", "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c"],
  ["pbkdf2,sha,1000,20", "392972ddd8fe62faeac34bf94331b2611e60f2ea"],
  ["pbkdf2,sha1,1000", "392972ddd8fe62faeac34bf94331b2611e60f2ea"],
  ["pbkdf2,sha256,4096,32", "9cca0f2460270c4c3a76e0051222b407b41f44be134e793458d3ea281b6c8d23"],
  [
    "pbkdf2,sha512,4096,64",
    "14b5fbf6c771c5da0c9f9b6fcf126b35e040cef20c110614a4a8ede608adb71c3aec906348d73b00fe9691bd57990c2112f711397eaf77c97364bcd3b418b392",
  ],
  ["pbkdf2,ripemd160,1000,20", "12d455ba68176830c7c4ec477b39dbe656357769"],
  ["bcrypt", "$2b$10$abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK"],
  ["salt,bcrypt", "$2a$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y"],
  [
    "encoded",
    "PBKDF2$sha512$100000$AAECAwQFBgcICQoLDA0ODw==$aIS4QrzRkXOn51EaC6KorzTiMtHoZo4EW2oKmY69B2sDHBRLmbsmq8cWMLCVr9GeKz0V7vndqthA8XKXvCOE+g==",
  ],
];

describe("passwords as EMQ stores them", () => {
  test.each(VECTORS)("%s %s", async (name, hash) => {
    await expect(match(name, { hash, salt: SALT }, "public")).resolves.toBe("right");
    for (const wrong of ["Public", "publi", "public ", "", "\0public"]) {
      await expect(match(name, { hash, salt: SALT }, wrong)).resolves.toBe("wrong");
    }
  });

  test.each(VECTORS.filter(([name]) => /^(?:salt,|pbkdf2,)?(?:md5|sha)/.test(name)))(
    "%s in capital hex %s",
    async (name, hash) => {
      await expect(match(name, { hash: hash.toUpperCase(), salt: SALT }, "public")).resolves.toBe("right");
    },
  );

  test.each(VECTORS.filter(([name]) => /salt.*(?:md5|sha)|(?:md5|sha).*salt|pbkdf2/.test(name)))(
    "%s with another salt %s",
    async (name, hash) => {
      await expect(match(name, { hash, salt: "slat_foo124" }, "public")).resolves.toBe("wrong");
    },
  );

  test("a password beyond ASCII", async () => {
    const hash = "9c1f05746ab317ad0443cf650f59a879c0d1a115ff0f94bee07f5a4ac334f805";
    await expect(match("sha256,salt", { hash, salt: SALT }, "pässwörd")).resolves.toBe("right");
  });

  test.each([
    ["sha256", ""],
    ["plain", ""],
    ["sha256", "public"],
    ["sha256", "4c9184f37cff01bcdc32dc486ec36961"],
    ["sha256", `${"0".repeat(63)}g`],
    ["bcrypt", "public"],
    ["bcrypt", "$2b$15$abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK"],
    ["pbkdf2,sha256,1000,20", "9c76391a681e1d939dd9eda0c754d41dbc0d3b"],
    ["pbkdf2,sha256,1000", "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c"],
  ])("%s finds %j unusable", async (name, hash) => {
    for (const password of ["public", "x", hash || "y"]) {
      await expect(match(name, { hash, salt: SALT }, password)).resolves.toBe("unusable");
    }
  });

  test("a PBKDF2 hash without salt is unusable", async () => {
    const hash = "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c";
    await expect(match("pbkdf2,sha256,1000,20", { hash, salt: "" }, "public")).resolves.toBe("unusable");
  });
});

test.each([
  "",
  "md4",
  "salt",
  "sha256,sha256",
  "salt,plain",
  "plain,salt",
  "bcrypt,salt",
  "salt,sha256,salt",
  "pbkdf2",
  "pbkdf2,sha256",
  "pbkdf2,md5,1000,16",
  "pbkdf2,sha256,0,20",
  "pbkdf2,sha256,1000,8",
  "pbkdf2,sha256,1000,20,1",
  "constructor",
])("%j is no algorithm", (name) => {
  expect(parseHashAlgorithm(name)).toBeNull();
});

async function match(name: string, stored: StoredPassword, password: string): Promise<string> {
  const verifier = createPasswordVerifier({ now: Date.now });
  onTestFinished(() => verifier.close());
  return matchPassword(algorithm(name), stored, Buffer.from(password), verifier.verify);
}

function algorithm(name: string): HashAlgorithm {
  const parsed = parseHashAlgorithm(name);
  if (parsed === null) throw new Error(`no algorithm ${name}`);
  return parsed;
}
