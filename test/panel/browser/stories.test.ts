import { expect, it } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { connect } from "../../helpers/mqtt.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

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
