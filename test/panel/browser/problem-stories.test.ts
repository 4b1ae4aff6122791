import { createConnection } from "node:net";
import { connect as connectTls } from "node:tls";
import { MqttClient } from "mqtt";
import { expect, it, onTestFinished } from "vitest";
import { visible } from "../../../src/panel/components/text.tsx";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { type App, startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

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
    ["no user name", ({ mqtt }) => refusal(mqtt, { clientId: "plug" }), "plug", /Refused: no user name/],
    [
      "Home Assistant does not answer",
      async ({ mqtt, supervisor }) => {
        supervisor.core = "hanging";
        supervisor.hangMs = 100;
        expect(await refusal(mqtt, { username: "klaus", password: "x", clientId: "plug" })).toBe(3);
      },
      "plug",
      /Refused: login could not be checked/,
    ],
    [
      "TLS on a plain port",
      async ({ mqtt }) => speakTls(Number(new URL(mqtt).port)),
      "127.0.0.1",
      /TLS on a plain port/,
    ],
  ])("reads another reason for each cause: %s", async (_, cause, subject, reason) => {
    const app = await startApp({ "data/options.json": OPTIONS });
    const { panel } = await look(app.house, { path: "/problems" });
    await panel.getByText("Nothing is wrong.").waitFor();
    await cause(app);
    await panel.getByRole("article", { name: subject }).filter({ hasText: reason }).waitFor();
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

/** Begins a TLS handshake, and waits for its end. */
function speakTls(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
