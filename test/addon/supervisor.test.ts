import { createServer, type RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createSupervisor, type MqttEndpoint, type Supervisor } from "../../addon/supervisor.ts";
import { BackendError } from "../../src/core/errors.ts";
import { startSupervisor, type FakeSupervisor, type SupervisorOptions } from "../helpers/supervisor.ts";

const signal = new AbortController().signal;

const endpoint: MqttEndpoint = {
  host: "a1b2c3d4-culex",
  port: 1883,
  ssl: false,
  protocol: "3.1.1",
  username: "addons",
  password: "secret-of-the-apps",
};

async function start(options: SupervisorOptions = {}): Promise<{ fake: FakeSupervisor; supervisor: Supervisor }> {
  const fake = await startSupervisor({ users: { klaus: "garten" }, ...options });
  onTestFinished(() => fake.stop());
  return { fake, supervisor: createSupervisor({ url: fake.url, token: fake.token }) };
}

/** A server that answers everything in one way, for answers that the stand-in never gives. */
async function answering(listener: RequestListener, timeoutMs?: number): Promise<Supervisor> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return createSupervisor({ url, token: "the-token", ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

/** The error of a call that must fail, with everything it would print. */
async function failure(call: Promise<unknown>): Promise<{ message: string; error: unknown; printed: string }> {
  try {
    await call;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
    const printed = `${String(error)} ${String(cause)} ${String(cause?.cause)}`;
    return { message: error instanceof Error ? error.message : "", error, printed };
  }
  throw new Error("the call did not fail");
}

test.each([
  ["the right password", "klaus", "garten", "yes"],
  ["a wrong password", "klaus", "gartem", "no"],
  ["an unknown user", "nobody", "garten", "no"],
] as const)("checks a login with %s", async (_, username, password, answer) => {
  const { supervisor } = await start();
  expect(await supervisor.checkLogin(username, password, signal)).toBe(answer);
});

test.each([": # $ \" \\ ' space", "grüße 🦟", "\u0000\u001f\u2028", "{}"])(
  "carries the login %j unchanged",
  async (text) => {
    const { supervisor } = await start({ users: { [`${text}x`.toLowerCase()]: text } });
    expect(await supervisor.checkLogin(`${text}x`, text, signal)).toBe("yes");
  },
);

test("sends token and content type in the one form that the Supervisor takes", async () => {
  const { fake, supervisor } = await start();
  await supervisor.checkLogin("klaus", "garten", signal);
  expect(fake.requests[0]).toMatchObject({
    request: "POST /auth",
    headers: { "x-supervisor-token": fake.token, "content-type": "application/json" },
  });
  expect(fake.requests[0]?.headers).not.toHaveProperty("authorization");
});

test.each<[string, (fake: FakeSupervisor) => void, SupervisorOptions, string]>([
  [
    "Core fails",
    (fake) => Object.assign(fake, { core: "hanging", hangMs: 0 }),
    {},
    "unexpected answer 500 (auth_home_assistant_api_validation_error)",
  ],
  ["the Supervisor is starting", (fake) => Object.assign(fake, { state: "setup" }), {}, "unexpected answer 400"],
  ["the app may not ask", () => {}, { authApi: false }, "unexpected answer 403"],
])("is undecided about a login when %s", async (_, change, options, text) => {
  const { fake, supervisor } = await start(options);
  change(fake);
  const { error, message } = await failure(supervisor.checkLogin("klaus", "garten", signal));
  expect(error).toBeInstanceOf(BackendError);
  expect(message).toBe(`supervisor: POST /auth: ${text}`);
});

test.each<[string, number, string]>([
  ["a page of some other server", 200, "<html>"],
  ["an error with status 200", 200, '{"result":"error"}'],
  ["nothing", 204, ""],
  ["an array", 200, "[]"],
])("is undecided when the answer is %s", async (_, status, body) => {
  const supervisor = await answering((_request, response) => response.writeHead(status).end(body));
  const { error, message } = await failure(supervisor.checkLogin("klaus", "garten", signal));
  expect(error).toBeInstanceOf(BackendError);
  expect(message).toBe(`supervisor: POST /auth: unexpected answer ${status}`);
});

test("does not follow a redirect with token and password", async () => {
  const paths: string[] = [];
  const supervisor = await answering((request, response) => {
    paths.push(request.url ?? "");
    response.writeHead(307, { Location: "/elsewhere" }).end();
  });
  const { message } = await failure(supervisor.checkLogin("klaus", "garten", signal));
  expect(message).toBe("supervisor: POST /auth: unexpected answer 307");
  expect(paths).toEqual(["/auth"]);
});

test("gives up a reply that does not end", async () => {
  const supervisor = await answering((_request, response) => {
    const more = (): void => void response.write("x".repeat(65_536), () => response.destroyed || more());
    more();
  });
  const { error, message } = await failure(supervisor.ownInfo(signal));
  expect(error).toBeInstanceOf(BackendError);
  expect(message).toBe("supervisor: GET /addons/self/info: reply of more than 1048576 bytes");
});

test("gives up a Supervisor that does not answer in time", async () => {
  const supervisor = await answering(() => {}, 20);
  const { error, message } = await failure(supervisor.checkLogin("klaus", "garten", signal));
  expect(error).toBeInstanceOf(BackendError);
  expect(message).toBe("supervisor: POST /auth: no answer within 20 ms");
});

test("gives up at once when the caller does", async () => {
  const { fake, supervisor } = await start();
  fake.silent = true;
  const caller = new AbortController();
  const call = failure(supervisor.checkLogin("klaus", "garten", caller.signal));
  await expect.poll(() => fake.count("POST /auth")).toBe(1);
  caller.abort();
  const { error, message } = await call;
  expect(error).toBeInstanceOf(BackendError);
  expect(message).toBe("supervisor: POST /auth: This operation was aborted");
});

test("names the system's error when nobody listens", async () => {
  const { fake, supervisor } = await start();
  await fake.stop();
  expect((await failure(supervisor.ownInfo(signal))).message).toBe("supervisor: GET /addons/self/info: ECONNREFUSED");
});

test("reads its own slug and host name", async () => {
  const { supervisor } = await start({ slug: "local_culex" });
  expect(await supervisor.ownInfo(signal)).toEqual({ slug: "local_culex", hostname: "local-culex" });
});

test("says that no host name is known", async () => {
  const supervisor = await answering((_request, response) =>
    response.end('{"result":"ok","data":{"slug":"local_culex"}}'),
  );
  expect(await supervisor.ownInfo(signal)).toEqual({ slug: "local_culex", hostname: null });
});

test("provides, shows and withdraws the mqtt service", async () => {
  const { fake, supervisor } = await start();
  expect(await supervisor.mqttService(signal)).toBeNull();
  await supervisor.provideMqtt(endpoint, signal);
  expect(fake.service).toEqual({ addon: fake.slug, data: endpoint });
  expect(await supervisor.mqttService(signal)).toEqual({ holder: fake.slug });
  await supervisor.withdrawMqtt(signal);
  expect(fake.service).toBeNull();
});

test("is content when the service to withdraw is gone", async () => {
  const { supervisor } = await start();
  await expect(supervisor.withdrawMqtt(signal)).resolves.toBeUndefined();
});

test("does not take another 400 for a free service", async () => {
  const { fake, supervisor } = await start();
  fake.state = "setup";
  expect((await failure(supervisor.mqttService(signal))).message).toBe(
    "supervisor: GET /services/mqtt: unexpected answer 400",
  );
});

test("fails when the service is provided already", async () => {
  const { supervisor } = await start();
  await supervisor.provideMqtt(endpoint, signal);
  expect((await failure(supervisor.provideMqtt(endpoint, signal))).message).toBe(
    "supervisor: POST /services/mqtt: unexpected answer 409 (service_already_provided_error)",
  );
});

test.each([
  ["provide", (supervisor: Supervisor) => supervisor.provideMqtt(endpoint, signal), "POST /services/mqtt"],
  ["withdraw", (supervisor: Supervisor) => supervisor.withdrawMqtt(signal), "DELETE /services/mqtt"],
  ["announce", (supervisor: Supervisor) => supervisor.announce("mqtt", endpoint, signal), "POST /discovery"],
] as const)("fails to %s when the configuration does not allow it", async (_, call, request) => {
  const { supervisor } = await start({ services: [], discovery: [] });
  expect((await failure(call(supervisor))).message).toBe(`supervisor: ${request}: unexpected answer 403`);
});

test("announces a service", async () => {
  const { fake, supervisor } = await start();
  await supervisor.announce("mqtt", endpoint, signal);
  expect(fake.discovery).toEqual([{ uuid: expect.any(String), service: "mqtt", config: endpoint, pushes: 1 }]);
});

test("never prints token or password, even when the Supervisor quotes them", async () => {
  const supervisor = await answering((request, response) => {
    const token = String(request.headers["x-supervisor-token"]);
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const message = `got ${token} and ${body}`;
      response.writeHead(400).end(JSON.stringify({ result: "error", message, error_key: message }));
    });
  });
  for (const call of [
    supervisor.provideMqtt(endpoint, signal),
    supervisor.checkLogin("klaus", "secret-of-the-apps", signal),
    supervisor.announce("mqtt", endpoint, signal),
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    const { printed } = await failure(call);
    expect(printed).toContain("unexpected answer 400");
    expect(printed).not.toContain("the-token");
    expect(printed).not.toContain("secret-of-the-apps");
  }
});

test.each([
  ["", "http://supervisor", "supervisor token is empty or no header value"],
  ["with\nline", "http://supervisor", "supervisor token is empty or no header value"],
  ["token", "supervisor", "supervisor url is no http url"],
  ["token", "file:///etc/passwd", "supervisor url is no http url"],
  ["token", "http://u:p@supervisor", "supervisor url carries a login"],
])("refuses the token %j with the url %j", (token, url, message) => {
  expect(() => createSupervisor({ url, token })).toThrow(new Error(message));
});
