import { constants } from "node:fs";
import { copyFile, chmod, readFile, stat } from "node:fs/promises";
import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Backend, BackendContext } from "../src/auth/backend.ts";
import { scramCredential } from "../src/auth/scram-credential.ts";
import { codeOf, messageOf } from "../src/core/errors.ts";
import { isRawObject } from "../src/core/raw-object.ts";
import { allow, deny, ignore } from "../src/core/reasons.ts";
import type { Authenticator, Problem, ScramCredential } from "../src/core/types.ts";
import { listed } from "../src/core/words.ts";
import { writeAtomically } from "../src/core/write-atomically.ts";
import { HOME_ASSISTANT_USERS } from "../src/settings/reserved-users.ts";

export type SystemUserName = (typeof HOME_ASSISTANT_USERS)[number];

/** As the file holds them. */
export type SystemUserPasswords = Readonly<Record<SystemUserName, { readonly password: string }>>;

export interface SystemUsers {
  readonly users: SystemUserPasswords;
  readonly problems: readonly Problem[];
  /** Type "system-users"; decides from memory, synchronously, so that start-up races never refuse Home Assistant. */
  readonly backend: Backend;
}

/** The file's name in the data folder; the official add-on's. */
const FILE = "system_user.json";

/**
 * Reads the passwords of the system users, and makes and stores those that are missing. Never throws: Home Assistant
 * can log in whatever the disk says, and `problems` says what is wrong.
 *
 * The file: `{"homeassistant":{"password":"<64 letters and digits>"},"addons":{"password":"<64 letters and digits>"}}`
 */
export async function loadSystemUsers(dataDir: string): Promise<SystemUsers> {
  const path = join(dataDir, FILE);
  const found = await readStored(path);
  const users: SystemUserPasswords = {
    homeassistant: { password: found.passwords.homeassistant ?? makePassword() },
    addons: { password: found.passwords.addons ?? makePassword() },
  };
  const problems = await settle(path, found, users);
  return { users, problems, backend: createBackend(users) };
}

interface Stored {
  readonly state: "complete" | "missing" | "damaged" | "unreadable";
  readonly passwords: { readonly [name in SystemUserName]: string | null };
  /** The system's error code of an unreadable file. */
  readonly error: string;
}

const NO_PASSWORDS = { homeassistant: null, addons: null } as const;

async function readStored(path: string): Promise<Stored> {
  try {
    const passwords = parsePasswords(await readFile(path, "utf8"));
    const complete = HOME_ASSISTANT_USERS.every((name) => passwords[name] !== null);
    return { state: complete ? "complete" : "damaged", passwords, error: "" };
  } catch (error) {
    const state = codeOf(error) === "ENOENT" ? "missing" : "unreadable";
    return { state, passwords: NO_PASSWORDS, error: shortError(error) };
  }
}

/** Takes what can be used: Home Assistant has stored its password too, and a new one would lock it out. */
function parsePasswords(text: string): Stored["passwords"] {
  try {
    const file: unknown = JSON.parse(text);
    return { homeassistant: passwordIn(file, "homeassistant"), addons: passwordIn(file, "addons") };
  } catch {
    return NO_PASSWORDS;
  }
}

function passwordIn(file: unknown, name: SystemUserName): string | null {
  const password = property(property(file, name), "password");
  return typeof password === "string" && password !== "" ? password : null;
}

function property(value: unknown, name: string): unknown {
  return isRawObject(value) && Object.hasOwn(value, name) ? value[name] : null;
}

/** 64 letters and digits, as the official add-on makes them: 380 bits. */
function makePassword(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 64 }, () => letters.charAt(randomInt(letters.length))).join("");
}

/** Brings the file to the state that the next start should find. */
async function settle(path: string, found: Stored, users: SystemUserPasswords): Promise<readonly Problem[]> {
  switch (found.state) {
    case "complete":
      return tighten(path);
    case "missing":
      return store(path, users, []);
    case "damaged": {
      let copy: string;
      try {
        copy = await keepAside(path);
      } catch (error) {
        // without a copy the user's file stays as it is
        return [notStored(`${FILE} is damaged and cannot be copied (${shortError(error)}).`)];
      }
      return store(path, users, [damaged(found, copy)]);
    }
    case "unreadable":
      return [notStored(`${FILE} cannot be read (${found.error}).`)];
  }
}

