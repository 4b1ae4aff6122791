import { expect, onTestFinished, test } from "vitest";
import { createHomeAssistantBackend } from "../../addon/login.ts";
import { createSupervisor } from "../../addon/supervisor.ts";
import type { GuardLimits } from "../../src/auth/guard.ts";
import { BackendError } from "../../src/core/errors.ts";
import type { Decision, Identity } from "../../src/core/types.ts";
import { backendContext, client, recordingLogger } from "../auth/context.ts";
import { startSupervisor } from "../helpers/supervisor.ts";

/** The backend in front of a Supervisor stand-in, with a clock of its own and a log to read. */
async function start(limits: Partial<GuardLimits> = {}) {
  const fake = await startSupervisor({ users: { klaus: "garten", eva: "meer" } });
  onTestFinished(() => fake.stop());
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const { log, entries } = recordingLogger();
  const clock = { s: 1000 };
  const backend = createHomeAssistantBackend({
    supervisor: createSupervisor({ url: fake.url, token: fake.token }),
    log,
    signal: stopping.signal,
    now: () => clock.s * 1000,
    random: () => 0.5,
    limits: { retryMs: 1, ...limits },
  });
  const authenticator = backend.create(null, backendContext());
  const login = async (username: string | null, password: string | null, signal = patient): Promise<Answer> => {
    return authenticator.authenticate(client(username, password), signal);
  };
  const lines = (): string[] => entries.map(({ type, message }) => `${type}: ${message}`);
  return { fake, backend, authenticator, clock, stopping, login, lines };
}

type Answer = Decision<Identity>;

const patient = new AbortController().signal;

const yes = (username: string): Answer => ({
  verdict: "allow",
  by: "home-assistant",
  reason: { kind: "ok", sentence: "allowed" },
  value: { clientId: "plug-1", username, superuser: false, source: "home-assistant", proof: null },
});

const no = (username: string): Answer => ({
  verdict: "deny",
  by: "home-assistant",
  reason: { kind: "wrong_password", sentence: `Home Assistant did not accept the login of ${username}` },
});

const SILENT = (cause: string): string =>
  `warning: Home Assistant does not answer logins (${cause}). Logins it accepted in the last 10 minutes still work; ` +
  "others are told to try again (server unavailable). This ends by itself when it answers; if it does not, restart Home Assistant.";
const CORE_FAILS = "supervisor: POST /auth: unexpected answer 500 (auth_home_assistant_api_validation_error)";

test("accepts a login that Home Assistant accepts, under the name the client sent", async () => {
  const { login } = await start();
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(await login("Klaus", "garten")).toEqual(yes("Klaus"));
});

test.each([
  ["klaus", "gartem"],
  ["nobody", "garten"],
])("refuses the login of %s with %s", async (username, password) => {
  const { login } = await start();
  expect(await login(username, password)).toEqual(no(username));
});

test.each<[string, string | null, Uint8Array | null, Answer["verdict"], Answer["reason"]]>([
  ["no user name", null, null, "ignore", { kind: "no_credentials", sentence: "sent no user name" }],
  [
    "an empty user name",
    "",
    Buffer.from("x"),
    "ignore",
    { kind: "no_credentials", sentence: "sent an empty user name" },
  ],
  ["no password", "klaus", null, "deny", { kind: "wrong_password", sentence: "sent no password for user klaus" }],
  [
    "a password that is not text",
    "klaus",
    Uint8Array.of(0xff),
    "deny",
    { kind: "wrong_password", sentence: "sent a password for user klaus that is no UTF-8 text" },
  ],
])("asks nobody about a client with %s", async (_, username, password, verdict, reason) => {
  const { authenticator, fake } = await start();
  const answer = await authenticator.authenticate(client(username, password), patient);
  expect(answer).toEqual({ verdict, by: "home-assistant", reason });
  expect(fake.requests).toEqual([]);
});

test.each([
  "homeassistant",
  "addons",
  "Addons",
  " homeassistant ",
  "ADDONS\t",
  "homeaſſistant",
  "homeaßistant",
  "ａｄｄｏｎｓ",
])("asks nobody about the reserved name %j, even if Home Assistant had such a user", async (username) => {
  const { fake, login } = await start();
  fake.users.set("addons", "x").set("homeassistant", "x");
  expect(await login(username, "x")).toEqual({
    verdict: "deny",
    by: "home-assistant",
    reason: { kind: "not_allowed", sentence: `the user name ${username} is reserved` },
  });
  expect(fake.requests).toEqual([]);
});

