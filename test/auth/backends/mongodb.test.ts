import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { orderedRules } from "../../../src/acl/ordered-access.ts";
import { mongodb } from "../../../src/auth/backends/mongodb.ts";
import { BackendError } from "../../../src/core/errors.ts";
import { isAllowed } from "../../../src/core/reasons.ts";
import type { Action, Authenticator } from "../../../src/core/types.ts";
import { makePair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startMongodb } from "../../services/mongodb.ts";
import { backendContext, client, recordingLogger } from "../context.ts";
import { ask, IDENTITY, identityOf, made, serversThatAreNone, verdictOf } from "../database/failures.ts";
import { databaseLogins } from "../database/logins.ts";
import { HOSTILE } from "../hostile-names.ts";
import { sha256 } from "../sql/tables.ts";

const ODD = 'o\'brien \\ "%u" ${username} $where';

const DATA = {
  mqtt_user: [
    { username: "alice", password: sha256("alice-pw"), is_superuser: false },
    { username: "root", password: sha256("root-pw"), is_superuser: true },
    { username: "nopass" },
    { username: "broken", password: "xyz" },
    { username: "empty", password: "" },
    { username: ODD, password: sha256("odd-pw") },
    { username: "müller 🔑", password: sha256("odd-pw") },
    { username: 7, password: sha256("alice-pw") },
    { username: null, password: sha256("alice-pw") },
    { username: { $ne: null }, password: sha256("alice-pw") },
    { names: ["anna", "anni"], account: { name: "ann" }, secret: { hash: 1 }, hash: sha256("alice-pw"), boss: 1 },
  ],
  devices: [{ clientid: "plug-1", address: "192.0.2.7", cn: "cn-1", password_hash: sha256("alice-pw") }],
  joined: [{ key: "alice/plug/1", password: sha256("alice-pw") }],
  loose: [
    { username: "Alice", password: sha256("other-pw") },
    { username: "alice", password: sha256("alice-pw") },
  ],
  hashes: [
    {
      kind: "prefix",
      password: "ae45b69fb70eaf222721b8b748eab19255d37b246eff0906eea8a7fed51b3000",
      salt: "slat_foo123",
    },
    {
      kind: "suffix",
      password: "44EDC2D57CDE8D79C98145003E105B90A14F1460B79186EA9CFE83942FC5ABB5",
      salt: "slat_foo123",
    },
    { kind: "pbkdf2", password: "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c", salt: "slat_foo123" },
    { kind: "bcrypt", password: "$2a$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y" },
    { kind: "plain", password: Buffer.from("public") },
  ],
  mqtt_acl: [
    { username: "alice", pubsub: ["home/%u/#"], subscribe: ["read/+", "eq odd/#"], publish: ["write/1"] },
    { username: "$all", subscribe: ["news"] },
    { username: "bob", clientid: "other", publish: ["a"] },
    { username: "carol", publish: ["wrong/#/x", 5, "good"], note: "x" },
    { username: "dave", note: "x" },
  ],
  emqx_acl: [
    { username: "alice", permission: "allow", action: "subscribe", topics: ["home/${username}/#", "eq #"] },
    { username: "alice", permission: "deny", action: "all", topics: ["home/${username}/#"] },
    { username: "alice", permission: "allow", action: "publish", topic: "single", qos: [0, 1, 2], retain: "all" },
    { username: "alice", permission: "allow", action: "publish", topics: ["narrow/allow"], qos: [1] },
    { username: "alice", permission: "deny", action: "publish", topics: ["narrow/deny"], retain: true },
    { username: "alice", permission: "allow", action: "publish", topics: ["local"], ipaddress: "192.0.2.0/24" },
    { username: "alice", permission: "allow", action: "publish", topics: ["remote"], ipaddress: "198.51.100.7" },
  ],
  many: Array.from({ length: 1001 }, () => ({ username: "alice", publish: ["a"] })),
};

const USER = { collection: "mqtt_user", filter: { username: "%u" } };
const EMQ2 = { collection: "mqtt_acl", filter: { $or: [{ username: "%u" }, { username: "$all" }] } };
const EMQX5 = { collection: "emqx_acl", filter: { username: "${username}" } };
const BASE = { database: "mqtt", auth_query: USER, password_hash: "sha256" };
const { signal } = new AbortController();

