import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { isRevoked } from "../../../src/broker/listeners/revoked.ts";
import { makeCrl, makePair } from "../../helpers/certificates.ts";
import { tempFolder } from "../../helpers/temp.ts";

test("a list names the certificates that it takes back, and no others", () => {
  const folder = tempFolder();
  const ca = makePair(folder, { name: "ca", commonName: "Test CA" });
  const [one, two, three] = ["one", "two", "three"].map((name) =>
    makePair(folder, { name, commonName: name, issuer: ca }),
  );
  expect.assert(one !== undefined && two !== undefined && three !== undefined);
  const revokedIn = (crl: string): readonly boolean[] =>
    [one, two, three].map(({ cert }) => isRevoked(new X509Certificate(cert), crl));
  const none = makeCrl(folder, ca, []);
  const some = makeCrl(folder, ca, [one, three]);
  expect(revokedIn(none)).toEqual([false, false, false]);
  expect(revokedIn(some)).toEqual([true, false, true]);
  expect(revokedIn(none + some)).toEqual([true, false, true]);
});

test.each([
  "",
  "no list",
  "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----",
  "-----BEGIN X509 CRL-----\nMIT///////8=\n-----END X509 CRL-----",
])("what is no list names nobody: %j", (crl) => {
  const pair = makePair(tempFolder(), { name: "one", commonName: "one" });
  expect(isRevoked(new X509Certificate(pair.cert), crl)).toBe(false);
});