async function tighten(path: string): Promise<readonly Problem[]> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) await chmod(path, 0o600);
    return [];
  } catch (error) {
    return [
      problem("warning", {
        what: `${FILE} can be read by other users of this machine, and that cannot be changed (${shortError(error)}).`,
        now: "Its passwords stay in use.",
        fix: "Keep the data folder on a file system that has permissions.",
      }),
    ];
  }
}

async function store(path: string, users: SystemUserPasswords, said: readonly Problem[]): Promise<readonly Problem[]> {
  try {
    await writeAtomically(path, [`${JSON.stringify(users)}\n`]);
    return said;
  } catch (error) {
    return [...said, notStored(`${FILE} cannot be written (${shortError(error)}).`)];
  }
}

/** Copies a damaged file to the first free `system_user.json.broken-<n>`; returns that name. */
async function keepAside(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next number is tried only when this one is taken
      await copyFile(path, `${path}.broken-${n}`, constants.COPYFILE_EXCL);
      // oxlint-disable-next-line no-await-in-loop
      await chmod(`${path}.broken-${n}`, 0o600);
      return `${FILE}.broken-${n}`;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

function damaged({ passwords }: Stored, copy: string): Problem {
  const lost = HOME_ASSISTANT_USERS.filter((name) => passwords[name] === null);
  return problem("error", {
    what: `${FILE} is damaged: it holds no password for ${listed(lost, "and")}.`,
    now: `New passwords were made for ${listed(lost, "and")}; the old file is kept as ${copy}.`,
    fix: lost.includes("homeassistant")
      ? `If Home Assistant cannot connect any more, restore ${FILE} from a backup, or reconfigure the MQTT integration with a login of its own.`
      : "Restart the apps that use MQTT, so that they fetch the new password.",
  });
}

function notStored(what: string): Problem {
  return problem("error", {
    what,
    now: "The passwords of homeassistant and addons are new and live in memory only; a restart changes them.",
    fix: `Make the data folder writable and ${FILE} readable, then restart.`,
  });
}

function problem(severity: Problem["severity"], text: Pick<Problem, "what" | "now" | "fix">): Problem {
  return { severity, ...text, where: { file: FILE } };
}

function shortError(error: unknown): string {
  return codeOf(error) ?? messageOf(error);
}

function createBackend(users: SystemUserPasswords): Backend {
  const expected = new Map<string, Buffer>(HOME_ASSISTANT_USERS.map((name) => [name, sha256(users[name].password)]));
  return { type: NAME, create: (_settings, { digest }) => createAuthenticator(users, expected, digest) };
}

const NAME = "system-users";

function createAuthenticator(
  users: SystemUserPasswords,
  expected: ReadonlyMap<string, Buffer>,
  digest: BackendContext["digest"],
): Authenticator {
  const proofs = new Map<string, string>(HOME_ASSISTANT_USERS.map((name) => [name, digest(users[name].password)]));
  const credentials = new Map<string, ScramCredential>(
    HOME_ASSISTANT_USERS.map((name) => [name, scramCredential(name, users[name].password, digest)]),
  );
  return {
    name: NAME,
    authenticate({ clientId, username, password }) {
      if (username === null) return ignore(NAME, { kind: "no_credentials", sentence: "sent no user name" });
      const wanted = expected.get(username);
      const proof = proofs.get(username);
      if (wanted === undefined || proof === undefined) {
        return ignore(NAME, { kind: "unknown_user", sentence: `${username} is not a system user` });
      }
      if (password === null || !timingSafeEqual(sha256(password), wanted)) {
        return deny(NAME, { kind: "wrong_password", sentence: `wrong password for user ${username}` });
      }
      return allow(NAME, { clientId, username, superuser: true, source: NAME, proof });
    },
    scram({ clientId, username }) {
      const credential = username === null ? undefined : credentials.get(username);
      const proof = username === null ? undefined : proofs.get(username);
      if (credential === undefined || proof === undefined) {
        return ignore(NAME, { kind: "unknown_user", sentence: `${username} is not a system user` });
      }
      return allow(NAME, { identity: { clientId, username, superuser: true, source: NAME, proof }, credential });
    },
    recheck({ username, proof }) {
      const wanted = username === null ? undefined : proofs.get(username);
      if (wanted === undefined) {
        return deny(NAME, { kind: "unknown_user", sentence: `${username} is no longer a system user` });
      }
      if (wanted === proof) return allow(NAME, undefined);
      return deny(NAME, { kind: "wrong_password", sentence: `the password of ${username} was changed` });
    },
  };
}

function sha256(text: string | Uint8Array): Buffer {
  return createHash("sha256").update(text).digest();
}
