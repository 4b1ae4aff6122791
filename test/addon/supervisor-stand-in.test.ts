import { expect, onTestFinished, test } from "vitest";
import { startSupervisor, type FakeSupervisor, type SupervisorOptions } from "../helpers/supervisor.ts";

const REALM = 'Basic realm="Home Assistant Authentication"';

async function start(options: SupervisorOptions = {}): Promise<FakeSupervisor> {
  const fake = await startSupervisor({ users: { klaus: "garten" }, ...options });
  onTestFinished(() => fake.stop());
  return fake;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request with the right token and gives status, body (parsed where it is JSON) and the realm header. */
async function send(fake: FakeSupervisor, request: string, { headers, body }: Sent = {}) {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(`${fake.url}${path}`, {
    method,
    headers: { "X-Supervisor-Token": fake.token, "Content-Type": "application/json", ...headers },
    body: body ?? null,
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const parsed: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, body: parsed, realm: response.headers.get("www-authenticate") };
}

const login = (username: unknown, password: unknown): Sent => ({ body: JSON.stringify({ username, password }) });

const ok = (data: unknown) => ({ status: 200, body: { result: "ok", data }, realm: null });
const unauthorized = { status: 401, body: "401: Unauthorized", realm: null };
const failed = (status: number, message: string) => ({ status, body: { result: "error", message }, realm: null });

const endpoint = { host: "a1b2c3d4-culex", port: 1883, username: "addons", password: "p" };

test.each<[string, Sent, unknown]>([
  ["no token", { headers: { "X-Supervisor-Token": "" } }, unauthorized],
  [
    "an unknown token",
    { headers: { "X-Supervisor-Token": "x" } },
    { ...unauthorized, status: 403, body: "403: Forbidden" },
  ],
])("refuses %s in plain text, whatever is asked", async (_, sent, answer) => {
  const fake = await start();
  for (const request of ["GET /info", "POST /auth", "GET /nonsense"]) {
    // oxlint-disable-next-line no-await-in-loop -- one server, one request after the other
    expect(await send(fake, request, sent)).toEqual(answer);
  }
});

test("takes the token from X-Hassio-Key and from Authorization too", async () => {
  const fake = await start();
  for (const headers of [{ "X-Hassio-Key": fake.token }, { Authorization: `Bearer ${fake.token}` }]) {
    // oxlint-disable-next-line no-await-in-loop
    const response = await fetch(`${fake.url}/info`, { headers });
    expect(response.status).toBe(200);
  }
});

test("tells an app about itself and about the machine", async () => {
  const fake = await start();
  expect(await send(fake, "GET /addons/self/info")).toMatchObject(
    ok({ slug: "a1b2c3d4_culex", hostname: "a1b2c3d4-culex" }),
  );
  expect(await send(fake, "GET /info")).toMatchObject(ok({ homeassistant: "2026.8.0", state: "running" }));
});

test("refuses everything while it is starting", async () => {
  const fake = await start();
  fake.state = "setup";
  expect(await send(fake, "GET /info")).toEqual(failed(400, "System is not ready with state: setup"));
  fake.state = "startup";
  expect((await send(fake, "GET /info")).status).toBe(200);
});

test.each<[string, Sent, unknown]>([
  ["a good login", login("klaus", "garten"), ok({})],
  ["a good login in another spelling of the name", login(" Klaus ", "garten"), ok({})],
  ["a wrong password", login("klaus", "gartem"), unauthorized],
  ["an unknown user", login("nobody", "garten"), unauthorized],
  [
    "an Authorization header",
    { ...login("klaus", "garten"), headers: { Authorization: "Bearer x" } },
    { ...unauthorized, realm: REALM },
  ],
  [
    "a charset suffix",
    { ...login("klaus", "garten"), headers: { "Content-Type": "application/json;charset=UTF-8" } },
    { ...unauthorized, realm: REALM },
  ],
  ["broken JSON", { body: '{"username"' }, failed(400, "Invalid json")],
  [
    "a form",
    { body: "username=klaus&password=garten", headers: { "Content-Type": "application/x-www-form-urlencoded" } },
    ok({}),
  ],
  ["the field user instead of username", { body: '{"user":"klaus","password":"garten"}' }, ok({})],
  ["a good login in Basic", { headers: { Authorization: `Basic ${btoa("klaus:garten")}` } }, ok({})],
])("answers POST /auth with %s as the Supervisor does", async (_, sent, answer) => {
  expect(await send(await start(), "POST /auth", sent)).toEqual(answer);
});

test.each([
  ["a number as password", login("klaus", 7)],
  ["no password", login("klaus", undefined)],
  ["an empty user name", login("", "garten")],
])("answers POST /auth with %s by an error key", async (_, sent) => {
  expect(await send(await start(), "POST /auth", sent)).toMatchObject({
    status: 401,
    body: { result: "error", error_key: "auth_invalid_non_string_value_error" },
  });
});

test("refuses logins of an app without auth_api", async () => {
  const fake = await start({ authApi: false });
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(
    failed(403, "Can't use Home Assistant auth!"),
  );
});

test("knows only logins it has seen while Core is down", async () => {
  const fake = await start({ users: { klaus: "garten", eva: "meer" } });
  await send(fake, "POST /auth", login("klaus", "garten"));
  fake.core = "down";
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(ok({}));
  expect(await send(fake, "POST /auth", login("klaus", "gartem"))).toEqual(unauthorized);
  expect(await send(fake, "POST /auth", login("eva", "meer"))).toEqual(unauthorized);
  fake.forgetLogins();
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(unauthorized);
});

test("waits for a hanging Core and then fails, but answers logins it has seen at once", async () => {
  const fake = await start({ users: { klaus: "garten", eva: "meer" } });
  await send(fake, "POST /auth", login("klaus", "garten"));
  fake.core = "hanging";
  fake.hangMs = 20;
  expect(await send(fake, "POST /auth", login("eva", "meer"))).toMatchObject({
    status: 500,
    body: { error_key: "auth_home_assistant_api_validation_error" },
  });
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(ok({}));
});

test("refuses a changed password once, then accepts it", async () => {
  const fake = await start();
  await send(fake, "POST /auth", login("klaus", "garten"));
  fake.users.set("klaus", "teich");
  expect(await send(fake, "POST /auth", login("klaus", "teich"))).toEqual(unauthorized);
  expect(await send(fake, "POST /auth", login("klaus", "teich"))).toEqual(ok({}));
});

test("accepts the old password of a deleted user once more, then refuses it", async () => {
  const fake = await start();
  await send(fake, "POST /auth", login("klaus", "garten"));
  fake.users.delete("klaus");
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(ok({}));
  expect(await send(fake, "POST /auth", login("klaus", "garten"))).toEqual(unauthorized);
});

test("keeps one provider of the mqtt service until it is deleted", async () => {
  const fake = await start();
  const provide: Sent = { body: JSON.stringify(endpoint) };
  expect(await send(fake, "GET /services/mqtt")).toEqual(failed(400, "Service not enabled"));
  expect(await send(fake, "DELETE /services/mqtt")).toMatchObject({
    status: 404,
    body: { error_key: "service_not_provided_error" },
  });
  expect(await send(fake, "POST /services/mqtt", provide)).toEqual(ok({}));
  expect(await send(fake, "GET /services/mqtt")).toEqual(
    ok({ ...endpoint, ssl: false, protocol: "3.1.1", addon: "a1b2c3d4_culex" }),
  );
  expect(await send(fake, "POST /services/mqtt", provide)).toMatchObject({
    status: 409,
    body: { error_key: "service_already_provided_error", extra_fields: { service: "mqtt", app: "a1b2c3d4_culex" } },
  });
  expect(await send(fake, "DELETE /services/mqtt")).toEqual(ok({}));
  expect(fake.service).toBeNull();
});

test("shows another app's service, and deletes it for whoever asks", async () => {
  const fake = await start();
  fake.service = { addon: "core_mosquitto", data: { host: "core-mosquitto", port: 1883 } };
  expect(await send(fake, "GET /services/mqtt")).toMatchObject(ok({ addon: "core_mosquitto" }));
  expect(await send(fake, "GET /services")).toEqual(
    ok({ services: [{ slug: "mqtt", available: true, providers: ["core_mosquitto"] }] }),
  );
  expect(await send(fake, "DELETE /services/mqtt")).toEqual(ok({}));
});

test.each([
  ["protocol 5", { ...endpoint, protocol: "5" }],
  ["an extra key", { ...endpoint, websocket: true }],
  ["a port that is text", { ...endpoint, port: "1883" }],
  ["no host", { port: 1883 }],
])("refuses a service with %s", async (_, body) => {
  const fake = await start();
  expect((await send(fake, "POST /services/mqtt", { body: JSON.stringify(body) })).status).toBe(400);
  expect(fake.service).toBeNull();
});

test.each([
  [[], "GET /services/mqtt", 403, "No access to mqtt service!"],
  [["mqtt:want"], "DELETE /services/mqtt", 403, "No access to write mqtt service!"],
  [["mqtt:provide"], "GET /services/mysterious", 404, "Service does not exist"],
])("with the services %j answers %s by %i", async (services, request, status, message) => {
  expect(await send(await start({ services }), request)).toEqual(failed(status, message));
});

test("hands a discovery message to Core once, and again when it changes", async () => {
  const fake = await start();
  const announce = async (config: unknown) =>
    send(fake, "POST /discovery", { body: JSON.stringify({ service: "mqtt", config }) });
  const first = await announce(endpoint);
  expect(first).toEqual(ok({ uuid: expect.stringMatching(/^[0-9a-f]{32}$/) }));
  expect(await announce(endpoint)).toEqual(first);
  expect(fake.discovery).toMatchObject([{ pushes: 1 }]);
  expect(await announce({ ...endpoint, password: "q" })).toEqual(first);
  expect(fake.discovery).toMatchObject([{ pushes: 2, config: { password: "q" } }]);
});

test("refuses discovery of a service that the configuration does not list", async () => {
  const fake = await start({ discovery: [] });
  const body = JSON.stringify({ service: "mqtt", config: endpoint });
  expect((await send(fake, "POST /discovery", { body })).status).toBe(403);
  expect(fake.discovery).toEqual([]);
});

test.each([
  [{ options: { debug: true } }, 200],
  [{ options: null, boot: "auto" }, 200],
  [{}, 400],
  [{ nonsense: 1 }, 400],
])("answers POST /addons/self/options with %j by %i", async (body, status) => {
  expect((await send(await start(), "POST /addons/self/options", { body: JSON.stringify(body) })).status).toBe(status);
});

test("drops the connection that asks for a restart", async () => {
  await expect(send(await start(), "POST /addons/self/restart")).rejects.toThrow("fetch failed");
});

test("keeps from an app what needs hassio_api", async () => {
  expect(await send(await start(), "GET /supervisor/info")).toMatchObject({ status: 403, body: "403: Forbidden" });
});

test("accepts and never answers when silent", async () => {
  const fake = await start();
  fake.silent = true;
  const controller = new AbortController();
  const answer = fetch(`${fake.url}/info`, { signal: controller.signal });
  await expect.poll(() => fake.count("GET /info")).toBe(1);
  controller.abort();
  await expect(answer).rejects.toThrow("aborted");
});
