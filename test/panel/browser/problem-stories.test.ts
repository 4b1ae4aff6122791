import { createConnection } from "node:net";
import { connect as connectTls } from "node:tls";
import { MqttClient } from "mqtt";
import { expect, it, onTestFinished, vi } from "vitest";
import { visible } from "../../../src/panel/components/text.tsx";
import { makePair } from "../../helpers/certificates.ts";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { type App, startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { type House, startHouse } from "../stage/house.ts";
import { CALM, problemWith } from "../stage/samples.ts";

const LOGIN = { username: "meter", password: "a good password" };
const OPTIONS = JSON.stringify({ logins: [LOGIN] });

describeWith(["chromium"], "somebody whose device cannot log in", () => {
  const look = useBrowser();

  it("finds one card that says who, why, how often and what to do", async () => {
    const { house, mqtt, running } = await startApp({ "data/options.json": OPTIONS });
    for (let attempt = 0; attempt < 30; attempt++)
      expect(await refusal(mqtt, { ...LOGIN, password: "a wrong one", clientId: "kitchen-plug" })).toBe(5);
    const { panel } = await look(house, { path: "/problems" });
    const card = panel.getByRole("article", { name: /^kitchen-plug/ });
    await card
      .filter({ hasText: /wrong password/i })
      .filter({ hasText: "30 times since" })
      .waitFor({ timeout: 3000 });
    expect(await panel.getByRole("article").count()).toBe(1);
    for (const text of [LOGIN.username, "127.0.0.1"]) await card.getByText(text).first().waitFor();
    expect(await card.getByRole("link", { name: "Set a new password" }).getAttribute("href")).toContain(LOGIN.username);
    expect(running.lines.filter((line) => line.includes("kitchen-plug")).length).toBeLessThanOrEqual(3);

    await card.getByRole("link", { name: "Show the device" }).click();
    await panel.getByRole("link", { name: "History" }).click();
    await panel
      .getByRole("row", { name: /refused.*password/i })
      .first()
      .waitFor();
  });

  it.each<[string, (app: App) => Promise<unknown>, string, RegExp]>([
    [
      "a login that Home Assistant does not know",
      ({ mqtt }) => refusal(mqtt, { username: "nobody", password: "x", clientId: "plug" }),
      "plug",
      /Home Assistant did not accept the login of nobody/,
    ],
    [
      "no user name",
      ({ mqtt }) => refusal(mqtt, { clientId: "plug" }),
      "plug",
      /Refused: no user name.*Sent no user name\./,
    ],
    [
      "Home Assistant does not answer",
      async ({ mqtt, supervisor }) => {
        supervisor.core = "hanging";
        supervisor.hangMs = 100;
        const klaus = { username: "klaus", password: "x", clientId: "plug" };
        expect(await refusal(mqtt, klaus)).toBe(3);
        expect(await refusal(mqtt, { ...klaus, protocolVersion: 5 })).toBe(0x88);
      },
      "plug",
      /Refused: login could not be checked.*Home Assistant is not answering yet.*klaus.*told to try again \(server unavailable\)/,
    ],
    [
      "TLS on a plain port",
      async ({ mqtt }) => speakTls(Number(new URL(mqtt).port)),
      "127.0.0.1",
      /TLS on a plain port.*Speaks TLS on port \d+\./,
    ],
    [
      "a block",
      async ({ mqtt, house }) => {
        const blocked = await write(house, "PUT", "blocks/client/plug", { reason: "floods" });
        expect(blocked.status).toBe(204);
        await vi.waitFor(async () => expect(await refusal(mqtt, { ...LOGIN, clientId: "plug" })).toBe(5));
      },
      "plug",
      /Refused: blocked.*The client id plug is banned \(floods\)\./,
    ],
  ])("reads another reason for each cause: %s", async (_, cause, subject, reason) => {
    const app = await startApp({ "data/options.json": OPTIONS });
    const { panel } = await look(app.house, { path: "/problems" });
    await panel.getByText("Nothing is wrong.").waitFor();
    await cause(app);
    await panel.getByRole("article", { name: subject }).filter({ hasText: reason }).waitFor();
    expect(await panel.getByRole("article").count()).toBe(1);
  });

  it("reads that nobody has this name, and is led to the form that makes the user", async () => {
    // where Home Assistant is not asked, the broker knows all that there are
    const app = await startApp({
      "data/options.json": JSON.stringify({ logins: [LOGIN], customize: { active: true, folder: "culex" } }),
      "share/culex/auth.yaml": "stages:\n  - type: logins\n",
    });
    const { panel } = await look(app.house, { path: "/problems" });
    expect(await refusal(app.mqtt, { username: "mater", password: "x", clientId: "plug" })).toBe(5);
    const card = panel
      .getByRole("article", { name: "plug: Refused: unknown user" })
      .filter({ hasText: "Nobody is called mater here." })
      .filter({ hasText: 'Did you mean "meter"?' });
    await card.getByRole("link", { name: "Create this user" }).click();
    expect(await panel.getByRole("dialog", { name: "New user" }).getByLabel("Name").inputValue()).toBe("mater");
  });

  it.each<[string, (port: number) => Promise<unknown>, RegExp]>([
    [
      "plain MQTT on a TLS port",
      speakPlain,
      /Plain MQTT on a TLS port.*Speaks plain MQTT on port \d+, which takes TLS only\./,
    ],
    ["no certificate where one is asked for", speakTls, /Refused: no certificate.*[Ss]ent no certificate/],
  ])("reads another reason for each cause: %s", async (_, cause, reason) => {
    const { house, running } = await startApp(
      {
        "data/options.json": JSON.stringify({ logins: [LOGIN], require_certificate: true, cafile: "ca.pem" }),
        ...certificates(),
      },
      { hasTls: true },
    );
    const { panel } = await look(house, { path: "/problems" });
    await panel.getByText("Nothing is wrong.").waitFor();
    await cause(running.port("mqtts"));
    await panel.getByRole("article", { name: "127.0.0.1" }).filter({ hasText: reason }).waitFor();
    expect(await panel.getByRole("article").count()).toBe(1);
  });
});

describeWith(["chromium"], "somebody with two devices of one name", () => {
  const look = useBrowser();

  it("finds one card with both addresses, and one row with a badge", async () => {
    const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
    const fight = { ...LOGIN, clientId: "esp-1", reconnectPeriod: 200 };
    const port = Number(new URL(mqtt).port);
    const from = (localAddress: string): MqttClient =>
      new MqttClient(() => createConnection({ host: "127.0.0.1", port, localAddress }), fight);
    const [here, there] = [from("127.0.0.1"), from("127.0.0.2")];
    onTestFinished(async () => {
      await Promise.all([here.endAsync(true), there.endAsync(true)]);
    });
    const { panel } = await look(house, { path: "/problems" });
    const card = panel.getByRole("article", { name: /^esp-1/ });
    await card
      .filter({ hasText: /two devices use client id esp-1/i })
      .filter({ hasText: "127.0.0.1, 127.0.0.2" })
      .waitFor({ timeout: 20_000 });
    expect(await panel.getByRole("article").count()).toBe(1);
    await panel.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Devices" }).click();
    const row = panel.getByRole("row", { name: /esp-1/ });
    await row.getByRole("link", { name: "1", exact: true }).waitFor();
    expect(await row.count()).toBe(1);
  });
});

describeWith(["chromium"], "somebody whose two devices have names of their own again", () => {
  const look = useBrowser();

  // That the broker closes it within two minutes is tested with a clock of its own, in test/monitor/problems.
  it("sees the card go by itself", async () => {
    const loop = problemWith({
      id: "loop",
      kind: "loop",
      subject: "esp-1",
      ips: ["192.0.2.5", "192.0.2.9"],
      reason: { kind: "taken_over", sentence: "two devices use client id esp-1: 192.0.2.5 and 192.0.2.9" },
      action: { label: "show_device", route: "#/devices/esp-1" },
    });
    const api = await startFakeApi({ ...CALM, problems: [loop] });
    const { panel } = await look(await startHouse(api), { path: "/problems" });
    await panel.getByRole("article", { name: "esp-1: Two devices, one client id" }).waitFor();
    api.tell(CALM);
    await panel.getByText("Nothing is wrong.").waitFor();
    expect(await panel.getByRole("article").count()).toBe(0);
  });
});

describeWith(["chromium"], "somebody whose stranger tries hostile names", () => {
  const look = useBrowser();

  it.each(['"><img src=x onerror=alert(1)>', "<script>alert(1)</script>/../\u202egnp"])(
    "sees %j as text on a card, and mutes it",
    async (name) => {
      const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
      await refusal(mqtt, { username: name, password: "x", clientId: name });
      const { panel, frame, violations } = await look(house, { path: "/problems" });
      const card = panel.getByRole("article").filter({ hasText: visible(name) });
      await card.waitFor();
      expect(await frame().locator("img, main script").count()).toBe(0);
      expect(await violations()).toEqual([]);
      await card.getByRole("button", { name: "Mute 7 days" }).click();
      await panel.getByText("Muted (1)").waitFor();
    },
  );
});

describeWith(["chromium"], "somebody whose rules deny something", () => {
  const look = useBrowser();

  it("is told what, and led to the explanation", async () => {
    const { house, mqtt } = await startApp({
      "data/options.json": JSON.stringify({ logins: [LOGIN], customize: { active: true, folder: "culex" } }),
      "share/culex/acl.conf": "acl_file /share/culex/acl",
      "share/culex/acl": "user meter\ntopic write meters/#\n",
    });
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "meter-1" });
    await client.publishAsync("lights/x", "on", { qos: 1 });
    const { panel } = await look(house, { path: "/problems" });
    const card = panel.getByRole("article", { name: "meter-1: Denied: publish" });
    await card.getByText("lights/x").first().waitFor();
    expect(await card.getByRole("link", { name: "Explain" }).getAttribute("href")).toBe(
      "#/access/test?user=meter&client=meter-1&action=publish&topic=lights%2Fx",
    );
    expect(client.connected).toBe(true);
  });
});

/** Those of a broker that asks devices for theirs. */
function certificates(): Readonly<Record<string, string>> {
  const folder = tempFolder();
  const ca = makePair(folder, { name: "ca", commonName: "Test CA" });
  const { cert, key } = makePair(folder, { name: "server", commonName: "127.0.0.1", issuer: ca });
  return { "ssl/fullchain.pem": cert, "ssl/privkey.pem": key, "ssl/ca.pem": ca.cert };
}

/** Writes through the API, as the page does. */
function write({ url, token }: House, method: string, path: string, body: object): Promise<Response> {
  return fetch(new URL(`/api/hassio_ingress/${token}/api/v1/${path}`, url), {
    method,
    headers: { "content-type": "application/json", "x-requested-with": "panel" },
    body: JSON.stringify(body),
  });
}

async function speakPlain(port: number): Promise<void> {
  await refusal(`mqtt://127.0.0.1:${port}`, { ...LOGIN, clientId: "plain" }).catch(() => undefined);
}

/** Begins a TLS handshake, and waits for its end. */
function speakTls(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