test("passes on a byte order mark in a password", async () => {
  const { fake, login } = await start();
  fake.users.set("klaus", "\ufeffgarten");
  expect(await login("klaus", "garten")).toEqual(no("klaus"));
  expect(await login("klaus", "\ufeffgarten")).toEqual(yes("klaus"));
});

test("asks about an accepted login again after five minutes, and answers from memory until then", async () => {
  const { authenticator, clock, fake, login } = await start();
  await login("klaus", "garten");
  clock.s += 299;
  // an answer from memory needs no promise
  expect(authenticator.authenticate(client("klaus", "garten"), patient)).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(1);
  clock.s += 1;
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(2);
});

test("asks about a refused login again after five seconds", async () => {
  const { clock, fake, login } = await start();
  await login("klaus", "gartem");
  clock.s += 4;
  expect(await login("klaus", "gartem")).toEqual(no("klaus"));
  expect(fake.count("POST /auth")).toBe(1);
  clock.s += 1;
  await login("klaus", "gartem");
  expect(fake.count("POST /auth")).toBe(2);
});

test("does not hold a refusal that Home Assistant gave because it was down", async () => {
  const { clock, fake, login } = await start();
  fake.core = "down";
  expect(await login("klaus", "garten")).toEqual(no("klaus"));
  fake.core = "running";
  clock.s += 5;
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
});

test("remembers through a reload", async () => {
  const { backend, fake, login } = await start();
  await login("klaus", "garten");
  const reloaded = backend.create(null, backendContext());
  expect(reloaded.authenticate(client("klaus", "garten"), patient)).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(1);
});

test("asks once for everybody who sends the same login at the same time", async () => {
  const { fake, login } = await start();
  const answers = await Promise.all(Array.from({ length: 50 }, () => login("klaus", "garten")));
  expect(new Set(answers.map(({ verdict }) => verdict))).toEqual(new Set(["allow"]));
  expect(fake.count("POST /auth")).toBe(1);
});

test("asks four questions at a time, and none for clients that left before it was theirs", async () => {
  const { fake, login } = await start();
  fake.core = "hanging";
  fake.hangMs = 50;
  const leaving = new AbortController();
  const logins = Array.from({ length: 10 }, (_, i) => login(`user-${i}`, "x", leaving.signal));
  await expect.poll(() => fake.count("POST /auth"), { interval: 2 }).toBe(4);
  leaving.abort();
  const settled = await Promise.allSettled(logins);
  expect(settled.map(({ status }) => status)).toEqual(Array(10).fill("rejected"));
  fake.core = "running";
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(5);
});

test("is undecided when too many logins wait", async () => {
  const { fake, login } = await start({ slots: 1, places: 1 });
  fake.silent = true;
  const leaving = new AbortController();
  const waiting = Promise.allSettled([login("a", "x", leaving.signal), login("b", "x", leaving.signal)]);
  await expect(login("c", "x")).rejects.toThrow(new BackendError("too many logins are waiting for an answer"));
  leaving.abort();
  await waiting;
});

test("asks a second time when a known user has a new password", async () => {
  const { fake, login } = await start();
  await login("klaus", "garten");
  fake.users.set("klaus", "teich");
  expect(await login("klaus", "teich")).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(3);
});

test("asks once only about a user it has never accepted, and about a password that was good before", async () => {
  const { clock, fake, login } = await start();
  await login("eva", "guess");
  expect(fake.count("POST /auth")).toBe(1);
  await login("klaus", "garten");
  fake.users.delete("klaus");
  fake.forgetLogins();
  clock.s += 300;
  expect(await login("klaus", "garten")).toEqual(no("klaus"));
  expect(fake.count("POST /auth")).toBe(3);
});

