import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { parseExposition, type Parsed } from "../monitor/metrics/parse-exposition.ts";

async function addressOf(running: Running): Promise<string> {
  return /http:\S+\/metrics/.exec(await running.line(/Metrics are at /))?.[0] ?? "";
}

async function statusOf(url: string, authorization?: string): Promise<number> {
  const answer = await fetch(url, authorization === undefined ? {} : { headers: { authorization } });
  await answer.text();
  return answer.status;
}

/** Waits until a page says what is wanted: one page serves for a second. */
async function waitFor(url: string, check: (page: Parsed) => void): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await fetch(url);
      expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      check(parseExposition(await answer.text()));
    },
    { timeout: 10_000, interval: 100 },
  );
}

test("what happened is in the figures, with the reason and without a name", async () => {
  const folder = tempFolder();
  save(join(folder, "users"), "plug:passwd\n");
  save(join(folder, "acl"), "user plug\ntopic readwrite home/#\n");
  const conf = `listener ${await freePort()} 127.0.0.1\npassword_file users\nacl_file acl\nmetrics ${await freePort()}\n`;
  save(join(folder, "mosquitto.conf"), conf);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const url = await addressOf(running);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const broker = `mqtt://127.0.0.1:${running.port("mqtt")}`;

  expect(await refusal(broker, { username: "plug", password: "wrong", clientId: "thief" })).not.toBe(0);
  const { client } = await connect(broker, { username: "plug", password: "passwd", clientId: "the-plug" });
  await client.subscribeAsync("home/#", { qos: 1 });
  await client.publishAsync("home/the-topic", "1234567", { qos: 1, retain: true });
  await client.publishAsync("garden/x", "x", { qos: 1 });
  await waitFor(url, ({ samples }) => {
    expect(Object.fromEntries(samples)).toMatchObject({
      culex_clients_connected: 1,
      culex_connections_total: 2,
      'culex_messages_received_total{qos="1"}': 2,
      'culex_messages_sent_total{qos="1"}': 1,
      culex_sent_payload_bytes_total: 7,
      'culex_connections_refused_total{reason="wrong_password"}': 1,
      'culex_actions_denied_total{action="publish"}': 1,
      'culex_logins_total{source="password-file",answer="yes"}': 1,
      'culex_logins_total{source="password-file",answer="no"}': 1,
    });
    expect(samples.get("culex_process_resident_memory_bytes")).toBeGreaterThan(20e6);
    expect(samples.get('culex_process_cpu_seconds_total{mode="user"}')).toBeGreaterThan(0);
    expect(samples.get("culex_event_loop_active_seconds_total")).toBeGreaterThan(0);
  });
  const input = await (await fetch(url)).text();
  expect(input).not.toMatch(/plug|thief|the-topic|home/);
  expect(await statusOf(url.replace("/metrics", "/"))).toBe(404);
  await running.stop();
});

test("a token is asked for from the moment it is set, and cannot be guessed", async () => {
  const folders = layOut();
  const write = (metrics: object): void => save(join(folders.data, "options.json"), JSON.stringify({ metrics }));
  write({ active: true });
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,,,,,,0" });
  const url = await addressOf(running);
  expect(await statusOf(url)).toBe(200);

  write({ active: true, token: "s3cret" });
  await vi.waitFor(async () => expect(await statusOf(url)).toBe(401), { timeout: 10_000, interval: 50 });
  expect(await statusOf(url, "Bearer s3cret")).toBe(200);
  expect(await statusOf(url, "Basic czNjcmV0")).toBe(401);
  for (let guess = 0; guess < 10; guess++) expect(await statusOf(url, `Bearer s3cre${guess}`)).toBe(401);
  expect(await statusOf(url, "Bearer s3cret")).toBe(429);
  expect(running.lines.join("\n")).not.toContain("s3cre");

  write({ active: false, token: "s3cret" });
  await vi.waitFor(async () => expect(await statusOf(url).catch(() => 0)).toBe(0), { timeout: 10_000, interval: 50 });
  await running.stop();
});

test("a port that is taken leaves the rest as it is, with a word", async () => {
  const folder = tempFolder();
  const port = await freePort();
  save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\nmetrics ${port}\n`);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(
    new RegExp(
      `mosquitto.conf line 3: the page of metrics has no port: port ${port} is in use by another program. There are no metrics; the rest works. Choose another port or address.`,
    ),
  );
  await running.line(/ ready: /);
  await running.stop();
});
