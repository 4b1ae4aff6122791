import { describe, expect, test } from "vitest";
import { admissionOf, clientTermsOf, type ClientTerms } from "../../src/broker/client-terms.ts";
import { ALL_CLIENTS } from "../../src/settings/types.ts";
import { snapshotOf } from "../helpers/snapshot.ts";

const ALL: ClientTerms = { ...ALL_CLIENTS, certificateName: null };
const certificate = { commonName: "meter", subject: "CN=meter,O=house", fingerprint: "AA" };

test("a client that brings no id gets one of its own, in mosquitto's form", () => {
  const made = (): string => admissionOf({ clientId: "", username: null, version: 4 }, null, ALL).clientId;
  const ids = Array.from({ length: 100 }, made);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^auto-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
});

test("a listener that is not known takes every client", () => {
  expect(clientTermsOf(snapshotOf().settings, "1883")).toEqual(ALL);
});

describe("a client", () => {
  const plug = { clientId: "plug", username: "alice", version: 4 } as const;

  test.each([
    [{}, plug, "plug"],
    [{ usernameAsClientId: true }, plug, "alice"],
    [{ usernameAsClientId: true, certificateName: "common-name" }, plug, "meter"],
    [{ usernameAsClientId: true, certificateName: "subject" }, plug, "CN=meter,O=house"],
    [{ requiredIdPrefix: "pl" }, plug, "plug"],
  ] as const)("with %j comes in as itself: %j", (terms, packet, clientId) => {
    expect(admissionOf(packet, certificate, { ...ALL, ...terms })).toEqual({ clientId, refusal: null });
  });

  test.each([
    [
      { versions: [4, 5] as const },
      { ...plug, version: 3 as const },
      "protocol_refused",
      "speaks MQTT 3.1, which this listener does not take (accept_protocol_versions)",
    ],
    [
      { usernameAsClientId: true },
      { ...plug, username: null },
      "no_credentials",
      "has no user name, which would be its client id (use_username_as_clientid)",
    ],
    [
      { usernameAsClientId: true },
      { ...plug, username: "" },
      "no_credentials",
      "has no user name, which would be its client id (use_username_as_clientid)",
    ],
    [
      { allowsNoClientId: false },
      { ...plug, clientId: "" },
      "client_id_refused",
      "sent no client id (allow_zero_length_clientid false)",
    ],
    [{ requiredIdPrefix: "ha-" }, plug, "not_allowed", "its client id does not begin with ha- (clientid_prefixes)"],
    [
      { requiredIdPrefix: "ha-" },
      { ...plug, clientId: "" },
      "not_allowed",
      "its client id does not begin with ha- (clientid_prefixes)",
    ],
  ] as const)("with %j is refused: %j", (terms, packet, kind, sentence) => {
    expect(admissionOf(packet, null, { ...ALL, ...terms }).refusal).toEqual({ kind, sentence });
  });
});
