import { hostname } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { createRegistration, type RegistrationDelays } from "../../addon/registration.ts";
import { createSupervisor, type Supervisor } from "../../addon/supervisor.ts";
import { recordingLogger } from "../auth/context.ts";
import { startSupervisor, type SupervisorOptions } from "../helpers/supervisor.ts";

const users = { homeassistant: { password: "secret-of-core" }, addons: { password: "secret-of-apps" } };

const REGISTERED = "notice: Registered with Home Assistant as the MQTT service.";
const ANNOUNCED = "notice: Announced to Home Assistant's MQTT integration as a1b2c3d4-culex:1883.";
const WITHDREW = "notice: Withdrew the MQTT service from Home Assistant.";
const held = (slug: string): string =>
  `warning: The app ${slug} is registered as Home Assistant's MQTT service. ` +
  "Devices can connect here, but other apps will still use that one until it is stopped.";
const refused = (cause: string): string =>
  `warning: The Supervisor did not take the registration as Home Assistant's MQTT service (${cause}). ` +
  "Devices can connect, but Home Assistant and its apps do not learn of this broker yet. " +
  "It is tried again until it works; if this stays, restart the Supervisor.";

/** A registration with pauses of milliseconds, in front of a Supervisor stand-in. */
async function start(options: SupervisorOptions = {}, delays: Partial<RegistrationDelays> = {}) {
  const fake = await startSupervisor(options);
  onTestFinished(() => fake.stop());
  const supervisor = createSupervisor({ url: fake.url, token: fake.token });
  return { fake, supervisor, ...register(supervisor, delays) };
}

function register(supervisor: Supervisor, delays: Partial<RegistrationDelays> = {}) {
  const { log, entries } = recordingLogger();
  const registration = createRegistration({
    supervisor,
    users,
    port: 1883,
    log,
    delays: { retryMs: 2, maxRetryMs: 4, lookMs: 2, ...delays },
  });
  onTestFinished(() => registration.stop());
  const lines = (): string[] => entries.map(({ type, message }) => `${type}: ${message}`).toSorted();
  return { registration, entries, lines };
}

const endpoint = (username: string, password: string) => ({
  host: "a1b2c3d4-culex",
  port: 1883,
  ssl: false,
  protocol: "3.1.1",
  username,
  password,
});

/** Waits until the registration has looked again `times` times. */
async function looks(fake: { count(request: string): number }, times: number): Promise<void> {
  const before = fake.count("GET /services/mqtt");
  await expect.poll(() => fake.count("GET /services/mqtt"), { interval: 2 }).toBeGreaterThan(before + times);
}

test("gives apps one login and Home Assistant the other", async () => {
  const { fake, lines, registration } = await start();
  registration.start();
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED]);
  expect(fake.service).toEqual({ addon: fake.slug, data: endpoint("addons", "secret-of-apps") });
  expect(fake.discovery).toMatchObject([
    { service: "mqtt", config: endpoint("homeassistant", "secret-of-core"), pushes: 1 },
  ]);
});

test("does nothing before start, and starts once", async () => {
  const { fake, lines, registration } = await start({}, { lookMs: 60_000 });
  expect(fake.requests).toEqual([]);
  registration.start();
  registration.start();
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED]);
  expect(fake.count("GET /services/mqtt")).toBe(1);
});

test("registers once, however often it looks", async () => {
  const { fake, lines, registration } = await start();
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  await looks(fake, 3);
  expect(fake.count("POST /services/mqtt")).toBe(1);
  expect(fake.count("POST /discovery")).toBe(1);
  expect(fake.count("DELETE /services/mqtt")).toBe(0);
  expect(lines()).toHaveLength(2);
});

test("replaces what an earlier run of its own left behind", async () => {
  const { fake, lines, registration } = await start();
  fake.service = { addon: fake.slug, data: endpoint("addons", "old") };
  registration.start();
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED]);
  expect(fake.service).toEqual({ addon: fake.slug, data: endpoint("addons", "secret-of-apps") });
});

test("leaves the service to another app, names it once each time, and takes over when it is stopped", async () => {
  const { fake, lines, registration } = await start();
  const other = { addon: "core_mosquitto", data: { host: "core-mosquitto", port: 1883 } };
  fake.service = other;
  registration.start();
  await expect.poll(lines).toEqual([held("core_mosquitto")]);
  await looks(fake, 3);
  expect(fake.service).toBe(other);
  expect(fake.discovery).toEqual([]);
  expect(lines()).toHaveLength(1);
  fake.service = null;
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED, held("core_mosquitto")]);
  fake.service = other;
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED, held("core_mosquitto"), held("core_mosquitto")]);
});

test("notices that another app took the service, and does not take it back", async () => {
  const { fake, lines, registration } = await start();
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  const other = { addon: "core_mosquitto", data: {} };
  fake.service = other;
  await expect.poll(lines).toContain(held("core_mosquitto"));
  await registration.stop();
  expect(fake.service).toBe(other);
  expect(fake.count("DELETE /services/mqtt")).toBe(0);
});

test("names another holder anew", async () => {
  const { fake, lines, registration } = await start();
  fake.service = { addon: "core_mosquitto", data: {} };
  registration.start();
  await expect.poll(lines).toHaveLength(1);
  fake.service = { addon: "a0d7b954_emqx", data: {} };
  await expect.poll(lines).toEqual([held("a0d7b954_emqx"), held("core_mosquitto")]);
});

test("registers again when the service was deleted", async () => {
  const { fake, lines, registration } = await start();
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  fake.service = null;
  await expect.poll(() => fake.service).toEqual({ addon: fake.slug, data: endpoint("addons", "secret-of-apps") });
  expect(fake.count("POST /discovery")).toBe(1);
});