describe("mongodb", () => {
  let server: Awaited<ReturnType<typeof startMongodb>> | null = null;

  beforeAll(async () => {
    server = await startMongodb(await freePort(), DATA);
  });

  afterAll(async () => {
    await server?.kill();
  });

  const login = (more: object = {}, context = backendContext()): Authenticator =>
    made(mongodb, { ...BASE, server: `127.0.0.1:${server?.port}`, ...more }, context);

  describe("a login", () => {
    databaseLogins({ name: "mongodb", login, without: ["nopass"], odd: ODD });

    test.each([
      { username: "%u" },
      { username: { $eq: "${username}" } },
      { username: { $in: ["%u"] } },
      { $and: [{ $or: [{ username: "%u" }, { names: "%u" }] }] },
    ])("of a name that somebody made up is nobody's under %j", async (filter) => {
      const source = login({ auth_query: { collection: "mqtt_user", filter } });
      for (const username of [...HOSTILE, "7", "null", '{"$gt":""}', "[object Object]", "$where", ".*"]) {
        for (const password of [null, "", "alice-pw"]) {
          const decision = await ask(source, client(username, password));
          const sentence = `${username} is not in the database`;
          expect(decision).toMatchObject({ verdict: "ignore", reason: { kind: "unknown_user", sentence } });
        }
      }
    });

    test("asks for a text, whatever is in a name", async () => {
      await ask(login(), client('{"$ne":null}', "x"));
      expect(server?.filters.at(-1)).toEqual({ username: '{"$ne":null}' });
    });

    test("is asked for by client id, address and certificate too", async () => {
      const filter = { clientid: "%c", address: "${peerhost}", cn: "%C" };
      const source = login({ auth_query: { collection: "devices", filter } });
      const certificate = { commonName: "cn-1", subject: "CN=cn-1", fingerprint: "" };
      const device = { ...client("any", "alice-pw"), certificate };
      expect((await ask(source, device)).verdict).toBe("allow");
      for (const other of [{ clientId: "PLUG-1" }, { address: "192.0.2.8" }, { certificate: null }]) {
        expect((await ask(source, { ...device, ...other })).verdict).toBe("ignore");
      }
    });

    test("is asked for by user and client id together, and never by another pair that reads the same", async () => {
      const source = login({ auth_query: { collection: "joined", filter: { key: "%u/%c" } } });
      const verdict = async (username: string, clientId: string): Promise<string> =>
        (await ask(source, { ...client(username, "alice-pw"), clientId })).verdict;
      expect(await verdict("alice", "plug/1")).toBe("allow");
      expect(await verdict("alice/plug", "1")).toBe("ignore");
    });

    test("is found by one of several names, and in fields of other names", async () => {
      const fields = { password_hash_field: "hash", is_superuser_field: "boss" };
      for (const [filter, username] of [
        [{ names: "%u" }, "anni"],
        [{ "account.name": "%u" }, "ann"],
        [{ $or: [{ cn: "%C" }, { names: "%u" }] }, "anna"],
      ] as const) {
        const source = login({ auth_query: { collection: "mqtt_user", filter, ...fields } });
        expect(await identityOf(source, client(username, "alice-pw"))).toMatchObject({ username, superuser: true });
      }
    });

    test.each([
      ["salt,sha256", "prefix"],
      ["sha256,salt", "suffix"],
      ["pbkdf2,sha256,1000,20", "pbkdf2"],
      ["bcrypt", "bcrypt"],
      ["plain", "plain"],
    ])("checks passwords stored as %s", async (password_hash, username) => {
      const source = login({ password_hash, auth_query: { collection: "hashes", filter: { kind: "%u" } } });
      expect((await ask(source, client(username, "public"))).verdict).toBe("allow");
      expect((await ask(source, client(username, "Public"))).verdict).toBe("deny");
    });
  });

  test("a name counts to the letter where a collection takes ALICE for alice", async () => {
    const loose = await startMongodb(await freePort(), DATA, { isLoose: true });
    onTestFinished(() => loose.kill());
    const source = login({
      server: `127.0.0.1:${loose.port}`,
      auth_query: { collection: "loose", filter: { username: "%u" } },
      acl_query: EMQX5,
    });
    expect((await ask(source)).verdict).toBe("allow");
    expect((await ask(source, client("ALICE", "alice-pw"))).verdict).toBe("ignore");
    expect(await source.rights?.({ ...IDENTITY, username: "ALICE" }, signal)).toEqual([]);
    expect(await source.rights?.(IDENTITY, signal)).not.toEqual([]);
  });

  describe("a superuser", () => {
    const super_query = { collection: "mqtt_user", filter: { username: "%u" } };
    // the marks of that one are elsewhere
    const auth_query = { ...USER, is_superuser_field: "none" };

    test.each([
      ["root", true],
      ["alice", false],
    ])("is whom a field marks: %s %j", async (username, superuser) => {
      for (const more of [{}, { auth_query, super_query }]) {
        expect((await identityOf(login(more), client(username, `${username}-pw`))).superuser).toBe(superuser);
      }
    });

    test("is nobody when no document says so", async () => {
      expect((await identityOf(login({ auth_query }), client("root", "root-pw"))).superuser).toBe(false);
      const elsewhere = { ...super_query, collection: "devices" };
      const source = login({ auth_query, super_query: elsewhere });
      expect((await identityOf(source, client("root", "root-pw"))).superuser).toBe(false);
    });
  });

  describe("rules", () => {
    const verdictFor = async (source: Authenticator, username: string | null, action: Action, topic: string) => {
      const identity = { ...IDENTITY, username };
      const rules = (await source.rights?.(identity, signal)) ?? [];
      return orderedRules(rules)(identity).check(action, topic).verdict;
    };

    test.each([
      ["publish", "home/alice/x", "allow"],
      ["subscribe", "home/alice/#", "allow"],
      ["subscribe", "home/#", "deny"],
      ["publish", "home/bob/x", "deny"],
      ["receive", "read/1", "allow"],
      ["publish", "read/1", "deny"],
      ["subscribe", "odd/#", "allow"],
      ["subscribe", "odd/1", "deny"],
      ["publish", "write/1", "allow"],
      ["subscribe", "news", "allow"],
      ["subscribe", "$SYS/#", "deny"],
    ] as const)("of EMQ 2 are all that a client may do: %s %s is %s", async (action, topic, expected) => {
      expect(await verdictFor(login({ acl_query: EMQ2 }), "alice", action, topic)).toBe(expected);
    });

    test.each([
      ["subscribe", "home/alice/x", "allow"],
      ["publish", "home/alice/x", "deny"],
      ["subscribe", "home/bob/x", "ignore"],
      ["subscribe", "#", "allow"],
      ["publish", "single", "allow"],
      ["publish", "narrow/allow", "ignore"],
      ["publish", "narrow/deny", "deny"],
      ["publish", "local", "allow"],
      ["publish", "remote", "ignore"],
    ] as const)("of EMQX 5 are tried in their order: %s %s is %s", async (action, topic, expected) => {
      expect(await verdictFor(login({ acl_query: EMQX5 }), "alice", action, topic)).toBe(expected);
    });

    test.each([
      [{ collection: "mqtt_acl", filter: { username: "%u" } }, "ignore", "ignore"],
      [EMQX5, "deny", "deny"],
    ])("of %j under no_match: %s", async (acl_query, no_match, expected) => {
      const source = login({ acl_query, no_match });
      expect(await verdictFor(source, "alice", "publish", "elsewhere")).toBe(expected);
      expect(await verdictFor(source, "nobody", "publish", "elsewhere")).toBe("ignore");
    });

    test("are for a client without a user name those that name nobody", async () => {
      const source = login({ acl_query: EMQ2 });
      expect(await verdictFor(source, null, "subscribe", "news")).toBe("allow");
      expect(await verdictFor(source, null, "subscribe", "read/1")).toBe("deny");
    });

    test("count for whom their document names besides", async () => {
      const source = login({ acl_query: EMQ2 });
      expect(await verdictFor(source, "bob", "publish", "a")).toBe("deny");
    });

    test("say once what is wrong with a document", async () => {
      const { log, entries } = recordingLogger();
      const source = login({ acl_query: EMQ2 }, { ...backendContext(), log });
      expect(await verdictFor(source, "carol", "publish", "good")).toBe("allow");
      expect(await verdictFor(source, "carol", "publish", "good")).toBe("allow");
      expect(await verdictFor(source, "dave", "publish", "good")).toBe("deny");
      const says = (what: string): string =>
        `The rules of mongodb for the client plug-1: document ${what}, and is left out. The other rules count. Correct this one.`;
      expect(entries.map(({ message }) => message)).toEqual([
        says('2 has "wrong/#/x" as topic: "#" must be the last level and stand alone in it'),
        says("2 has neither permission nor a list publish, subscribe or pubsub"),
      ]);
    });

    test.each([EMQX5, { ...EMQ2, filter: { username: "%u" } }])(
      "for a name that somebody made up are nobody's under %j",
      async (acl_query) => {
        const { rights } = login({ acl_query });
        for (const username of HOSTILE.filter((name) => name !== "$all")) {
          expect([username, await rights?.({ ...IDENTITY, username }, signal)]).toEqual([username, []]);
        }
      },
    );

    test("are none where no query asks for them", () => {
      expect(login().rights).toBeUndefined();
    });

    test("cannot be told when there are more documents than anybody wrote for one client", async () => {
      const { rights } = login({ acl_query: { collection: "many", filter: { username: "%u" } } });
      await expect(rights?.(IDENTITY, signal)).rejects.toThrow(
        new BackendError("many has more than 1000 documents for one client"),
      );
    });
  });

  describe("the connection", () => {
    test("carries many logins at once, and there are no more of them than allowed", async () => {
      const other = await startMongodb(await freePort(), DATA);
      onTestFinished(() => other.kill());
      const source = login({ pool: 2, server: `127.0.0.1:${other.port}` });
      const decisions = await Promise.all(Array.from({ length: 200 }, () => ask(source)));
      expect(decisions.filter(isAllowed)).toHaveLength(200);
      expect(other.connections()).toBe(2);
      await source.close?.();
      await expect.poll(() => other.connections()).toBe(0);
    });

    test("is not opened any more after the end", async () => {
      const source = login();
      expect((await ask(source)).verdict).toBe("allow");
      await source.close?.();
      await expect(ask(source)).rejects.toThrow(new BackendError("the login source is closed"));
    });

    test("logs in where there is a password, and what is refused is not told", async () => {
      const account = { username: "culex", password: "db-pw" };
      const closed = await startMongodb(await freePort(), DATA, { login: account });
      onTestFinished(() => closed.kill());
      const server = `127.0.0.1:${closed.port}`;
      expect(await verdictOf(login({ server, ...account }))).toBe("allow");
      await expect(ask(login({ server }))).rejects.toThrow(new BackendError("command find requires authentication"));
      for (const wrong of [{ password: "hunter2" }, { username: "hunter2" }]) {
        const error: unknown = await ask(login({ server, ...account, ...wrong })).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(BackendError);
        expect(error).toMatchObject({ message: "Authentication failed." });
      }
    });
  });

  test("a server that is down at the start, hangs, dies and comes back needs no restart of ours", async () => {
    const port = await freePort();
    const source = made(mongodb, { ...BASE, server: `127.0.0.1:${port}`, pool: 1 });
    const inTime = (): Promise<unknown> => ask(source, client("alice", "alice-pw"), AbortSignal.timeout(300));
    await expect(inTime()).rejects.toThrow(BackendError);
    const first = await startMongodb(port, DATA);
    onTestFinished(() => first.kill());
    expect(await verdictOf(source)).toBe("allow");
    first.pause();
    await expect(inTime()).rejects.toThrow(new BackendError("the database did not answer in time"));
    await expect(inTime()).rejects.toThrow(new BackendError("the database did not answer in time"));
    first.resume();
    expect(await verdictOf(source)).toBe("allow");
    await first.kill();
    await expect(inTime()).rejects.toThrow(BackendError);
    const second = await startMongodb(port, DATA);
    onTestFinished(() => second.kill());
    expect(await verdictOf(source)).toBe("allow");
  });
});

