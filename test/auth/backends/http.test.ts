import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { http } from "../../../src/auth/backends/http.ts";
import type { Authenticator, Decision, Identity } from "../../../src/core/types.ts";
import { makePair } from "../../helpers/certificates.ts";
import { freePort } from "../../helpers/free-port.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { webServer } from "../../helpers/web-server.ts";
import { backendContext, client } from "../context.ts";

const { signal } = new AbortController();
const PARAMS = { username: "${username}", password: "${password}" };
const JSON_TYPE = { "content-type": "application/json" };

interface Told {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

type Reply = (response: ServerResponse, told: Told) => void;

/** A service that answers as a test wants, and what it was asked. */
async function service(reply: Reply): Promise<{ url: string; port: number; asked: Told[]; close(): Promise<void> }> {
  const asked: Told[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url: path = "" } = request;
    const told = { method, path, body: (await buffer(request)).toString() };
    asked.push(told);
    reply(response, told);
  };
  const { url, port, close } = await webServer((request, response) => void answer(request, response));
  return { url, port, asked, close };
}

function create(settings: unknown): Authenticator {
  const authenticator = http.create(settings, backendContext());
  onTestFinished(() => authenticator.close?.());
  return authenticator;
}

async function login(reply: Reply, settings: object = {}): Promise<Decision<Identity>> {
  const { url } = await service(reply);
  return create({ login: { url: `${url}/auth`, params: PARAMS }, ...settings }).authenticate(
    client("ann", "pw"),
    signal,
  );
}

function json(body: unknown, status = 200): Reply {
  return (response) => response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}

test("follows the flow of EMQX: JSON by POST, and the rules of the answer", async () => {
  const acl = [{ permission: "allow", action: "all", topic: "dt/V01/GPRSV2/+/VCUA/#" }];
  const { url, asked } = await service(json({ result: "allow", is_superuser: false, acl }));
  const authenticator = create({ login: { url: `${url}/emqx-auth`, params: PARAMS } });
  const decision = await authenticator.authenticate(client("ann", "pw"), signal);
  expect(asked).toEqual([{ method: "POST", path: "/emqx-auth", body: '{"username":"ann","password":"pw"}' }]);
  expect(decision).toMatchObject({
    verdict: "allow",
    by: "http",
    value: { clientId: "plug-1", username: "ann", superuser: false, source: "http", proof: null, expiresAtMs: null },
  });
  expect.assert(decision.verdict === "allow");
  expect(decision.value.rules?.map(({ text, origin }) => `${origin.file}: ${text}`)).toEqual([
    `the answer of ${url}/emqx-auth: allow all dt/V01/GPRSV2/+/VCUA/#`,
    `the answer of ${url}/emqx-auth: deny all that is not listed`,
  ]);
});

test("asks three questions as EMQ 2 does", async () => {
  const { url, asked } = await service((response, { path }) =>
    response.writeHead(path.startsWith("/mqtt/acl") && !path.includes("topic=home") ? 403 : 200).end("whatever"),
  );
  const form = { encoding: "form", params: { clientid: "%c", username: "%u" } };
  const authenticator = create({
    login: { ...form, url: `${url}/mqtt/auth`, params: { clientid: "%c", username: "%u", password: "%P" } },
    super: { ...form, url: `${url}/mqtt/superuser` },
    acl: {
      url: `${url}/mqtt/acl`,
      method: "get",
      params: { access: "%A", username: "%u", clientid: "%c", ipaddr: "%a", topic: "%t" },
    },
    response: "status",
  });
  const decision = await authenticator.authenticate(client("ann", "p&w"), signal);
  expect(decision).toMatchObject({ verdict: "allow", value: { superuser: true, rules: null } });
  expect.assert(decision.verdict === "allow");
  const identity = { ...decision.value, address: "192.0.2.7" };
  expect(await authenticator.ask?.(identity, "publish", "home/a b", signal)).toMatchObject({ verdict: "allow" });
  expect(await authenticator.ask?.(identity, "subscribe", "home/#", signal)).toMatchObject({ verdict: "allow" });
  expect(await authenticator.ask?.(identity, "subscribe", "secret", signal)).toEqual({
    verdict: "deny",
    by: "http",
    reason: { kind: "subscribe_denied", sentence: `${url}/mqtt/acl answered 403` },
  });
  const who = "username=ann&clientid=plug-1&ipaddr=192.0.2.7";
  expect(asked).toEqual([
    { method: "POST", path: "/mqtt/auth", body: "clientid=plug-1&username=ann&password=p%26w" },
    { method: "POST", path: "/mqtt/superuser", body: "clientid=plug-1&username=ann" },
    { method: "GET", path: `/mqtt/acl?access=2&${who}&topic=home%2Fa+b`, body: "" },
    { method: "GET", path: `/mqtt/acl?access=1&${who}&topic=home%2F%23`, body: "" },
    { method: "GET", path: `/mqtt/acl?access=1&${who}&topic=secret`, body: "" },
  ]);
});