test("tries again until the Supervisor answers, and complains once", async () => {
  const { fake, lines, registration } = await start();
  fake.state = "setup";
  registration.start();
  await expect.poll(() => fake.count("GET /addons/self/info")).toBeGreaterThan(3);
  expect(lines()).toEqual([refused("supervisor: GET /addons/self/info: unexpected answer 400")]);
  fake.state = "running";
  await expect.poll(lines).toHaveLength(3);
  expect(fake.service).toMatchObject({ addon: fake.slug });
});

test("writes at debug that it cannot look, once each time, when it is registered", async () => {
  const { fake, lines, registration } = await start();
  const debug = expect.stringMatching(
    /^debug: Cannot look at the MQTT service: supervisor: GET \S+: unexpected answer 400\.$/,
  );
  registration.start();
  await expect.poll(lines).toEqual([ANNOUNCED, REGISTERED]);
  fake.state = "setup";
  await expect.poll(lines).toEqual([debug, ANNOUNCED, REGISTERED]);
  fake.state = "running";
  await looks(fake, 2);
  fake.state = "setup";
  await expect.poll(lines).toEqual([debug, debug, ANNOUNCED, REGISTERED]);
});

test("provides the service although discovery is refused, and does not provide it twice", async () => {
  const { fake, lines, registration } = await start({ discovery: [] });
  registration.start();
  await expect.poll(lines).toEqual([REGISTERED, refused("supervisor: POST /discovery: unexpected answer 403")]);
  await expect.poll(() => fake.count("POST /discovery")).toBeGreaterThan(2);
  expect(fake.count("POST /services/mqtt")).toBe(1);
});

test("finds out who was faster when the service is taken between look and registration", async () => {
  const { fake, supervisor } = await start();
  const { lines, registration } = register({
    ...supervisor,
    async mqttService(signal) {
      const found = await supervisor.mqttService(signal);
      fake.service ??= { addon: "core_mosquitto", data: {} };
      return found;
    },
  });
  registration.start();
  await expect
    .poll(lines)
    .toEqual([
      ANNOUNCED,
      refused("supervisor: POST /services/mqtt: unexpected answer 409 (service_already_provided_error)"),
      held("core_mosquitto"),
    ]);
  expect(fake.service).toMatchObject({ addon: "core_mosquitto" });
});

test("uses the machine's name when the Supervisor knows none", async () => {
  const { fake, supervisor } = await start();
  const { lines, registration } = register({
    ...supervisor,
    ownInfo: async (signal) => ({ ...(await supervisor.ownInfo(signal)), hostname: null }),
  });
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  expect(fake.service?.data).toMatchObject({ host: hostname() });
});

test("withdraws on stop, and only once", async () => {
  const { fake, lines, registration } = await start();
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  await Promise.all([registration.stop(), registration.stop()]);
  expect(fake.service).toBeNull();
  expect(fake.count("DELETE /services/mqtt")).toBe(1);
  expect(lines()).toEqual([ANNOUNCED, REGISTERED, WITHDREW]);
});

test("waits for a registration under way before it withdraws", async () => {
  const { fake, supervisor } = await start();
  const began = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const { registration } = register({
    ...supervisor,
    async provideMqtt(endpoint, signal) {
      began.resolve();
      await goOn.promise;
      await supervisor.provideMqtt(endpoint, signal);
    },
  });
  registration.start();
  await began.promise;
  const stopped = registration.stop();
  // a look of its own gives a stop that does not wait the time to finish
  await supervisor.mqttService(new AbortController().signal);
  goOn.resolve();
  await stopped;
  expect(fake.count("POST /services/mqtt")).toBe(1);
  expect(fake.service).toBeNull();
});

test("does not register any more when it is stopped while it cleans up", async () => {
  const { fake, supervisor } = await start();
  fake.service = { addon: fake.slug, data: {} };
  const cleaning = Promise.withResolvers<void>();
  const { registration } = register({
    ...supervisor,
    async withdrawMqtt(signal) {
      cleaning.resolve(registration.stop());
      await supervisor.withdrawMqtt(signal);
    },
  });
  registration.start();
  await cleaning.promise;
  expect(fake.count("POST /services/mqtt")).toBe(0);
  expect(fake.service).toBeNull();
});

test("does not start again once it was stopped", async () => {
  const { fake, registration } = await start();
  registration.start();
  await registration.stop();
  const seen = fake.requests.length;
  registration.start();
  await registration.stop();
  expect(fake.requests).toHaveLength(seen);
});

test("asks nobody when it is stopped without having started", async () => {
  const { fake, registration } = await start();
  await registration.stop();
  expect(fake.requests).toEqual([]);
});

test("stops in bounded time although the Supervisor is silent, and says what it left", async () => {
  const { fake, lines, registration } = await start({}, { lookMs: 60_000, stopMs: 30 });
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  fake.silent = true;
  await registration.stop();
  expect(lines()).toContain(
    "warning: The MQTT service could not be withdrawn from Home Assistant (supervisor: GET /services/mqtt: This operation was aborted). " +
      "Apps still find this broker as the MQTT service. Starting or removing it puts that right.",
  );
});

test("stops in bounded time while the Supervisor leaves a registration unanswered", async () => {
  const { fake, lines, registration } = await start({}, { stopMs: 30 });
  fake.silent = true;
  registration.start();
  await expect.poll(() => fake.count("GET /addons/self/info")).toBe(1);
  await registration.stop();
  expect(lines()).toEqual([]);
});

test("never writes a password to the log", async () => {
  const { entries, fake, lines, registration } = await start({ discovery: [] });
  registration.start();
  await expect.poll(lines).toHaveLength(2);
  fake.state = "setup";
  await registration.stop();
  expect(JSON.stringify(entries)).not.toContain("secret-of");
});