test("of a replica set the primary is asked, and when it is gone another member", async () => {
  const ports = [await freePort(), await freePort()] as const;
  const start = (index: 0 | 1): ReturnType<typeof startMongodb> =>
    startMongodb(ports[index], DATA, { member: { set: "house", ports, isPrimary: index === 0 } });
  const [primary, secondary] = [await start(0), await start(1)];
  onTestFinished(() => secondary.kill());
  onTestFinished(() => primary.kill());
  const settings = { ...BASE, server: `127.0.0.1:${ports[0]}, 127.0.0.1:${ports[1]}`, replica_set: "house" };
  const source = made(mongodb, settings);
  expect(await verdictOf(source)).toBe("allow");
  expect([primary.filters.length, secondary.filters.length]).toEqual([1, 0]);
  await primary.kill();
  expect(await verdictOf(source)).toBe("allow");
  expect(secondary.filters).toHaveLength(1);
  const other = made(mongodb, { ...settings, replica_set: "another" });
  await expect(ask(other, client("alice", "alice-pw"), AbortSignal.timeout(300))).rejects.toThrow(BackendError);
});

describeWith(["openssl"], "mongodb with TLS", () => {
  test("is encrypted when that is asked for, and only with whom we trust", async () => {
    const folder = mkdtempSync(join(tmpdir(), "culex-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const issuer = makePair(folder, { name: "ca", commonName: "house" });
    const pair = makePair(folder, { name: "server", commonName: "database", issuer });
    const secure = await startMongodb(await freePort(), DATA, { tls: pair });
    onTestFinished(() => secure.kill());
    const verdictWith = async (more: object): Promise<string> => {
      const source = made(mongodb, { ...BASE, server: `127.0.0.1:${secure.port}`, ...more });
      const patience = AbortSignal.timeout(2000);
      const decision = ask(source, client("alice", "alice-pw"), patience);
      return decision.then(({ verdict }) => verdict).catch((error: unknown) => String(error).slice(0, 12));
    };
    const { cert: ca } = issuer;
    expect(await verdictWith({ tls: { ca, servername: "localhost" } })).toBe("allow");
    expect(await verdictWith({ tls: { verify: false } })).toBe("allow");
    const others = [{}, { tls: { servername: "localhost" } }, { tls: { ca, servername: "elsewhere.example" } }];
    expect(await Promise.all(others.map(verdictWith))).toEqual(["BackendError", "BackendError", "BackendError"]);
  });
});

serversThatAreNone(mongodb, (port) => ({ ...BASE, server: `127.0.0.1:${port}` }), true);

describe("mongodb settings", () => {
  const filtered = (filter: object): object => ({ auth_query: { collection: "mqtt_user", filter } });
  const only = "it can only be what a field is, alone, in $eq or in $in";

  test.each([
    [{ server: "a b" }, 'server: "a b" is no address such as 127.0.0.1:27017'],
    [{ server: "a:1,b:70000" }, 'server: "b:70000" is no address such as 127.0.0.1:27017'],
    [{ password: "x" }, "password has no username beside it"],
    [filtered({}), "auth_query: no placeholder says whose document it is"],
    [filtered({ username: "alice" }), "auth_query: no placeholder says whose document it is"],
    [filtered({ username: { $in: ["%u", "all"] } }), "auth_query: no placeholder says whose document it is"],
    [filtered({ $or: [{ username: "%u" }, { on: 1 }] }), "auth_query: no placeholder says whose document it is"],
    [filtered({ username: "%u%c" }), 'auth_query: %u and %c run together; put a ":" between them'],
    [filtered({ username: { $regex: "^%u$" } }), `auth_query: %u stands in $regex; ${only}`],
    [filtered({ $where: "this.username == '%u'" }), `auth_query: %u stands in $where; ${only}`],
    [filtered({ $expr: { $eq: ["$username", "${username}"] } }), `auth_query: \${username} stands in $eq; ${only}`],
    [filtered({ username: { $eq: "%u", $exists: true } }), `auth_query: %u stands in $eq; ${only}`],
    [filtered({ username: { first: "%u" } }), `auth_query: %u stands in first; ${only}`],
    [filtered({ username: ["%u"] }), `auth_query: %u stands in username; ${only}`],
    [filtered({ "%u": true }), `auth_query: %u stands in the name of a field; ${only}`],
    [filtered({ username: { "%u": 1 } }), `auth_query: %u stands in the name of a field; ${only}`],
    [filtered({ $or: [] }), "auth_query: $or is not a list of filters"],
    [filtered({ $and: { username: "%u" } }), "auth_query: $and is not a list of filters"],
    [
      { super_query: { collection: "a", filter: { on: true } } },
      "super_query: no placeholder says whose document it is",
    ],
    [
      { acl_query: { collection: "a", filter: { $text: { $search: "%u" } } } },
      `acl_query: %u stands in $search; ${only}`,
    ],
    [
      { password_hash: "md4" },
      'password_hash: "md4" is not one of plain, md5, sha1, sha256, sha512, "salt,sha256", "sha256,salt", bcrypt, "pbkdf2,sha256,1000,20" or encoded',
    ],
  ])("%j are refused", (more, message) => {
    expect(() => mongodb.create({ ...BASE, ...more }, backendContext())).toThrow(new Error(`mongodb: ${message}`));
  });

  test.each([
    [{ pool: 0 }, "/pool must be >= 1"],
    [{ host: "hunter2" }, " must NOT have additional properties"],
    [{ password: ["hunter2"] }, "/password must be string"],
    [{ auth_query: { collection: "a", filter: "hunter2" } }, "/auth_query/filter must be object"],
  ])("%j are refused", (more, message) => {
    expect(() => mongodb.create({ ...BASE, ...more }, backendContext())).toThrow(
      expect.objectContaining({ message: `mongodb${message}` }),
    );
  });

  test("take servers of a replica set", () => {
    const settings = { ...BASE, server: "db1.lan, db2.lan:27018,[::1]:27019", replica_set: "house" };
    expect(made(mongodb, settings).name).toBe("mongodb");
  });
});
