import { expect, it, onTestFinished } from "vitest";
import { layOut, startAddon } from "../../helpers/culex.ts";
import { describeWith } from "../../helpers/needs.ts";
import { buildPanel } from "../../helpers/panel-build.ts";
import { launchBrowser } from "../stage/browser.ts";

describeWith(["chromium"], "the panel outside of Home Assistant", () => {
  it("looks and speaks as the browser likes, and says that there is no Home Assistant", async () => {
    buildPanel();
    const running = await startAddon(layOut({ "data/options.json": "{}" }), null, { CULEX_PORTS: "0,,,,,0" });
    const [url = ""] = /http:\S+\//.exec(await running.line(/The panel is at /)) ?? [];
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ locale: "de-DE", colorScheme: "dark" });
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    await page.goto(url);
    await page.getByRole("heading", { level: 1, name: "Übersicht" }).waitFor();
    await page.getByText("Dieser Broker läuft außerhalb von Home Assistant.").last().waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
      "rgb(17, 17, 17)",
    );
    expect(await page.getByRole("button", { name: "MQTT-Integration öffnen" }).count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