test.each<[string, Reply, object, object]>([
  [
    "204",
    (response) => response.writeHead(204).end(),
    {},
    { verdict: "allow", value: { superuser: false, rules: null } },
  ],
  ["allow", json({ result: "allow" }), {}, { verdict: "allow", value: { superuser: false, rules: null } }],
  [
    "a superuser",
    json({ result: "allow", is_superuser: "true" }),
    {},
    { verdict: "allow", value: { superuser: true } },
  ],
  [
    "a form",
    (response) =>
      response
        .writeHead(200, { "content-type": "application/x-www-form-urlencoded" })
        .end("result=allow&is_superuser=1&acl=x"),
    {},
    { verdict: "allow", value: { superuser: true, rules: null } },
  ],
  [
    "a later end",
    json({ result: "allow", expire_at: 4_102_444_800 }),
    {},
    { value: { expiresAtMs: 4_102_444_800_000 } },
  ],
  ["ignore", json({ result: "ignore" }), {}, { verdict: "ignore", reason: { kind: "unknown_user" } }],
  ["ignore as text", (response) => response.end("ignore"), { response: "status" }, { verdict: "ignore" }],
  ["anything with 200", (response) => response.end("no"), { response: "status" }, { verdict: "allow" }],
  ["ok", (response) => response.end("ok\n"), { response: "text" }, { verdict: "allow" }],
  ["a yes of 429", (response) => response.writeHead(429).end(), { denied: [429] }, { verdict: "deny" }],
])("understands %s", async (_name, reply, settings, expected) => {
  expect(await login(reply, settings)).toMatchObject({ by: "http", ...expected });
});

test.each<[string, Reply, object, string, string | undefined]>([
  ["deny", json({ result: "deny" }), {}, 'user ann was refused: PLACE answered "result": "deny"', undefined],
  ["401", json({ result: "allow" }, 401), {}, "user ann was refused: PLACE answered 401", undefined],
  [
    "the 201 of a careless POST handler",
    json({ result: "allow" }, 201),
    {},
    "user ann was refused: PLACE answered 201",
    'let the service answer with status 200 and "result": "allow"',
  ],
  [
    "no ok",
    (response) => response.end("no"),
    { response: "text" },
    'user ann was refused: PLACE did not answer "ok"',
    undefined,
  ],
  [
    "a wrong entry",
    json({ result: "allow", acl: [{ permission: "allow" }] }),
    {},
    "entry 1 of acl: action is missing, not publish, subscribe or all",
    "the answer of PLACE must be corrected",
  ],
  [
    "an end in the past",
    json({ result: "allow", expire_at: 1 }),
    {},
    "the login has expired (expire_at of the answer)",
    "the answer of PLACE must be corrected",
  ],
  [
    "an end that is no time",
    json({ result: "allow", expire_at: "soon" }),
    {},
    "expire_at of the answer is no time in seconds",
    "the answer of PLACE must be corrected",
  ],
  [
    "wrong attributes",
    json({ result: "allow", client_attrs: { a: 1 } }),
    {},
    "client_attrs of the answer are not texts",
    "the answer of PLACE must be corrected",
  ],
])("takes %s for a no", async (_name, reply, settings, sentence, hint) => {
  const { url } = await service(reply);
  const place = `${url}/auth`;
  const decision = await create({ login: { url: place, params: PARAMS }, ...settings }).authenticate(
    client("ann", "pw"),
    signal,
  );
  expect(decision).toMatchObject({ verdict: "deny", by: "http" });
  expect(decision.reason.sentence).toBe(sentence.replace("PLACE", place));
  expect(decision.reason.hint).toBe(hint?.replace("PLACE", place));
});