test("is undecided, not wrong, when Home Assistant fails, and remembers nothing of it", async () => {
  const { fake, lines, login } = await start();
  fake.core = "hanging";
  fake.hangMs = 0;
  await expect(login("klaus", "garten")).rejects.toThrow(new BackendError(CORE_FAILS));
  fake.core = "running";
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(lines()).toEqual([SILENT(CORE_FAILS), "notice: Home Assistant answers logins again."]);
});

test("lets the last good answer serve for ten minutes while Home Assistant fails, and says so once", async () => {
  const { clock, fake, lines, login } = await start();
  await login("klaus", "garten");
  await login("eva", "meer");
  fake.state = "shutdown";
  clock.s += 599;
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(await login("eva", "meer")).toEqual(yes("eva"));
  await expect(login("klaus", "gartem")).rejects.toThrow(BackendError);
  await expect(login("nobody", "garten")).rejects.toThrow(BackendError);
  clock.s += 1;
  await expect(login("klaus", "garten")).rejects.toThrow(BackendError);
  expect(lines()).toEqual([SILENT("supervisor: POST /auth: unexpected answer 400")]);
});

test("does not let a good answer serve after Home Assistant refused that password", async () => {
  const { clock, fake, login } = await start();
  await login("klaus", "garten");
  fake.users.delete("klaus");
  fake.forgetLogins();
  clock.s += 301;
  expect(await login("klaus", "garten")).toEqual(no("klaus"));
  clock.s += 6;
  fake.state = "shutdown";
  await expect(login("klaus", "garten")).rejects.toThrow(BackendError);
});

test("does not wait for a silent Supervisor when a good answer can serve", async () => {
  const { clock, fake, lines, login } = await start({ patienceMs: 10 });
  await login("klaus", "garten");
  fake.silent = true;
  clock.s += 301;
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(lines()).toEqual([SILENT("home assistant did not answer in time")]);
});

test("gives up with the client, and keeps the answer that comes later", async () => {
  const { fake, login } = await start();
  fake.core = "hanging";
  fake.hangMs = 50;
  const leaving = new AbortController();
  const early = login("klaus", "garten", leaving.signal);
  await expect.poll(() => fake.count("POST /auth"), { interval: 2 }).toBe(1);
  leaving.abort();
  await expect(early).rejects.toThrow(new BackendError("home assistant did not answer in time"));
  fake.core = "running";
  // who comes now joins the question that is still under way
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(1);
});

test("stops asking after five failures, and tries again after a while", async () => {
  const { clock, fake, lines, login } = await start();
  await login("eva", "meer");
  fake.state = "shutdown";
  for (let i = 0; i < 5; i++) {
    // oxlint-disable-next-line no-await-in-loop -- failures in a row
    await expect(login(`user-${i}`, "x")).rejects.toThrow("unexpected answer 400");
  }
  await expect(login("klaus", "garten")).rejects.toThrow(
    new BackendError("home assistant did not answer the last logins"),
  );
  expect(fake.count("POST /auth")).toBe(6);
  clock.s += 301;
  fake.state = "running";
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(lines()).toHaveLength(2);
});

test("lets good answers serve while it does not ask", async () => {
  const { clock, fake, login } = await start({ breaker: { failures: 1, openMs: 5000, maxOpenMs: 60_000 } });
  await login("klaus", "garten");
  fake.state = "shutdown";
  clock.s += 301;
  await expect(login("eva", "meer")).rejects.toThrow(BackendError);
  expect(await login("klaus", "garten")).toEqual(yes("klaus"));
  expect(fake.count("POST /auth")).toBe(2);
});

test("ends every question when the broker stops", async () => {
  const { fake, lines, login, stopping } = await start();
  fake.silent = true;
  const answer = login("klaus", "garten");
  await expect.poll(() => fake.count("POST /auth")).toBe(1);
  stopping.abort();
  await expect(answer).rejects.toThrow(new BackendError("stopped before home assistant answered"));
  expect(lines()).toEqual([]);
});

test("never writes a password to the log", async () => {
  const { fake, lines, login } = await start();
  await login("klaus", "garten");
  fake.state = "shutdown";
  await expect(login("eva", "meer")).rejects.toThrow(BackendError);
  await fake.stop();
  await expect(login("eva", "meer")).rejects.toThrow(BackendError);
  expect(lines().join()).not.toMatch(/garten|meer/);
});
