import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ldap } from "../../../src/auth/backends/ldap.ts";
import type { Decision, Identity } from "../../../src/core/types.ts";
import { makePair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { ADMIN, SLAPD, slapd, SUFFIX } from "../../services/slapd.ts";
import { backendContext, client } from "../context.ts";

const { signal } = new AbortController();
const PEOPLE = `ou=People,${SUFFIX}`;

function person(uid: string, more: readonly string[] = [], dn = `uid=${uid},${PEOPLE}`): string {
  const classes = ["inetOrgPerson", "mqttUser"].map((name) => `objectClass: ${name}`);
  return [`dn: ${dn}`, ...classes, `uid: ${uid}`, `cn: ${uid}`, `sn: ${uid}`, ...more, "", ""].join("\n");
}

const LDIF = [
  `dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: People\n\n`,
  person("ann", [
    "userPassword: secret1",
    "isSuperuser: TRUE",
    "mqttPublishTopic: home/${username}/set",
    "mqttSubscriptionTopic: home/#",
    "mqttPubSubTopic: a",
    "mqttPubSubTopic: b",
  ]),
  person("bob", ["userPassword: {SSHA}fHezEMu73Xt14NSk3mHtqDX8iMYAAQIDBAUGBw==", "isSuperuser: FALSE"]),
  person("old", ["userPassword: secret1", "isEnabled: FALSE"]),
  person("twin", ["userPassword: secret1"]),
  person("twin", ["userPassword: secret1"], `cn=other,${PEOPLE}`).replace("cn: twin", "cn: other"),
  person("hex", ["userPassword: 8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92"]),
  person("none"),
  person("bad", ["userPassword: secret1", "mqttPubSubTopic: a/#/b"]),
].join("");

const HOSTILE = [
  "*",
  "*)(uid=*",
  "ann)(|(uid=*",
  "ann,ou=x",
  `ann,${PEOPLE}`,
  "' or '1'='1",
  "#",
  "+",
  "a/b",
  "$all",
  "\\2a",
];

async function login(settings: object, username: string, password = "secret1"): Promise<Decision<Identity>> {
  return ldap.create(settings, backendContext()).authenticate(client(username, password), signal);
}

/** As short text: "allow", or the answer with its sentence. */
async function answer(settings: object, username: string, password?: string): Promise<string> {
  const { verdict, reason } = await login(settings, username, password);
  return verdict === "allow" ? verdict : `${verdict}: ${reason.sentence}`;
}

const spelling = (name: string): string =>
  `ignore: the directory has ${name} in another spelling, or no uid that may be read`;

describeWith(SLAPD, "a directory", () => {
  test("lets in who can bind as the named entry", async () => {
    const { url } = await slapd(LDIF);
    const settings = { url, user: `uid=%u,${PEOPLE}` };
    expect(await login(settings, "ann")).toMatchObject({
      verdict: "allow",
      by: "ldap",
      value: { clientId: "plug-1", username: "ann", superuser: false, source: "ldap", proof: null, rules: null },
    });
    expect(await answer(settings, "bob", "public")).toBe("allow");
    expect(await answer(settings, "ann", "secret2")).toBe("deny: wrong password for user ann");
    expect(await answer(settings, "ann", "")).toBe("deny: wrong password for user ann");
    expect(await answer(settings, "nobody")).toBe("deny: wrong password for user nobody");
    expect(await answer(settings, "ANN")).toBe(spelling("ANN"));
    expect(await answer(settings, "ann ")).toBe(spelling("ann "));
    expect(await answer(settings, "old")).toBe("deny: user old is disabled in the directory");
    const answers = await Promise.all(HOSTILE.map((name) => answer(settings, name)));
    expect(answers).toEqual(HOSTILE.map((name) => `deny: wrong password for user ${name}`));
  });

  test("finds the entry and tries the password on it", async () => {
    const { url } = await slapd(LDIF);
    const attributes = {
      superuser: "isSuperuser",
      publish: "mqttPublishTopic",
      subscribe: "mqttSubscriptionTopic",
      all: "mqttPubSubTopic",
    };
    const settings = { url, base: PEOPLE, bind: ADMIN, attributes };
    const decision = await login(settings, "ann");
    expect.assert(decision.verdict === "allow");
    expect(decision.value.superuser).toBe(true);
    expect(decision.value.rules?.map(({ text, origin }) => `${origin.file}: ${text}`)).toEqual(
      ["allow publish home/${username}/set", "allow subscribe home/#", "allow all a", "allow all b"].map(
        (text) => `the entry uid=ann,${PEOPLE}: ${text}`,
      ),
    );
    expect(await login(settings, "bob", "public")).toMatchObject({ value: { superuser: false, rules: [] } });
    expect(await answer(settings, "bob", "secret1")).toBe("deny: wrong password for user bob");
    expect(await answer(settings, "none")).toBe("deny: wrong password for user none");
    expect(await answer(settings, "ANN")).toBe(spelling("ANN"));
    expect(await answer(settings, "old")).toBe("deny: user old is disabled in the directory");
    expect(await answer(settings, "bad")).toBe(
      `deny: the entry uid=bad,${PEOPLE} has a wrong mqttPubSubTopic: "a/#/b" is no topic filter: "#" must be the last level and stand alone in it`,
    );
    expect(await answer({ ...settings, filter: "(&(objectClass=mqttUser)(uid=%u))" }, "ann")).toBe("allow");
    const answers = await Promise.all(HOSTILE.map((name) => answer(settings, name)));
    expect(answers).toEqual(HOSTILE.map((name) => `ignore: ${name} is not in the directory`));
  });

  test("compares the password with a hash", async () => {
    const { url } = await slapd(LDIF);
    const settings = {
      url,
      base: `uid=%u,${PEOPLE}`,
      filter: "(objectClass=mqttUser)",
      bind: ADMIN,
      password: "userPassword",
    };
    expect(await answer(settings, "bob", "public")).toBe("allow");
    expect(await answer(settings, "bob", "Public")).toBe("deny: wrong password for user bob");
    expect(await answer(settings, "nobody")).toBe("ignore: nobody is not in the directory");
    expect(await answer(settings, `bob,${PEOPLE}`)).toBe(`ignore: bob,${PEOPLE} is not in the directory`);
    expect(await answer({ ...settings, hash: "sha256" }, "hex", "123456")).toBe("allow");
    await expect(answer(settings, "ann")).rejects.toThrow(`${url}: userPassword is in no form that is known here`);
    await expect(answer(settings, "none")).rejects.toThrow(
      `${url}: userPassword is missing, or whoever searches may not read it`,
    );
  });

  test("has not decided when the search goes wrong", async () => {
    const { url } = await slapd(LDIF);
    const settings = { url, base: PEOPLE, bind: ADMIN };
    await expect(answer({ ...settings, bind: { ...ADMIN, password: "x" } }, "ann")).rejects.toThrow(
      `${url}: the password of bind is wrong, so nobody can be searched for`,
    );
    await expect(answer(settings, "twin")).rejects.toThrow(
      `${url}: more than one entry is found for one user; make the filter narrower`,
    );
    await expect(answer({ ...settings, base: "nonsense" }, "ann")).rejects.toThrow(
      `${url}: it answered with the code 34 (InvalidDNSyntaxError)`,
    );
  });

  test("speaks TLS in both ways with an authority of its own, and believes no other", async () => {
    const folder = tempFolder();
    const ca = makePair(folder, { name: "ca", commonName: "House CA" });
    const tls = makePair(folder, { name: "server", commonName: "directory", issuer: ca });
    const { url, secureUrl } = await slapd(LDIF, { tls });
    const settings = { base: PEOPLE, bind: ADMIN, tls: { ca: ca.cert } };
    expect(await answer({ ...settings, url: secureUrl }, "ann")).toBe("allow");
    expect(await answer({ ...settings, url, starttls: true }, "ann")).toBe("allow");
    for (const reached of [{ url: secureUrl }, { url, starttls: true }]) {
      await expect(answer({ ...settings, ...reached, tls: {} }, "ann")).rejects.toThrow("unable to verify");
      const elsewhere = { ca: ca.cert, servername: "elsewhere" };
      await expect(answer({ ...settings, ...reached, tls: elsewhere }, "ann")).rejects.toThrow("does not match");
    }
  });

  test("says no password to a directory that cannot turn to TLS", async () => {
    const { url } = await slapd(LDIF);
    await expect(answer({ url, starttls: true, user: `uid=%u,${PEOPLE}` }, "ann")).rejects.toThrow(
      `${url}: it answered with the code 2 (ProtocolError)`,
    );
  });

  test("decides many logins over few connections", async () => {
    const { url } = await slapd(LDIF);
    const authenticator = ldap.create({ url, base: PEOPLE, bind: ADMIN, pool: 2 }, backendContext());
    const answers = Array.from({ length: 100 }, async (_none, index) =>
      authenticator.authenticate(client("ann", index % 2 === 0 ? "secret1" : "wrong"), signal),
    );
    const verdicts = (await Promise.all(answers)).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(Array.from({ length: 100 }, (_none, index) => (index % 2 === 0 ? "allow" : "deny")));
  });

  test("comes back when its server does", async () => {
    const server = await slapd(LDIF);
    const authenticator = ldap.create({ url: server.url, base: PEOPLE, bind: ADMIN }, backendContext());
    const ask = async (): Promise<string> =>
      (await authenticator.authenticate(client("ann", "secret1"), signal)).verdict;
    expect(await ask()).toBe("allow");
    await server.stop();
    await expect(ask()).rejects.toThrow(
      `${server.url}: connection refused; the directory does not run, or listens on another address or port`,
    );
    await server.start();
    expect(await ask()).toBe("allow");
  });
});

test.each([
  ["hangs", null],
  ["talks nonsense", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["talks broken BER", Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01, 0x02])],
])("a server that %s holds nobody longer than allowed", async (_name, bytes) => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (bytes !== null) socket.write(bytes);
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await once(server, "listening");
  const patience = new AbortController();
  const url = `ldap://127.0.0.1:${port}`;
  const waiting = ldap
    .create({ url, user: "uid=%u,dc=x" }, backendContext())
    .authenticate(client("ann", "secret1"), patience.signal);
  await once(server, "connection");
  patience.abort();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ name: "BackendError" }));
});

