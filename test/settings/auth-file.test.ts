import { describe, expect, test } from "vitest";
import { sentence } from "../../src/core/problem.ts";
import { filesWanted, parseAuthFile, wantsSecrets, type FindReference } from "../../src/settings/auth-file.ts";

const NOW = "The stages read at 12:03 stay in use.";
const find: FindReference = ({ kind, name }) => {
  if (kind === "secret") return name === "database" ? "hunter2" : null;
  return name === "token.txt" ? "t0ken" : null;
};
const read = (text: string) => parseAuthFile(text, "auth.yaml", find, NOW);

test("reads stages with their terms, in order", () => {
  const { value, problems } = read(`
stages:
  - id: house
    type: mysql
    host: db.local
    password: !secret database
    token: !file token.txt
    when:
      listener: "8883"
      username: [ann, "guest-*"]
      has_cert: false
    on_error: ignore
    on_bad_password: next
    deny_means: ignore
    timeout: 2.5
    cache: { ttl: 30, negative_ttl: 1, stale_if_error: 3600 }
    superuser: false
  - type: logins
  - type: ldap
    enabled: false
  - type: http
    cache: false
acl:
  sources: [login, files, house]
  no_match: deny
`);
  expect(problems).toEqual([]);
  expect(value?.stages).toEqual([
    {
      type: "mysql",
      settings: { host: "db.local", password: "hunter2", token: "t0ken" },
      onBadPassword: "next",
      terms: {
        id: "house",
        when: { listeners: ["8883"], usernames: ["ann", "guest-*"], clientIds: null, hasCertificate: false },
        onError: "ignore",
        denyMeans: "ignore",
        superuser: false,
        timeoutMs: 2500,
        cache: { acceptedMs: 30_000, refusedMs: 1000, staleMs: 3_600_000 },
      },
      placeOf: expect.any(Function),
    },
    {
      type: "logins",
      settings: {},
      onBadPassword: "deny",
      terms: {
        id: "logins",
        when: { listeners: null, usernames: null, clientIds: null, hasCertificate: null },
        onError: "deny",
        denyMeans: "deny",
        superuser: "from_backend",
        timeoutMs: 5000,
        cache: null,
      },
      placeOf: expect.any(Function),
    },
    {
      type: "http",
      settings: {},
      onBadPassword: "deny",
      terms: expect.objectContaining({ id: "http", cache: { acceptedMs: 0, refusedMs: 0, staleMs: 0 } }),
      placeOf: expect.any(Function),
    },
  ]);
  expect(value?.stages[0]?.placeOf("/host")).toEqual({ file: "auth.yaml", line: 5, column: 5 });
  expect(value?.acl).toEqual({ sources: ["login", "files", "house"], noMatch: "deny" });
});

test("an answer counts for a minute, a no for five seconds, and a yes serves ten minutes of silence", () => {
  const { value } = read("stages: [{ type: redis }]");
  expect(value?.stages[0]?.terms.cache).toEqual({ acceptedMs: 60_000, refusedMs: 5000, staleMs: 600_000 });
});

