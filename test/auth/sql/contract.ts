import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { orderedRules } from "../../../src/acl/ordered-access.ts";
import type { Backend } from "../../../src/auth/backend.ts";
import { BackendError } from "../../../src/core/errors.ts";
import { isAllowed } from "../../../src/core/reasons.ts";
import type { Authenticator, Credentials } from "../../../src/core/types.ts";
import { makePair, type Pair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import type { Server } from "../../services/server.ts";
import { backendContext, client, recordingLogger } from "../context.ts";
import { ask, IDENTITY, identityOf, made, serversThatAreNone, verdictOf } from "../database/failures.ts";
import { databaseLogins } from "../database/logins.ts";
import { HOSTILE } from "../hostile-names.ts";
import { type Dialect, tables } from "./tables.ts";

/** A kind of database, and how its SQL differs. */
export interface SqlSubject extends Dialect {
  readonly backend: Backend;
  readonly defaultPort: number;
  /** What must be installed. */
  readonly programs: readonly string[];
  /** Makes the database "mqtt" of the user "mqtt" with the password "db-pw". */
  readonly prepare: (folder: string, sql: readonly string[]) => string;
  readonly start: (data: string, port: number, tls?: Pair) => Promise<Server>;
  /** Sleeps so many seconds, as text. */
  readonly sleep: (seconds: string) => string;
  /** True where the connection is encrypted. */
  readonly isEncrypted: string;
  /** What it says to a wrong password of ours. */
  readonly refusal: RegExp;
}

const USERS = "select username, password, is_superuser from mqtt_user where username = '%u' limit 1";
const EMQ2 =
  "select allow, ipaddr, username, clientid, access, topic from mqtt_acl " +
  "where ipaddr = '%a' or username = '%u' or username = '$all' or clientid = '%c' order by id";
const EMQX5 = "select action, permission, topic, qos, retain from emqx_acl where username = ${username} order by id";

const { signal } = new AbortController();

/** What users and rules in a database must do, whichever database it is. */
export function sqlContract(subject: SqlSubject): void {
  const { backend, programs, prepare, start } = subject;
  const name = backend.type;

  describeWith(
    ["openssl", ...programs].filter((program) => program !== ""),
    `${name} with a real server`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "culex-"));
      let server: Server | null = null;
      let ca = "";

      beforeAll(async () => {
        const issuer = makePair(folder, { name: "ca", commonName: "house" });
        const tls = makePair(folder, { name: "server", commonName: "database", issuer });
        ca = issuer.cert;
        server = await start(prepare(folder, tables(subject)), await freePort(), tls);
      }, 60_000);

      afterAll(async () => {
        await server?.kill();
        rmSync(folder, { recursive: true, force: true });
      });

      const login = (more: object = {}, context = backendContext()): Authenticator =>
        made(backend, { ...base(server?.port ?? 0), ...more }, context);

      describe("a login", () => {
        databaseLogins({ name, login, without: ["nopass"], odd: 'o\'brien \\ "%u" ${username} -- ' });

        test.each(HOSTILE)("of %j is nobody's", async (username) => {
          const source = login();
          const sentence = `${username} is not in the database`;
          for (const password of [null, "", "alice-pw"]) {
            const decision = await source.authenticate(client(username, password), signal);
            expect(decision).toMatchObject({ verdict: "ignore", by: name, reason: { kind: "unknown_user", sentence } });
          }
          // nothing was changed
          expect(isAllowed(await source.authenticate(client("alice", "alice-pw"), signal))).toBe(true);
        });

        test.each(HOSTILE)("of %j is nobody's where the query does not give the name back", async (username) => {
          const source = login({ auth_query: "select password from mqtt_user where username = '%u'" });
          const decision = await source.authenticate(client(username, "alice-pw"), signal);
          expect(decision).toMatchObject({ verdict: "ignore", reason: { kind: "unknown_user" } });
        });

        test("is asked for by client id, address and certificate too", async () => {
          const source = login({
            auth_query: "select password from devices where clientid = %c and address = '${peerhost}' and cn = %C",
          });
          const certificate = { commonName: "cn-1", subject: "CN=cn-1", fingerprint: "" };
          const device: Credentials = { ...client("any", "device-pw"), certificate };
          expect(isAllowed(await source.authenticate(device, signal))).toBe(true);
          for (const other of [{ clientId: "PLUG-1" }, { address: "192.0.2.8" }, { certificate: null }]) {
            expect(isAllowed(await source.authenticate({ ...device, ...other }, signal))).toBe(false);
          }
        });

        test.each([
          ["salt,sha256", "select password_hash, salt from hashes where kind = 'prefix'"],
          ["sha256,salt", "select password_hash, salt from hashes where kind = 'suffix'"],
          ["pbkdf2,sha256,1000,20", "select password_hash, salt from hashes where kind = 'pbkdf2'"],
          ["bcrypt", "select password_hash, salt from hashes where kind = 'bcrypt'"],
          ["plain", "select secret from hashes where kind = 'plain'"],
        ])("checks passwords stored as %s", async (password_hash, auth_query) => {
          const source = login({ password_hash, auth_query });
          expect(isAllowed(await source.authenticate(client("any", "public"), signal))).toBe(true);
          expect(isAllowed(await source.authenticate(client("any", "Public"), signal))).toBe(false);
        });

        test("of nobody takes as long as a wrong password, once a slow one was seen", async () => {
          const context = backendContext();
          const checked: string[] = [];
          const verify = (hash: string, password: Uint8Array): Promise<boolean> => {
            checked.push(hash);
            return context.verify(hash, password);
          };
          const auth_query = "select password_hash, salt from hashes where kind = %u";
          const source = login({ auth_query, password_hash: "bcrypt" }, { ...context, verify });
          await source.pretend?.(client("nobody", "public"));
          expect(checked).toEqual([]);
          expect((await ask(source, client("bcrypt", "public"))).verdict).toBe("allow");
          await source.pretend?.(client("nobody", "public"));
          expect(checked.map((hash) => hash.slice(0, 7))).toEqual(["$2a$05$", "$2a$05$"]);
          expect(checked[1]).not.toBe(checked[0]);
        });

        test.each(["username, is_superuser", "password as secret, id"])(
          "is undecided when the query gives %s",
          async (columns) => {
            const source = login({ auth_query: `select ${columns} from mqtt_user where username = %u` });
            await expect(ask(source)).rejects.toThrow(
              new BackendError("auth_query gives no column password_hash or password"),
            );
          },
        );

        test("is undecided when the query is wrong", async () => {
          const source = login({ pool: 1, auth_query: "select password from no_such_table where username = %u" });
          await expect(ask(source)).rejects.toThrow(/no_such_table/);
          await expect(ask(source)).rejects.toThrow(BackendError);
        });
      });

      describe("a superuser", () => {
        const alone = "select password from mqtt_user where username = %u";

        test.each([
          ["root", true],
          ["alice", false],
        ])("is whom a query marks: %s %j", async (username, superuser) => {
          const super_query = "select is_superuser from mqtt_user where username = '%u' limit 1";
          for (const queries of [{}, { auth_query: alone, super_query }]) {
            const { superuser: actual } = await identityOf(login(queries), client(username, `${username}-pw`));
            expect(actual).toBe(superuser);
          }
        });

        test("is nobody when no query says so", async () => {
          expect((await identityOf(login({ auth_query: alone }), client("root", "root-pw"))).superuser).toBe(false);
        });

        test("cannot be told when the query fails", async () => {
          await expect(ask(login({ super_query: "select x from no_such_table" }))).rejects.toThrow(/no_such_table/);
        });
      });

      describe("rules", () => {
        test.each([
          [{ username: "dashboard" }, "subscribe", "$SYS/#", "allow"],
          [{ username: "alice" }, "subscribe", "$SYS/#", "deny"],
          [{ username: "alice" }, "subscribe", "#", "deny"],
          [{ username: "alice" }, "subscribe", "a/b", "ignore"],
          [{ username: "alice" }, "publish", "a/b", "allow"],
          [{ username: "alice", address: "127.0.0.1" }, "publish", "a/b", "allow"],
          [{ username: "alice", address: "127.0.0.1" }, "publish", "$SYS/x", "deny"],
          [{ username: "dashboard" }, "subscribe", "#", "deny"],
          [{ username: null }, "publish", "a/b", "allow"],
          [{ username: null }, "subscribe", "$SYS/x", "deny"],
        ] as const)("of EMQ 2 as it ships them: %j may %s %s: %s", async (who, action, topic, expected) => {
          const identity = { ...IDENTITY, ...who };
          const rules = (await login({ acl_query: EMQ2 }).rights?.(identity, signal)) ?? [];
          expect(orderedRules(rules)(identity).check(action, topic).verdict).toBe(expected);
        });

        test.each([
          ["last row first by itself", {}, "7 3 2 1"],
          ["first row first when it is asked for", { row_order: "first_first" }, "1 2 3 7"],
        ])("of EMQ 2, the %s", async (_what, more, expected) => {
          const dashboard = { ...IDENTITY, username: "dashboard" };
          const rules = (await login({ acl_query: EMQ2, ...more }).rights?.(dashboard, signal)) ?? [];
          const numbers = ["", "1", "2", "3", "7"];
          expect(rules.map(({ origin }) => numbers[origin.line ?? 0]).join(" ")).toBe(expected);
        });

        test.each([
          ["subscribe", "home/alice/x", "allow"],
          ["subscribe", "home/bob/x", "ignore"],
          ["publish", "home/alice/x", "deny"],
          ["receive", "home/alice/x", "allow"],
          ["publish", "narrow/allow", "ignore"],
          ["publish", "narrow/deny", "deny"],
        ] as const)("of EMQX 5, the first row first: %s %s is %s", async (action, topic, expected) => {
          const rules = (await login({ acl_query: EMQX5 }).rights?.(IDENTITY, signal)) ?? [];
          expect(orderedRules(rules)(IDENTITY).check(action, topic).verdict).toBe(expected);
        });

        test("say once what is wrong with a row", async () => {
          const { log, entries } = recordingLogger();
          const source = login({ acl_query: EMQX5 }, { ...backendContext(), log });
          await source.rights?.(IDENTITY, signal);
          await source.rights?.(IDENTITY, signal);
          expect(entries.map(({ message }) => message)).toEqual([
            `The rules of ${name} for the client plug-1: row 3 has a condition on qos, which is not carried out here, and is left out. The other rules count. Correct this one.`,
            `The rules of ${name} for the client plug-1: row 4 has a condition on retain, and denies without it. The other rules count. Correct this one.`,
          ]);
        });

        test.each(HOSTILE)("for %j are nobody's", async (username) => {
          expect(await login({ acl_query: EMQX5 }).rights?.({ ...IDENTITY, username }, signal)).toEqual([]);
        });

        test("are none where no query asks for them", () => {
          expect(login().rights).toBeUndefined();
        });
      });

      describe("the connection", () => {
        test("carries many logins at once, and there are no more of them than allowed", async () => {
          const source = login({
            pool: 2,
            auth_query: `${USERS.replace("limit 1", "")} and ${subject.connections} <= 2`,
          });
          const asked = Array.from({ length: 200 }, () => ask(source));
          const decisions = await Promise.all(asked);
          expect(decisions.filter(isAllowed)).toHaveLength(200);
        });

        test("that is too slow is cut, and the next question gets another", async () => {
          const seconds = "case when username = 'root' then 30 else 0 end";
          const columns = `password, ${subject.sleep(seconds)} as salt`;
          const source = login({ pool: 1, auth_query: `select ${columns} from mqtt_user where username = %u` });
          await expect(ask(source, client("root", "x"), AbortSignal.timeout(300))).rejects.toThrow(
            new BackendError("the database did not answer in time"),
          );
          expect((await ask(source)).verdict).toBe("allow");
        });

        test("is refused with a wrong password, which nobody gets to read", async () => {
          const asked = ask(login({ password: "hunter2" }));
          await expect(asked).rejects.toThrow(subject.refusal);
          await expect(asked).rejects.toThrow(
            expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
          );
        });

        test("is encrypted when that is asked for, and only with whom we trust", async () => {
          const auth_query = `${USERS.replace("limit 1", "")} and ${subject.isEncrypted}`;
          const servername = "localhost";
          const verdictWith = (more: object): Promise<string> => verdictOf(login({ auth_query, ...more }));
          expect(await verdictWith({ tls: { ca, servername } })).toBe("allow");
          expect(await verdictWith({ tls: { verify: false } })).toBe("allow");
          expect(await verdictWith({})).toBe("ignore");
          expect(await verdictWith({ tls: { servername } })).toBe("undecided");
          expect(await verdictWith({ tls: { ca, servername: "elsewhere.example" } })).toBe("undecided");
        });

        test("is not opened any more after the end", async () => {
          const source = login();
          expect((await ask(source)).verdict).toBe("allow");
          await source.close?.();
          await expect(ask(source)).rejects.toThrow(new BackendError("the login source is closed"));
        });
      });

      test("a server that is down at the start, dies and comes back needs no restart of ours", async () => {
        const data = prepare(tempFolder(), tables(subject));
        const port = await freePort();
        const source = made(backend, base(port));
        expect(await verdictOf(source)).toBe("undecided");
        const first = await start(data, port);
        onTestFinished(() => first.kill());
        expect(await verdictOf(source)).toBe("allow");
        await first.kill();
        expect(await verdictOf(source)).toBe("undecided");
        const second = await start(data, port);
        onTestFinished(() => second.kill());
        expect(await verdictOf(source)).toBe("allow");
      }, 60_000);
    },
  );

  serversThatAreNone(backend, base);

  describe(`${name} settings`, () => {
    test.each([
      [{ server: "a b" }, `server: "a b" is no address such as 127.0.0.1:${subject.defaultPort}`],
      [{ server: "db:70000" }, `server: "db:70000" is no address such as 127.0.0.1:${subject.defaultPort}`],
      [
        { password_hash: "md4" },
        'password_hash: "md4" is not one of plain, md5, sha1, sha256, sha512, "salt,sha256", "sha256,salt", bcrypt, "pbkdf2,sha256,1000,20" or encoded',
      ],
      [
        { auth_query: "select password from users where name like '%u/x'" },
        "auth_query: %u is only a part of '%u/x'; write concat(...) with %u by itself",
      ],
      [{ acl_query: "select 1 -- %u" }, "acl_query: %u stands in a comment"],
    ])("%j are refused", (more, message) => {
      expect(() => backend.create({ ...base(1), ...more }, backendContext())).toThrow(new Error(`${name}: ${message}`));
    });

    test.each([
      [{ pool: 0 }, "/pool must be >= 1"],
      [{ host: "hunter2" }, " must NOT have additional properties"],
      [{ password: ["hunter2"] }, "/password must be string"],
    ])("%j are refused", (more, message) => {
      expect(() => backend.create({ ...base(1), ...more }, backendContext())).toThrow(
        expect.objectContaining({ message: `${name}${message}` }),
      );
    });

    test.each(["localhost", "db.example:3307", "[::1]:3307", "[fd00::1]", "10.0.0.1"])("take the server %s", (at) => {
      expect(made(backend, { ...base(1), server: at }).name).toBe(name);
    });
  });
}

function base(port: number): object {
  return {
    server: `127.0.0.1:${port}`,
    database: "mqtt",
    username: "mqtt",
    password: "db-pw",
    auth_query: USERS,
    password_hash: "sha256",
  };
}