test.each<[string, Reply, object, string]>([
  ["500", json({ result: "allow" }, 500), {}, "PLACE answered 500"],
  ["404", json({ result: "allow" }, 404), {}, "PLACE answered 404"],
  [
    "a redirect",
    (response) => response.writeHead(302, { location: "/yes" }).end(),
    {},
    "PLACE answered 302: redirects are not followed, since a password would go with them",
  ],
  ["no result", json({}), {}, 'PLACE answered without "result": "allow", "deny" or "ignore"'],
  ["another result", json({ result: true }), {}, 'PLACE answered without "result": "allow", "deny" or "ignore"'],
  [
    "a web page",
    (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
    {},
    'PLACE answered with the content type "text/html", not application/json',
  ],
  [
    "broken JSON",
    (response) => response.writeHead(200, JSON_TYPE).end('{"result": "allow"'),
    {},
    "PLACE answered with no JSON object",
  ],
  ["a list", json([]), {}, "PLACE answered with no JSON object"],
  ["an empty answer", (response) => response.writeHead(200, JSON_TYPE).end(), {}, "PLACE answered with no JSON object"],
  ["an empty answer of no type", (response) => response.writeHead(200).end(), {}, "PLACE answered with"],
  ["a long answer", json({ result: "allow", x: "x".repeat(65_536) }), {}, "PLACE: reply of more than 65536 bytes"],
  ["a cut answer", (response) => response.writeHead(200, { "content-length": "9" }).destroy(), {}, "PLACE: "],
  ["a closed connection", (response) => response.destroy(), {}, "PLACE: socket hang up"],
])("has no answer in %s", async (_name, reply, settings, message) => {
  const { url } = await service(reply);
  const place = `${url}/auth`;
  const authenticator = create({ login: { url: place, params: PARAMS }, ...settings });
  await expect(authenticator.authenticate(client("ann", "pw"), signal)).rejects.toThrow(
    expect.objectContaining({
      name: "BackendError",
      message: expect.stringContaining(message.replace("PLACE", place)),
    }),
  );
});

test("needs a user name and a password before it asks", async () => {
  const { url, asked } = await service(json({ result: "allow" }));
  const authenticator = create({ login: { url } });
  const answers = await Promise.all(
    [client(null, "pw"), client("ann"), client("ann", ""), client("ann", Buffer.from([0xff]))].map(
      async (credentials) => authenticator.authenticate(credentials, signal),
    ),
  );
  expect(answers.map(({ verdict, reason: { kind, sentence } }) => `${verdict} ${kind}: ${sentence}`)).toEqual([
    "ignore no_credentials: sent no user name",
    "ignore no_credentials: sent no password for user ann",
    "deny wrong_password: user ann was refused: it is empty",
    "deny wrong_password: user ann was refused: it is not UTF-8",
  ]);
  expect(asked).toEqual([]);
});

test("sends nothing when a password would break a header", async () => {
  const { url, asked } = await service(json({ result: "allow" }));
  const authenticator = create({ login: { url, headers: { "X-Password": "%P" } } });
  expect(await authenticator.authenticate(client("ann", "a\r\nX: y"), signal)).toMatchObject({
    verdict: "deny",
    reason: { sentence: "user ann was refused: name or password cannot be sent to the service" },
  });
  expect(asked).toEqual([]);
});

test("keeps few connections for many logins", async () => {
  const sockets = new Set<unknown>();
  const { url } = await webServer((request, response) => {
    sockets.add(request.socket);
    response.writeHead(204).end();
  });
  const authenticator = create({ login: { url }, pool: 2 });
  const answers = Array.from({ length: 50 }, async (_none, index) =>
    authenticator.authenticate(client(`user-${index}`, "pw"), signal),
  );
  const names = (await Promise.all(answers)).map((decision) =>
    decision.verdict === "allow" ? decision.value.username : null,
  );
  expect(names).toEqual(Array.from({ length: 50 }, (_none, index) => `user-${index}`));
  expect(sockets.size).toBe(2);
});

test("comes back when its service does", async () => {
  const port = await freePort();
  const place = `http://127.0.0.1:${port}/emqx-auth`;
  const authenticator = create({ login: { url: place } });
  const ask = async (): Promise<string> => (await authenticator.authenticate(client("ann", "pw"), signal)).verdict;
  const refused = `${place}: connection refused; the service does not run, or listens on another address or port`;
  await expect(ask()).rejects.toThrow(refused);
  const first = await webServer((_request, response) => response.writeHead(204).end(), { port });
  expect(await ask()).toBe("allow");
  await first.close();
  await expect(ask()).rejects.toThrow(refused);
  await webServer((_request, response) => response.writeHead(204).end(), { port });
  expect(await ask()).toBe("allow");
});

test("a service that hangs holds nobody longer than allowed", async () => {
  const { url, asked } = await service(() => {});
  const authenticator = create({ login: { url } });
  const patience = new AbortController();
  const waiting = authenticator.authenticate(client("ann", "pw"), patience.signal);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  patience.abort();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ name: "BackendError" }));
});

test("speaks TLS with an authority of its own, and believes no other", async () => {
  const folder = tempFolder();
  const ca = makePair(folder, { name: "ca", commonName: "House CA" });
  const tls = makePair(folder, { name: "server", commonName: "auth", issuer: ca });
  const { url } = await webServer((_request, response) => response.writeHead(204).end(), { tls });
  const ask = (settings: object): Promise<string> =>
    Promise.resolve(create({ login: { url }, ...settings }).authenticate(client("ann", "pw"), signal)).then(
      ({ verdict }) => verdict,
    );
  await expect(ask({})).rejects.toThrow(`${url}: unable to verify the first certificate`);
  expect(await ask({ tls: { ca: ca.cert } })).toBe("allow");
  await expect(ask({ tls: { ca: ca.cert, servername: "elsewhere" } })).rejects.toThrow("does not match");
  expect(await ask({ tls: { verify: false } })).toBe("allow");
});

test.each([
  "hunter2",
  {},
  { login: "hunter2" },
  { login: { url: "hunter2" } },
  { login: { url: "http://me:hunter2@127.0.0.1/" } },
  { login: { url: "http://127.0.0.1/", password: "hunter2" } },
  { login: { url: "http://127.0.0.1/", headers: { a: ["hunter2"] } } },
  { login: { url: "http://127.0.0.1/", method: "hunter2" } },
  { login: { url: "http://127.0.0.1/" }, response: "hunter2" },
  { login: { url: "http://127.0.0.1/" }, tls: { key: ["hunter2"] } },
])("refuses wrong settings, and does not quote them (%#)", (settings) => {
  expect(() => http.create(settings, backendContext())).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
  );
});