describe("says what is wrong, where, what happens now and what to do", () => {
  test.each([
    [
      "stages: [",
      "auth.yaml line 1:10: this is not valid YAML.",
      "Look for a missing quote or bracket, or wrong indentation, at or above it.",
    ],
    [
      "stages:\n\t- type: logins",
      "auth.yaml line 2:1: this is not valid YAML.",
      "YAML takes no tabs: put spaces in their place.",
    ],
    [
      "stages: []\nacl: {}\nstages: []",
      "auth.yaml line 3:1: this name stands in its group for the second time.",
      'Keep one of the two lines. In a list each entry begins with "- ".',
    ],
    [
      "stages: []\n---\nacl: {}",
      "auth.yaml line 2:1: a second document begins here.",
      'Write everything into one, without a line of "---" or "..." between.',
    ],
    ["", "auth.yaml line 1:1: this: null is not what it can be.", "Write names and values, each on a line of its own."],
    ["acl: {}", 'auth.yaml line 1:1: "stages" is missing.', 'Add "stages: ...".'],
    ["stages: []\nacls: {}", 'auth.yaml line 2:1: "acls" is not known here.', 'Did you mean "acl"?'],
    ["stages:\n  - id: a", 'auth.yaml line 2:5: "type" is missing.', 'Add "type: ...".'],
    [
      "stages:\n  - type: x\n    on_error: maybe",
      'auth.yaml line 3:5: on_error: "maybe" is not what it can be.',
      "Use deny or ignore.",
    ],
    [
      "stages:\n  - type: x\n    timeout: 5s",
      'auth.yaml line 3:5: timeout: "5s" is not what it can be.',
      "Write a number.",
    ],
    [
      "stages:\n  - type: x\n    timeout: 60",
      "auth.yaml line 3:5: timeout: 60 is not what it can be.",
      "Write a number up to 30.",
    ],
    [
      "stages:\n  - type: x\n    superuser: yes",
      'auth.yaml line 3:5: superuser: "yes" is not what it can be.',
      "Use true, false or from_backend.",
    ],
    [
      "stages:\n  - type: x\n    id: a b",
      'auth.yaml line 3:5: id: "a b" is not what it can be.',
      "Use letters, digits, - and _, at most 64.",
    ],
    [
      "stages:\n  - type: x\n    when: { user_name: a }",
      'auth.yaml line 3:13: "user_name" is not known here.',
      'Did you mean "username"?',
    ],
    ...["home-assistant", "logins", "password-file", "dynamic-security", "anonymous"].map((type) => [
      `stages:\n  - type: ${type}\n    timout: 5`,
      'auth.yaml line 3:5: "timout" is not known here.',
      'Did you mean "timeout"?',
    ]),
    [
      "stages:\n  - type: logins\n    logins: [{ username: ann, password: hunter2 }]",
      "auth.yaml line 3:5: this key is not known here.",
      "Use id, type, enabled, when, on_error, on_bad_password, deny_means, timeout, cache or superuser.",
    ],
    [
      "stages:\n  - { type: logins, password:hunter2 }",
      "auth.yaml line 2:21: this key is not known here.",
      "Use id, type, enabled, when, on_error, on_bad_password, deny_means, timeout, cache or superuser.",
    ],
    [
      "stages:\n  - type: x\n    cache: { stale_if_error: 90000 }",
      "auth.yaml line 3:5: cache is not what it can be.",
      "See auth.yaml in the documentation for what can stand here.",
    ],
    [
      "stages:\n  - password:hunter2",
      "auth.yaml line 2:5: this is not what it can be.",
      "Write names and values, each on a line of its own.",
    ],
    ["stages:\n  type: x\n  password: hunter2", "auth.yaml line 1:1: stages is not what it can be.", "Write a list."],
    [
      "stages:\n  - type: x\n    superuser: !secret database",
      "auth.yaml line 3:5: superuser is not what it can be.",
      "Use true, false or from_backend.",
    ],
    [
      "stages:\n  - type: x\n  - type: x",
      'auth.yaml line 3:5: there is another stage "x".',
      "Give it an id that no other has.",
    ],
    [
      "stages:\n  - type: x\n    id: login",
      'auth.yaml line 2:5: "login" is the name of a source of rules.',
      "Give it an id that no other has.",
    ],
    [
      "stages:\n  - type: system-users",
      'auth.yaml line 2:5: "system-users" is no stage that can be listed.',
      "Remove the stage: Home Assistant and apps always come first.",
    ],
    [
      "stages:\n  - type: x\n    password: !secret databse",
      'auth.yaml line 3:5: there is no "databse" in secrets.yaml.',
      'Add "databse: ..." to secrets.yaml, beside auth.yaml.',
    ],
    [
      "stages:\n  - type: x\n    token: !file no.txt",
      'auth.yaml line 3:5: the file "no.txt" cannot be read.',
      "Create it beside auth.yaml, or correct its name.",
    ],
    [
      "stages:\n  - type: x\nacl:\n  sources: [login, y]",
      'auth.yaml line 4:20: "y" is no source of rules here.',
      "Use login, files, dynamic-security or x.",
    ],
  ])("%j", (text, what, fix) => {
    const { value, problems } = read(text);
    expect(value).toBeNull();
    expect(problems.map(sentence)).toEqual([`${what} ${NOW} ${fix}`]);
    expect(problems[0]).toMatchObject({ severity: "error" });
  });

  test("every fault, not only the first", () => {
    const { problems } = read("stages:\n  - type: x\n    on_error: a\n    deny_means: b\n");
    expect(problems.map(({ where }) => where)).toEqual([
      { file: "auth.yaml", line: 3, column: 5 },
      { file: "auth.yaml", line: 4, column: 5 },
    ]);
  });
});

test("what no rule names may be allowed, and that is said", () => {
  const { value, problems } = read("stages: []\nacl:\n  no_match: allow\n");
  expect(value?.acl).toEqual({ sources: null, noMatch: "allow" });
  expect(problems.map(sentence)).toEqual([
    'auth.yaml line 3:3: "no_match: allow" lets every client that may log in use every topic that no rule forbids. ' +
      "It is obeyed. Remove the line, and add a rule for each topic that is used.",
  ]);
  expect(problems[0]?.severity).toBe("warning");
});

test("tells beforehand which other files it needs", () => {
  expect(filesWanted("a: !file x.txt\nb: [!file y.txt, !secret z]")).toEqual(["x.txt", "y.txt"]);
  expect(wantsSecrets("a: !file x.txt")).toBe(false);
  expect(wantsSecrets("a: !secret x")).toBe(true);
});
