import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSystemUsers, type SystemUsers } from "../../addon/system-users.ts";
import { sentence } from "../../src/core/problem.ts";
import type { Authenticator } from "../../src/core/types.ts";
import { backendContext, client } from "../auth/context.ts";
import { tempFolder } from "../helpers/temp.ts";

const FILE = "system_user.json";
const STORED = { homeassistant: { password: "h".repeat(64) }, addons: { password: "a".repeat(64) } };

/** A data folder with this text in system_user.json; null: without the file. */
function dataFolder(text: string | null, mode = 0o600): string {
  const folder = tempFolder();
  if (text !== null) writeFileSync(join(folder, FILE), text, { mode });
  return folder;
}

const textIn = (folder: string, file = FILE): string => readFileSync(join(folder, file), "utf8");
const modeOf = (folder: string, file = FILE): number => statSync(join(folder, file)).mode & 0o777;
const sentences = ({ problems }: SystemUsers): string[] => problems.map(sentence);

test("makes two different passwords of 64 letters and digits once, and uses them again", async () => {
  const folder = dataFolder(null);
  const first = await loadSystemUsers(folder);
  expect(first.problems).toEqual([]);
  const passwords = [first.users.homeassistant.password, first.users.addons.password];
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(new Set(passwords).size).toBe(2);
  expect(JSON.parse(textIn(folder))).toEqual(first.users);
  expect(modeOf(folder)).toBe(0o600);
  expect(readdirSync(folder)).toEqual([FILE]);
  expect((await loadSystemUsers(folder)).users).toEqual(first.users);
});

test("makes other passwords for another installation", async () => {
  const first = await loadSystemUsers(dataFolder(null));
  const second = await loadSystemUsers(dataFolder(null));
  expect(first.users.homeassistant.password).not.toBe(second.users.homeassistant.password);
});

test("takes the official add-on's file as it is", async () => {
  const text = JSON.stringify({ ...STORED, more: 1 }, null, 2);
  const folder = dataFolder(text);
  const { problems, users } = await loadSystemUsers(folder);
  expect(problems).toEqual([]);
  expect(users).toEqual(STORED);
  expect(textIn(folder)).toBe(text);
});

test("takes away the rights of others to read the file", async () => {
  const folder = dataFolder(JSON.stringify(STORED));
  chmodSync(join(folder, FILE), 0o644);
  expect((await loadSystemUsers(folder)).problems).toEqual([]);
  expect(modeOf(folder)).toBe(0o600);
});

test.each([
  ["", "both"],
  ["{", "both"],
  ["\0\0\0\0", "both"],
  ["null", "both"],
  ["[]", "both"],
  ['{"homeassistant":"x","addons":{"password":7}}', "both"],
  ['{"homeassistant":{"password":""},"addons":{}}', "both"],
])("keeps a copy of the damaged file %j and makes new passwords", async (text) => {
  const folder = dataFolder(text);
  const loaded = await loadSystemUsers(folder);
  expect(sentences(loaded)).toEqual([
    "system_user.json is damaged: it holds no password for homeassistant and addons. " +
      "New passwords were made for homeassistant and addons; the old file is kept as system_user.json.broken-1. " +
      "If Home Assistant cannot connect any more, restore system_user.json from a backup, " +
      "or reconfigure the MQTT integration with a login of its own.",
  ]);
  expect(loaded.problems).toMatchObject([{ severity: "error", where: { file: FILE } }]);
  expect(textIn(folder, `${FILE}.broken-1`)).toBe(text);
  expect(modeOf(folder, `${FILE}.broken-1`)).toBe(0o600);
  expect(JSON.parse(textIn(folder))).toEqual(loaded.users);
  const again = await loadSystemUsers(folder);
  expect(again.problems).toEqual([]);
  expect(again.users).toEqual(loaded.users);
});

test("keeps the password that is there when the other is missing", async () => {
  const folder = dataFolder(JSON.stringify({ homeassistant: STORED.homeassistant }));
  const loaded = await loadSystemUsers(folder);
  expect(loaded.users.homeassistant).toEqual(STORED.homeassistant);
  expect(loaded.users.addons.password).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(sentences(loaded)).toEqual([
    "system_user.json is damaged: it holds no password for addons. " +
      "New passwords were made for addons; the old file is kept as system_user.json.broken-1. " +
      "Restart the apps that use MQTT, so that they fetch the new password.",
  ]);
});

test("keeps every damaged file under a number of its own", async () => {
  const folder = dataFolder("first");
  await loadSystemUsers(folder);
  writeFileSync(join(folder, FILE), "second");
  await loadSystemUsers(folder);
  expect(textIn(folder, `${FILE}.broken-1`)).toBe("first");
  expect(textIn(folder, `${FILE}.broken-2`)).toBe("second");
});

