import { expect, test } from "vitest";
import { decoyFor } from "../../src/auth/decoy.ts";
import { parsePasswordHash } from "../../src/core/password-hash.ts";
import { backendContext, pbkdf2Hash, sha512Hash } from "./context.ts";

const BCRYPT = "$2b$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y";

test.each([
  ["PBKDF2", pbkdf2Hash("public", 50), { kind: "pbkdf2", digest: "sha512", iterations: 50 }],
  [
    "PBKDF2 with SHA-256",
    "PBKDF2$sha256$50000$AAECAwQFBgcICQoLDA0ODw==$D0eJyBTD+6xNsw6JJMPJdzcCsrIrLmIIJMooxWAP7SQ=",
    { kind: "pbkdf2", digest: "sha256", iterations: 50_000 },
  ],
  [
    "argon2id",
    "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8",
    { kind: "argon2id", memoryKib: 64, passes: 2, parallelism: 1 },
  ],
  ["bcrypt", BCRYPT, { kind: "bcrypt", cost: 5 }],
])("the decoy of %s takes the same work and fits no password", async (_name, stored, expected) => {
  const decoy = decoyFor([sha512Hash("fast"), stored, pbkdf2Hash("later", 99)]);
  expect.assert(decoy !== null);
  expect(parsePasswordHash(decoy)).toMatchObject(expected);
  const { verify } = backendContext();
  for (const password of ["public", "bar", "fast"]) {
    await expect(verify(decoy, Buffer.from(password))).resolves.toBe(false);
  }
});

test("decoys differ each time", () => {
  expect(decoyFor([BCRYPT])).not.toBe(decoyFor([BCRYPT]));
});

test.each([[[]], [[sha512Hash("fast")]], [["no hash"]]])(
  "where nothing takes time there is no decoy (%#)",
  (hashes) => {
    expect(decoyFor(hashes)).toBeNull();
  },
);