test("a server that hangs up has not decided", async () => {
  const server = createServer((socket) => socket.once("data", () => socket.destroy()));
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await once(server, "listening");
  const url = `ldap://127.0.0.1:${port}`;
  await expect(login({ url, user: "uid=%u,dc=x" }, "ann")).rejects.toThrow(`${url}: Connection closed`);
});

test("needs a user name and a password before it asks", async () => {
  const authenticator = ldap.create({ url: "ldap://127.0.0.1:1", user: "uid=%u,dc=x" }, backendContext());
  const answers = await Promise.all(
    [client(null, "pw"), client("ann"), client("ann", ""), client("", "pw"), client("ann", Buffer.from([0xff]))].map(
      async (credentials) => authenticator.authenticate(credentials, signal),
    ),
  );
  expect(answers.map(({ verdict, reason: { kind } }) => `${verdict} ${kind}`)).toEqual([
    "ignore no_credentials",
    "ignore no_credentials",
    "deny wrong_password",
    "deny wrong_password",
    "deny wrong_password",
  ]);
});

const named = { url: "ldap://127.0.0.1", user: "uid=%u,dc=x" };

test.each([
  ["hunter2", "ldap must be object"],
  [{ ...named, url: "http://127.0.0.1" }, "url is not ldap://host:port or ldaps://host:port"],
  [{ ...named, url: "ldap://hunter2@127.0.0.1" }, "url is not ldap://host:port or ldaps://host:port"],
  [
    { ...named, url: "ldaps://127.0.0.1", starttls: true },
    "starttls is for ldap:// only; an ldaps:// connection begins with TLS",
  ],
  [{ url: named.url }, "either user or base must say where the users are"],
  [{ ...named, base: "dc=x" }, "user names the entry, so base, filter, bind and password have no place beside it"],
  [{ ...named, user: "%u" }, "user is not the name of an entry, as uid=%u,ou=People,dc=example,dc=com is"],
  [{ url: named.url, base: "dc=x", hash: "hunter2" }, "hash is no algorithm that is known here"],
  [{ url: named.url, base: "dc=x", hash: "plain" }, "hash is no algorithm that is known here"],
  [
    { url: named.url, base: "dc=x", bind: { dn: "cn=a", password: "" } },
    "ldap/bind/password must NOT have fewer than 1 characters",
  ],
  [{ ...named, hunter2: true }, "ldap must NOT have additional properties"],
])("refuses wrong settings, and does not quote them (%#)", (settings, message) => {
  expect(() => ldap.create(settings, backendContext())).toThrow(expect.objectContaining({ message }));
});
