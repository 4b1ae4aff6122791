import { expect, test } from "vitest";
import { findApiKey, makeApiKey, parseApiKeys } from "../../src/auth/api-keys.ts";

const DIGEST = "a".repeat(64);

test("what is made is found again, by its own secret only", () => {
  const { secret, line } = makeApiKey("weather");
  const { keys, problems } = parseApiKeys(
    `# ours\r\n${line}\r\n  user station\r\ntopic weather/#\r\n`,
    "http-keys",
    [],
  );
  expect(problems).toEqual([]);
  expect(line).not.toContain(secret);
  expect(findApiKey(keys, "weather", secret)).toMatchObject({
    id: "weather",
    username: "station",
    filters: ["weather/#"],
  });
  expect(findApiKey(keys, "weather", `${secret}x`)).toBeNull();
  expect(findApiKey(keys, "Weather", secret)).toBeNull();
  expect(findApiKey(keys, "weather", "")).toBeNull();
});

test("a secret of zeros does not belong to nobody", () => {
  expect(findApiKey([], "weather", "")).toBeNull();
});

test.each<[string, string, string]>([
  ["user x", 'http-keys line 1: "user" stands above the first key.', "The line is ignored."],
  ["key a", 'http-keys line 1: behind "a" there is no digest of a secret.', 'The key "a" is not accepted.'],
  [
    "key a plain-secret",
    'http-keys line 1: behind "a" there is no digest of a secret.',
    'The key "a" is not accepted.',
  ],
  [
    `key a:b sha256:${DIGEST}`,
    'http-keys line 1: "a:b" is no id of a key: an id has letters, digits and ". _ - @" only, 128 at most.',
    'The key "a:b" is not accepted.',
  ],
  [
    `key a sha256:${DIGEST}\ntopic a/#/b`,
    'http-keys line 2: "a/#/b" is no topic filter: "#" must be the last level and stand alone in it.',
    'The key "a" is not accepted.',
  ],
  [
    `key a sha256:${DIGEST}\ntopics a`,
    "http-keys line 2: this line begins with none of key, user and topic.",
    'The key "a" is not accepted.',
  ],
  [`key a sha256:${DIGEST}\nuser`, 'http-keys line 2: "user" names nobody.', 'The key "a" is not accepted.'],
  [
    `key Addons sha256:${DIGEST}`,
    'http-keys line 1: the user name "Addons" is reserved.',
    'The key "Addons" is not accepted.',
  ],
  [
    `key a sha256:${DIGEST}\nuser homeassistant`,
    'http-keys line 2: the user name "homeassistant" is reserved.',
    'The key "a" is not accepted.',
  ],
])("%j is reported, and its key does not count", (text, what, now) => {
  const { keys, problems } = parseApiKeys(text, "http-keys", ["homeassistant", "addons"]);
  expect(keys).toEqual([]);
  expect(problems).toMatchObject([{ severity: "error", what, now }]);
});

test("of two keys of one id the first counts", () => {
  const { keys, problems } = parseApiKeys(
    `key a sha256:${DIGEST}\nkey a sha256:${"b".repeat(64)}\nuser x`,
    "http-keys",
    [],
  );
  expect(keys).toMatchObject([{ id: "a", username: "a" }]);
  expect(problems.map(({ what }) => what)).toEqual(['http-keys line 2: the key "a" is there already.']);
});
