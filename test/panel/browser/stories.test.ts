import { expect, it, vi } from "vitest";
import { visible } from "../../../src/panel/components/text.tsx";
import { describeWith } from "../../helpers/needs.ts";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";
import { ADMIN } from "../stage/house.ts";

const LOGIN = { username: "meter", password: "a good password" };
const OPTIONS = JSON.stringify({ logins: [LOGIN] });

describeWith(["chromium"], "somebody who opens the panel for the first time", () => {
  const look = useBrowser();

  it.each([
    ["phone", false],
    ["phone", true],
    ["desk", false],
    ["desk", true],
  ] as const)("sees within 2 seconds that it works: %s, dark: %s", async (size, isDark) => {
    const { house, mqtt, homeAssistant } = await startApp({ "data/options.json": OPTIONS });
    await connect(mqtt, { ...homeAssistant, protocolVersion: 5, clientId: "core" });
    await connect(mqtt, { ...LOGIN, clientId: "meter-1" });
    await connect(mqtt, { ...LOGIN, clientId: "meter-2" });

    const { page, panel, frame, violations } = await look(house, { size, isDark });
    await panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await panel.getByRole("status").filter({ hasText: "Home Assistant is connected." }).waitFor();
    expect(await frame().evaluate(() => performance.now())).toBeLessThan(2000);
    const answer: { devices: { connected: number } } = await page.evaluate(
      async (path) => (await fetch(path)).json(),
      `/api/hassio_ingress/${house.token}/api/v1/overview`,
    );
    expect(answer.devices.connected).toBeGreaterThanOrEqual(2);
    await panel
      .getByRole("listitem")
      .filter({ hasText: `connected${answer.devices.connected}` })
      .waitFor();
    expect(await violations()).toEqual([]);

    house.renew("another-token");
    const again = page.waitForResponse(/another-token\/$/);
    await page.reload();
    expect((await again).headers()["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    await panel.getByRole("status").filter({ hasText: "Home Assistant is connected." }).waitFor();
  });
});

describeWith(["chromium"], "somebody who looks after a device", () => {
  const look = useBrowser();

  it("sees it live, disconnects it, and ends the session that it left", async () => {
    const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
    const { client, wasClosed } = await connect(mqtt, { ...LOGIN, clientId: "kitchen/plug", clean: false });
    await client.subscribeAsync("cmnd/plug/#", { qos: 1 });
    const { panel } = await look(house, { path: "/devices" });
    const row = panel.getByRole("row", { name: /kitchen\/plug/ });
    await row.getByText("connected").waitFor();
    await client.publishAsync("tele/plug", "on");
    await row.getByText("tele/plug").waitFor();

    await row.getByRole("link", { name: "kitchen/plug" }).click();
    await panel.getByText("the app's options").waitFor();
    await panel.getByRole("link", { name: "Publishes" }).click();
    await panel.getByRole("row", { name: /tele\/plug/ }).waitFor();
    await panel.getByRole("link", { name: "Subscribes" }).click();
    await panel.getByRole("row", { name: "cmnd/plug/# 1 yes" }).waitFor();
    await panel.getByRole("button", { name: "Disconnect" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await vi.waitFor(() => expect(wasClosed()).toBe(true));
    await panel.getByRole("link", { name: "History" }).click();
    await panel
      .getByRole("row", { name: new RegExp(`gone Disconnected in the panel by ${ADMIN.displayName}`) })
      .waitFor();

    await panel.getByRole("button", { name: "End the session…" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "End the session" }).click();
    await panel.getByRole("button", { name: "End the session…" }).waitFor({ state: "detached" });
    await panel.getByRole("row", { name: /session ended/ }).waitFor();
  });
});

describeWith(["chromium"], "somebody who does not want a device", () => {
  const look = useBrowser();

  it("blocks it, sees that it is, and lets it in again", async () => {
    const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
    const device = { ...LOGIN, clientId: "loud/one" };
    const { wasClosed } = await connect(mqtt, device);
    const { panel } = await look(house, { path: "/devices" });
    await panel.getByRole("link", { name: "loud/one" }).click();
    await panel.getByRole("button", { name: "Block…" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Block", exact: true }).click();
    await panel.getByText(`by ${ADMIN.displayName}`).waitFor();
    await vi.waitFor(() => expect(wasClosed()).toBe(true));
    expect(await refusal(mqtt, device)).toBe(5);

    await panel.getByRole("button", { name: "Unblock" }).click();
    await panel.getByRole("status").filter({ hasText: "loud/one may connect again." }).waitFor();
    expect(await refusal(mqtt, device)).toBe(0);
  });
});

describeWith(["chromium"], "somebody whose neighbour gives devices hostile names", () => {
  const look = useBrowser();
  const EVIL = '"><img src=x onerror=alert(1)>';
  const SCRIPT = "<script>alert(1)</script>/../\u202egnp";

  it.each([EVIL, SCRIPT])("sees %j as text wherever it shows up", async (name) => {
    const { house, mqtt } = await startApp({ "data/options.json": OPTIONS });
    const { client } = await connect(mqtt, { ...LOGIN, clientId: name });
    await client.publishAsync(name, name);
    await refusal(mqtt, { username: name, password: "x", clientId: `refused ${name}` });
    const { panel, frame, violations } = await look(house, { path: "/devices" });
    const shown = visible(name);
    await panel.getByRole("link", { name: shown, exact: true }).click();
    await panel.getByRole("heading", { level: 1, name: shown }).waitFor();
    await panel.getByRole("link", { name: "History" }).click();
    await panel.getByRole("row", { name: /connected/ }).waitFor();
    expect(await frame().locator("img, main script").count()).toBe(0);
    expect(await violations()).toEqual([]);
  });
});