test.each([
  [
    "the file is a folder",
    (folder: string) => mkdirSync(join(folder, FILE)),
    "system_user.json cannot be read (EISDIR).",
  ],
  ["there is no data folder", () => {}, "system_user.json cannot be written (ENOENT)."],
  [
    "the temporary file cannot be made",
    (folder: string) => mkdirSync(join(folder, `${FILE}.tmp`)),
    "system_user.json cannot be written (ERR_FS_EISDIR).",
  ],
])("keeps the passwords in memory when %s", async (state, prepare, what) => {
  const folder = state === "there is no data folder" ? join(tempFolder(), "data") : tempFolder();
  prepare(folder);
  const loaded = await loadSystemUsers(folder);
  expect(sentences(loaded)).toEqual([
    `${what} The passwords of homeassistant and addons are new and live in memory only; a restart changes them. ` +
      "Make the data folder writable and system_user.json readable, then restart.",
  ]);
  expect(create(loaded).authenticate(client("addons", loaded.users.addons.password), signal)).toMatchObject({
    verdict: "allow",
  });
});

test("leaves no temporary file behind, and is not stopped by an old one", async () => {
  const folder = dataFolder(null);
  writeFileSync(join(folder, `${FILE}.tmp`), "half", { mode: 0o644 });
  await loadSystemUsers(folder);
  expect(existsSync(join(folder, `${FILE}.tmp`))).toBe(false);
  expect(modeOf(folder)).toBe(0o600);
});

const signal = new AbortController().signal;

/** The authenticator as a moment of configuration makes it. */
function create({ backend }: SystemUsers): Authenticator {
  return backend.create(null, { ...backendContext(), digest: (text) => `digest of ${text}` });
}

test.each(["homeassistant", "addons"] as const)(
  "lets %s in with its password, at once and as superuser",
  async (name) => {
    const loaded = await loadSystemUsers(dataFolder(JSON.stringify(STORED)));
    expect(loaded.backend.type).toBe("system-users");
    const { password } = STORED[name];
    expect(create(loaded).authenticate(client(name, password), signal)).toEqual({
      verdict: "allow",
      by: "system-users",
      reason: { kind: "ok", sentence: "allowed" },
      value: {
        clientId: "plug-1",
        username: name,
        superuser: true,
        source: "system-users",
        proof: `digest of ${password}`,
      },
    });
  },
);

test.each<[string, string | null, string | null, "deny" | "ignore", string, string]>([
  ["a wrong password", "addons", "x", "deny", "wrong_password", "wrong password for user addons"],
  ["the other's password", "addons", "h".repeat(64), "deny", "wrong_password", "wrong password for user addons"],
  ["a longer password", "addons", "a".repeat(65), "deny", "wrong_password", "wrong password for user addons"],
  ["an empty password", "addons", "", "deny", "wrong_password", "wrong password for user addons"],
  ["no password", "homeassistant", null, "deny", "wrong_password", "wrong password for user homeassistant"],
  ["no user name", null, null, "ignore", "no_credentials", "sent no user name"],
  ["another name", "klaus", "a".repeat(64), "ignore", "unknown_user", "klaus is not a system user"],
  ["another spelling", "Addons", "a".repeat(64), "ignore", "unknown_user", "Addons is not a system user"],
  ["a name of Object", "constructor", "a".repeat(64), "ignore", "unknown_user", "constructor is not a system user"],
])("does not let in a client with %s", async (_, username, password, verdict, kind, text) => {
  const authenticator = create(await loadSystemUsers(dataFolder(JSON.stringify(STORED))));
  expect(authenticator.authenticate(client(username, password), signal)).toEqual({
    verdict,
    by: "system-users",
    reason: { kind, sentence: text },
  });
});

test("lets a session stay as long as its password is the same", async () => {
  const authenticator = create(await loadSystemUsers(dataFolder(JSON.stringify(STORED))));
  const identity = { clientId: "plug-1", superuser: true, source: "system-users" };
  const recheck = (username: string | null, proof: string | null) =>
    authenticator.recheck?.({ ...identity, username, proof })?.verdict;
  expect(recheck("addons", `digest of ${STORED.addons.password}`)).toBe("allow");
  expect(recheck("addons", `digest of ${STORED.homeassistant.password}`)).toBe("deny");
  expect(recheck("addons", null)).toBe("deny");
  expect(recheck("klaus", null)).toBe("deny");
  expect(recheck(null, null)).toBe("deny");
  const reasonOf = (username: string) => authenticator.recheck?.({ ...identity, username, proof: "of the last run" });
  // their sessions outlive a restart, after which every proof is another
  expect(reasonOf("addons")?.reason).toEqual({
    kind: "wrong_password",
    sentence: "the password of addons was changed",
  });
  expect(reasonOf("klaus")?.reason).toEqual({
    kind: "unknown_user",
    sentence: "klaus is no longer a system user",
  });
});
