import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { orderedRules } from "../../../src/acl/ordered-access.ts";
import { redis } from "../../../src/auth/backends/redis.ts";
import { BackendError } from "../../../src/core/errors.ts";
import { isAllowed } from "../../../src/core/reasons.ts";
import type { Authenticator } from "../../../src/core/types.ts";
import { makePair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { describeWith } from "../../helpers/needs.ts";
import { REDIS, startRedis } from "../../services/redis.ts";
import { backendContext, client, recordingLogger } from "../context.ts";
import { ask, IDENTITY, identityOf, made, serversThatAreNone, verdictOf } from "../database/failures.ts";
import { databaseLogins } from "../database/logins.ts";
import { HOSTILE } from "../hostile-names.ts";
import { sha256 } from "../sql/tables.ts";

const ODD = 'o\'brien \\ "%u" ${username} *';

const DATA: readonly (readonly (string | Buffer)[])[] = [
  ["HSET", "mqtt_user:alice", "password", sha256("alice-pw"), "is_superuser", "0"],
  ["HSET", "mqtt_user:root", "password", sha256("root-pw"), "is_superuser", "1"],
  ["HSET", "mqtt_user:marked", "is_superuser", "1"],
  ["HSET", "mqtt_user:broken", "password", "xyz"],
  ["HSET", "mqtt_user:empty", "password", ""],
  ["HSET", "mqtt_user:bytes", "password", Buffer.from([0xff, 0xfe])],
  ["HSET", `mqtt_user:${ODD}`, "password", sha256("odd-pw")],
  ["HSET", "mqtt_user:müller 🔑", "password", sha256("odd-pw")],
  ["HSET", "mqtt_user:other", "username", "alice", "password", sha256("alice-pw")],
  ["HSET", "mqtt_user:*", "password", sha256("alice-pw"), "username", "star"],
  ["SET", "mqtt_user:text", "x"],
  ["SET", "mqtt_user:text192.0.2.7", "x"],
  ["HSET", "device:alice:plug:1", "password", sha256("alice-pw")],
  ["HSET", "passwords", "alice", sha256("alice-pw")],
  ["HSET", "salted:prefix", "password", "ae45b69fb70eaf222721b8b748eab19255d37b246eff0906eea8a7fed51b3000"],
  ["HSET", "salted:prefix", "salt", "slat_foo123"],
  ["HSET", "salted:suffix", "pass", "44EDC2D57CDE8D79C98145003E105B90A14F1460B79186EA9CFE83942FC5ABB5"],
  ["HSET", "salted:suffix", "seasoning", "slat_foo123"],
  ["HSET", "salted:pbkdf2", "password_hash", "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c", "salt", "slat_foo123"],
  ["HSET", "salted:bcrypt", "password_hash", "$2a$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y"],
  ["HSET", "salted:plain", "password", "public"],
  ["HSET", "mqtt_acl:alice", "home/%u/#", "3", "read/+", "1", "write/1", "2", "7", "1", "eq odd/#", "1"],
  ["HSET", "mqtt_acl:bob", "wrong/#/x", "1", "a", "5", "b", "", "c/\u0001", "3"],
  ["HSET", "emqx_acl:alice", "home/${username}/#", "all", "read/+", "SUBSCRIBE", "write/1", "publish"],
  ["HSET", "emqx_acl:alice", "json/1", '{"action":"publish","qos":[0,1,2],"retain":"all"}'],
  ["HSET", "emqx_acl:alice", "json/2", '{"action":"publish","qos":[1]}', "json/3", "{", "json/4", "[1]"],
  ["HSET", "emqx_acl:alice", Buffer.from([0x61, 0xff]), "all", "__proto__", "all"],
];

const AUTH = "HMGET mqtt_user:%u password is_superuser";
const BASE = { username: "mqtt", password: "db-pw", auth_cmd: AUTH, password_hash: "sha256" };
const { signal } = new AbortController();

describeWith(["openssl", ...REDIS], "redis with a real server", () => {
  let server: Awaited<ReturnType<typeof startRedis>> | null = null;

  beforeAll(async () => {
    server = await startRedis(await freePort(), [...DATA, ["SELECT", "2"], ...DATA.slice(0, 1)]);
  }, 30_000);

  afterAll(async () => {
    await server?.kill();
  });

  const login = (more: object = {}, context = backendContext()): Authenticator =>
    made(redis, { ...BASE, server: `127.0.0.1:${server?.port}`, ...more }, context);

  describe("a login", () => {
    databaseLogins({ name: "redis", login, unfit: ["bytes"], odd: ODD });

    test.each([...HOSTILE, "*", "alice is_superuser", "alice\r\nDEL mqtt_user:alice", "marked"])(
      "of %j is nobody's",
      async (username) => {
        for (const auth_cmd of [
          "HMGET mqtt_user:%u password salt is_superuser username",
          'hmget "mqtt_user:${username}" password',
          "HGET mqtt_user:%u password",
          "HGET passwords %u",
        ]) {
          // its hash is there, under that very name, and says whose it is
          if (username === "*" && !auth_cmd.includes(" username")) continue;
          const source = login({ auth_cmd });
          for (const password of [null, "", "alice-pw"]) {
            const decision = await ask(source, client(username, password));
            const sentence = `${username} is not in the database`;
            expect(decision).toMatchObject({ verdict: "ignore", reason: { kind: "unknown_user", sentence } });
          }
        }
        // nothing was changed
        expect((await ask(login())).verdict).toBe("allow");
      },
    );

    test("counts only for the user that the hash names", async () => {
      const source = login({ auth_cmd: "HMGET mqtt_user:%u password username" });
      expect((await ask(source, client("other", "alice-pw"))).verdict).toBe("ignore");
    });

    test("is asked for by user and client id together, and never by another pair that reads the same", async () => {
      const source = login({ auth_cmd: "HGET device:%u:%c password" });
      const verdict = async (username: string, clientId: string): Promise<string> =>
        (await ask(source, { ...client(username, "alice-pw"), clientId })).verdict;
      expect(await verdict("alice", "plug:1")).toBe("allow");
      expect(await verdict("alice:plug", "1")).toBe("ignore");
      expect(await verdict("alice", "plug")).toBe("ignore");
    });

    test("is nobody's where what the command names is missing", async () => {
      const source = login({ auth_cmd: "HGET passwords ${cert_common_name}" });
      expect((await ask(source)).verdict).toBe("ignore");
      const certificate = { commonName: "alice", subject: "CN=alice", fingerprint: "" };
      expect((await ask(source, { ...client("any", "alice-pw"), certificate })).verdict).toBe("allow");
    });

    test.each([
      ["salt,sha256", "HMGET salted:%u password salt", "prefix"],
      ["sha256,salt", "HMGET salted:%u pass seasoning", "suffix"],
      ["pbkdf2,sha256,1000,20", "HMGET salted:%u is_superuser salt password_hash", "pbkdf2"],
      ["bcrypt", "HGET salted:%u password_hash", "bcrypt"],
      ["plain", "HGET salted:%u password", "plain"],
    ])("checks passwords stored as %s", async (password_hash, auth_cmd, username) => {
      const source = login({ password_hash, auth_cmd });
      expect((await ask(source, client(username, "public"))).verdict).toBe("allow");
      expect((await ask(source, client(username, "Public"))).verdict).toBe("deny");
    });

    test("is in the database that is named", async () => {
      const source = login({ database: 2 });
      expect((await ask(source)).verdict).toBe("allow");
      expect((await ask(source, client("root", "root-pw"))).verdict).toBe("ignore");
    });

    test.each([
      [{}, "text", /^WRONGTYPE /],
      [{ password: "hunter2" }, "alice", /^WRONGPASS /],
      [{ username: undefined, password: undefined }, "alice", /^NOAUTH /],
      [{ database: 9 }, "alice", /^ERR DB index is out of range$/],
    ])("is undecided with %j when %s is asked about and the server says no", async (more, username, message) => {
      const source = login(more);
      const error: unknown = await ask(source, client(username, "x")).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BackendError);
      expect(error).toMatchObject({ message: expect.stringMatching(message) });
      // nor does anything that it came from
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
    });
  });

  describe("a superuser", () => {
    test.each([
      ["root", true],
      ["alice", false],
    ])("is whom a field marks: %s %j", async (username, superuser) => {
      const super_cmd = "HGET mqtt_user:%u is_superuser";
      for (const more of [{}, { auth_cmd: "HGET mqtt_user:%u password", super_cmd }]) {
        expect((await identityOf(login(more), client(username, `${username}-pw`))).superuser).toBe(superuser);
      }
    });

    test("is nobody when no command says so", async () => {
      const source = login({ auth_cmd: "HGET mqtt_user:%u password" });
      expect((await identityOf(source, client("root", "root-pw"))).superuser).toBe(false);
    });

    test("cannot be told when the command fails", async () => {
      await expect(ask(login({ super_cmd: "HGET mqtt_user:text%a is_superuser" }))).rejects.toThrow(/^WRONGTYPE /);
    });
  });

  describe("rules", () => {
    const verdictFor = async (source: Authenticator, username: string, action: string, topic: string) => {
      const identity = { ...IDENTITY, username };
      const rules = (await source.rights?.(identity, signal)) ?? [];
      const known = (["publish", "subscribe", "receive"] as const).find((word) => word === action) ?? "publish";
      return orderedRules(rules)(identity).check(known, topic).verdict;
    };

    test.each([
      ["publish", "home/alice/x", "allow"],
      ["subscribe", "home/alice/#", "allow"],
      ["subscribe", "home/#", "deny"],
      ["publish", "home/bob/x", "deny"],
      ["subscribe", "read/1", "allow"],
      ["receive", "read/1", "allow"],
      ["publish", "read/1", "deny"],
      ["publish", "write/1", "allow"],
      ["subscribe", "write/1", "deny"],
      ["subscribe", "7", "allow"],
      ["subscribe", "$SYS/#", "deny"],
    ])("of EMQ 2 are all that a client may do: %s %s is %s", async (action, topic, expected) => {
      expect(await verdictFor(login({ acl_cmd: "HGETALL mqtt_acl:%u" }), "alice", action, topic)).toBe(expected);
    });

    test.each([
      ["publish", "home/alice/x", "allow"],
      ["subscribe", "read/1", "allow"],
      ["publish", "read/1", "ignore"],
      ["publish", "json/1", "allow"],
      ["publish", "json/2", "ignore"],
      ["publish", "json/3", "ignore"],
      ["subscribe", "__proto__", "allow"],
      ["subscribe", "$SYS/#", "ignore"],
    ])("of EMQX 5 leave the others to the next source: %s %s is %s", async (action, topic, expected) => {
      expect(await verdictFor(login({ acl_cmd: "HGETALL emqx_acl:${username}" }), "alice", action, topic)).toBe(
        expected,
      );
    });

    test.each([
      ["mqtt_acl", "ignore", "ignore"],
      ["emqx_acl", "deny", "deny"],
    ])("of %s under no_match: %s", async (key, no_match, expected) => {
      const source = login({ acl_cmd: `HGETALL ${key}:%u`, no_match });
      expect(await verdictFor(source, "alice", "publish", "elsewhere")).toBe(expected);
      expect(await verdictFor(source, "alice", "publish", "write/1")).toBe("allow");
      expect(await verdictFor(source, "nobody", "publish", "elsewhere")).toBe("ignore");
    });

    test("can be named one by one", async () => {
      const source = login({ acl_cmd: "HMGET mqtt_acl:%u read/+ missing" });
      expect(await verdictFor(source, "alice", "subscribe", "read/1")).toBe("allow");
      expect(await verdictFor(source, "alice", "publish", "write/1")).toBe("deny");
      expect(await verdictFor(source, "alice", "subscribe", "missing")).toBe("deny");
      expect(await verdictFor(source, "nobody", "subscribe", "read/1")).toBe("ignore");
    });

    test("say once what is wrong with a field", async () => {
      const { log, entries } = recordingLogger();
      const source = login({ acl_cmd: "HGETALL mqtt_acl:%u" }, { ...backendContext(), log });
      const bob = { ...IDENTITY, username: "bob" };
      await source.rights?.(bob, signal);
      const rules = (await source.rights?.(bob, signal)) ?? [];
      const words = "1, 2, 3, publish, subscribe, all or an object with one of them as action";
      const says = (what: string): string =>
        `The rules of redis for the client plug-1: the field ${what}, and is left out. The other rules count. Correct this one.`;
      expect(entries.map(({ message }) => message).toSorted()).toEqual(
        [
          says(`"a" has "5" as value, not ${words}`),
          says(`"b" has "" as value, not ${words}`),
          says('"wrong/#/x" has "wrong/#/x" as topic: "#" must be the last level and stand alone in it'),
        ].toSorted(),
      );
      expect(rules.at(-1)).toMatchObject({ effect: "deny", match: "any" });
    });

    test.each(HOSTILE)("for %j are nobody's", async (username) => {
      expect(await login({ acl_cmd: "HGETALL mqtt_acl:%u" }).rights?.({ ...IDENTITY, username }, signal)).toEqual([]);
    });

    test("for a client without a user name are none", async () => {
      const rights = login({ acl_cmd: "HGETALL mqtt_acl:%u" }).rights;
      expect(await rights?.({ ...IDENTITY, username: null }, signal)).toEqual([]);
    });

    test("are none where no command asks for them", () => {
      expect(login().rights).toBeUndefined();
    });

    test("cannot be told when the command fails", async () => {
      const rights = login({ acl_cmd: "HGETALL mqtt_user:text" }).rights;
      await expect(rights?.(IDENTITY, signal)).rejects.toThrow(/^WRONGTYPE /);
    });
  });

  describe("the connection", () => {
    test("carries many logins at once, and there are no more of them than allowed", async () => {
      const before = await connections(server?.port ?? 0);
      const source = login({ pool: 2 });
      const decisions = await Promise.all(Array.from({ length: 200 }, () => ask(source)));
      expect(decisions.filter(isAllowed)).toHaveLength(200);
      expect((await connections(server?.port ?? 0)) - before).toBe(2);
      await source.close?.();
      await expect.poll(() => connections(server?.port ?? 0)).toBe(before);
    });

    test("is not opened any more after the end", async () => {
      const source = login();
      expect((await ask(source)).verdict).toBe("allow");
      await source.close?.();
      await expect(ask(source)).rejects.toThrow(new BackendError("the login source is closed"));
    });
  });

  test("a server that is down at the start, hangs, dies and comes back needs no restart of ours", async () => {
    const port = await freePort();
    const source = made(redis, { ...BASE, server: `127.0.0.1:${port}`, pool: 1 });
    expect(await verdictOf(source)).toBe("undecided");
    const first = await startRedis(port, DATA);
    onTestFinished(() => first.kill());
    expect(await verdictOf(source)).toBe("allow");
    first.pause();
    await expect(ask(source, client("alice", "alice-pw"), AbortSignal.timeout(300))).rejects.toThrow(
      new BackendError("the database did not answer in time"),
    );
    first.resume();
    expect(await verdictOf(source)).toBe("allow");
    await first.kill();
    expect(await verdictOf(source)).toBe("undecided");
    const second = await startRedis(port, DATA);
    onTestFinished(() => second.kill());
    expect(await verdictOf(source)).toBe("allow");
  }, 30_000);

  test("what is said is encrypted when that is asked for, and only with whom we trust", async () => {
    const folder = mkdtempSync(join(tmpdir(), "culex-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const issuer = makePair(folder, { name: "ca", commonName: "house" });
    const pair = makePair(folder, { name: "server", commonName: "database", issuer });
    const secure = await startRedis(await freePort(), DATA, { ...pair, cert: issuer.cert });
    onTestFinished(() => secure.kill());
    const verdictWith = (more: object): Promise<string> =>
      verdictOf(login({ server: `127.0.0.1:${secure.port}`, ...more }));
    const { cert: ca } = issuer;
    expect(await verdictWith({ tls: { ca, servername: "localhost" } })).toBe("allow");
    expect(await verdictWith({ tls: { verify: false } })).toBe("allow");
    expect(await verdictWith({})).toBe("undecided");
    expect(await verdictWith({ tls: { servername: "localhost" } })).toBe("undecided");
    expect(await verdictWith({ tls: { ca, servername: "elsewhere.example" } })).toBe("undecided");
  }, 30_000);
});

serversThatAreNone(redis, (port) => ({ ...BASE, server: `127.0.0.1:${port}` }));

describe("redis settings", () => {
  test.each([
    [{ server: "a b" }, 'server: "a b" is no address such as 127.0.0.1:6379'],
    [{ password: undefined }, "username has no password beside it"],
    [{ auth_cmd: "GET mqtt_user:%u" }, 'auth_cmd: "GET" is not HMGET or HGET'],
    [{ auth_cmd: "HGETALL mqtt_user:%u" }, 'auth_cmd: "HGETALL" is not HMGET or HGET'],
    [{ auth_cmd: "HGET mqtt_user:%u" }, "auth_cmd: write HGET key field"],
    [{ auth_cmd: "HGET mqtt_user:%u a b" }, "auth_cmd: write HGET key field"],
    [{ auth_cmd: "HMGET mqtt_user:%u" }, "auth_cmd: write HMGET key field field ..."],
    [{ auth_cmd: "HMGET users %u salt" }, "auth_cmd: the fields of HMGET are names, without placeholders"],
    [{ auth_cmd: "HMGET u:%u%c password" }, 'auth_cmd: %u and %c run together; put a ":" between them'],
    [{ auth_cmd: 'HMGET u:"a b" password' }, 'auth_cmd: the quotes of u:"a do not stand around a whole argument'],
    [{ auth_cmd: "HMGET u:%u salt is_superuser" }, "auth_cmd: the field with the password is missing"],
    [{ auth_cmd: "HMGET u:%u password_hash password" }, "auth_cmd: two of its fields mean the same"],
    [
      { auth_cmd: "HMGET u:%u password salt more" },
      'auth_cmd: "more" is not password_hash, password, salt, is_superuser, username, clientid',
    ],
    [{ auth_cmd: "HMGET users password" }, "auth_cmd: no placeholder says whose hash it is"],
    [{ super_cmd: "HGET users is_superuser" }, "super_cmd: no placeholder says whose hash it is"],
    [{ super_cmd: "DEL x" }, 'super_cmd: "DEL" is not HGET or HMGET'],
    [{ acl_cmd: "HGETALL a b" }, "acl_cmd: write HGETALL key"],
    [
      { password_hash: "md4" },
      'password_hash: "md4" is not one of plain, md5, sha1, sha256, sha512, "salt,sha256", "sha256,salt", bcrypt, "pbkdf2,sha256,1000,20" or encoded',
    ],
  ])("%j are refused", (more, message) => {
    expect(() => redis.create({ ...BASE, ...more }, backendContext())).toThrow(new Error(`redis: ${message}`));
  });

  test.each([
    [{ pool: 0 }, "/pool must be >= 1"],
    [{ host: "hunter2" }, " must NOT have additional properties"],
    [{ password: ["hunter2"] }, "/password must be string"],
    [{ no_match: "hunter2" }, "/no_match must be equal to one of the allowed values"],
  ])("%j are refused", (more, message) => {
    expect(() => redis.create({ ...BASE, ...more }, backendContext())).toThrow(
      expect.objectContaining({ message: `redis${message}` }),
    );
  });
});

/** How many connections a server has, that of this question not among them. */
async function connections(port: number): Promise<number> {
  const { Redis } = await import("ioredis");
  const admin = new Redis({ port, host: "127.0.0.1", username: "mqtt", password: "db-pw" });
  const list = String(await admin.client("LIST"));
  admin.disconnect();
  return list.trim().split("\n").length - 1;
}
