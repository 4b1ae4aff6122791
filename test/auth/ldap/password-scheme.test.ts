import { expect, test } from "vitest";
import { matchesScheme } from "../../../src/auth/ldap/password-scheme.ts";

test.each([
  ["public", "{SSHA}fHezEMu73Xt14NSk3mHtqDX8iMYAAQIDBAUGBw=="],
  ["public", "{ssha}fHezEMu73Xt14NSk3mHtqDX8iMYAAQIDBAUGBw=="],
  ["public", "{SSHA256}vzOxqDi3cKuyeYzJZJx5zKsKzKKHewABsx3An+PJYsYAAQIDBAUGBw=="],
  [
    "public",
    "{SSHA512}etrtp7Tq/PFnet8/D5rY69NP6WpSoAvB902u/uvMgsdMnj11TARq5FtirUxXQMlJL6DNwkerkV3kdquaxyQxpAABAgMEBQYH",
  ],
  ["mqttuser0001", "{SHA}mlb3fat40MKBTXUVZwCKmL73R/0="],
  ["mqttuser0002", "{SSHA}n9XdtoG4Q/TQ3TQF4Y+khJbMBH4qXj4M"],
  ["mqttuser0003", "{MD5}ybsPGoaK3nDyiQvveiCOIw=="],
])("takes %s for %s, and no other password", (password, stored) => {
  expect(matchesScheme(stored, Buffer.from(password))).toBe(true);
  expect(matchesScheme(stored, Buffer.from(password.toUpperCase()))).toBe(false);
  expect(matchesScheme(stored, Buffer.from(""))).toBe(false);
});

test("an empty password opens nothing, even where its digest is stored", () => {
  expect(matchesScheme("{MD5}1B2M2Y8AsgTpgAmY7PhCfg==", Buffer.from(""))).toBe(false);
});

test.each([
  "secret",
  "",
  "{CRYPT}$6$a$b",
  "{SHA}",
  "{SHA}AAAA",
  "{SSHA}AAAA",
  "{SHA}fHezEMu73Xt14NSk3mHtqDX8iMYAAQIDBAUGBw==",
  "{SHA224}mlb3fat40MKBTXUVZwCKmL73R/0=",
  "{PLAIN}secret",
])("does not know %j", (stored) => {
  expect(matchesScheme(stored, Buffer.from("secret"))).toBeNull();
});
