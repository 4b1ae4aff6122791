import { expect, test } from "vitest";
import { certificate, nameIn } from "../../../src/auth/backends/certificate.ts";
import { backendContext, client } from "../context.ts";

const { signal } = new AbortController();
const shown = { commonName: "meter", subject: "CN=meter,O=house", fingerprint: "AA" };
const meter = { ...client("meter"), certificate: shown };

// The shared contract does not fit: it is about names that CONNECT brings, and here the certificate has the last word.
test("the common name is the user name, whatever CONNECT says", () => {
  const authenticator = certificate.create({ naming: "common-name" }, backendContext());
  const decision = authenticator.authenticate({ ...meter, username: "somebody", password: Buffer.from("x") }, signal);
  expect(decision).toEqual({
    verdict: "allow",
    by: "certificate",
    reason: { kind: "ok", sentence: "allowed" },
    value: { clientId: "plug-1", username: "meter", superuser: false, source: "certificate", proof: "common-name" },
  });
  expect.assert(!(decision instanceof Promise) && decision.verdict === "allow");
  expect(authenticator.recheck?.(decision.value)).toMatchObject({ verdict: "allow" });
});

test.each(["hunter2", { naming: "hunter2" }, { naming: "subject", hunter2: 1 }])(
  "refuses wrong settings, and does not quote them (%#)",
  (invalid) => {
    expect(() => certificate.create(invalid, backendContext())).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  },
);

test("the whole subject can be the name", () => {
  const decision = certificate.create({ naming: "subject" }, backendContext()).authenticate(meter, signal);
  expect(decision).toMatchObject({ verdict: "allow", value: { username: "CN=meter,O=house", superuser: false } });
});

test.each([
  [null, "sent no certificate"],
  [{ ...shown, commonName: "" }, "has no name in its certificate"],
])("nobody comes in without a name: %j", (found, sentence) => {
  const authenticator = certificate.create({ naming: "common-name" }, backendContext());
  expect(authenticator.authenticate({ ...meter, certificate: found }, signal)).toEqual({
    verdict: "deny",
    by: "certificate",
    reason: {
      kind: "cert_missing",
      sentence,
      hint: "This listener takes the user name from the device's certificate.",
    },
  });
});

test("who came by another part of the certificate has to come anew", () => {
  const before = certificate.create({ naming: "common-name" }, backendContext()).authenticate(meter, signal);
  expect.assert(!(before instanceof Promise) && before.verdict === "allow");
  expect(certificate.create({ naming: "subject" }, backendContext()).recheck?.(before.value)).toMatchObject({
    verdict: "deny",
    reason: { sentence: "has to log in anew: another part of its certificate is its user name now" },
  });
});

test("an empty name is none", () => {
  expect(nameIn({ ...shown, subject: "" }, "subject")).toBeNull();
});
