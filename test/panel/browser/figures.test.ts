import { expect, it } from "vitest";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

/** Longer than it ever takes, on a machine with much else to do. */
const SOON = { timeout: 20_000 };

describeWith(["chromium"], "somebody who wants the figures in Home Assistant", () => {
  const look = useBrowser();

  it("switches sensors on, chooses a device, and switches them off again; and metrics", async () => {
    const { house, mqtt, homeAssistant, running } = await startApp();
    const seen = await connect(mqtt, { ...homeAssistant, clientId: "ha" });
    await seen.client.subscribeAsync(["homeassistant/#", "culex/#"], { qos: 1 });
    const { panel, violations } = await look(house, { path: "/system/figures" });
    const sensors = panel.getByRole("region", { name: "Sensors in Home Assistant" });
    await sensors.getByRole("button", { name: "Switch on Sensors in Home Assistant" }).click();
    await sensors.getByText("on", { exact: true }).waitFor();
    await expect.poll(() => seen.messages, SOON).toContain("culex/status online");

    const devices = sensors.getByLabel(/^Devices with a sensor/);
    await devices.fill("ha\nplug <b>\n");
    await sensors.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => seen.messages.filter((line) => line.includes('"name":"plug <b>"')), SOON).toHaveLength(1);
    await expect.poll(() => devices.inputValue(), SOON).toBe("ha\nplug <b>");
    expect(await violations()).toEqual([]);

    await sensors.getByRole("button", { name: "Switch off Sensors in Home Assistant" }).click();
    await sensors.getByText("off", { exact: true }).waitFor();
    await expect.poll(() => seen.messages, SOON).toContain("culex/status ");

    const metrics = panel.getByRole("region", { name: "Metrics for Prometheus" });
    await metrics.getByRole("button", { name: "Switch on Metrics for Prometheus" }).click();
    await metrics.getByText("Everybody who reaches the port reads them.").waitFor();
    const page = /http:\S+\/metrics/.exec(await running.line(/Metrics are at /))?.[0] ?? "";
    expect((await fetch(page)).status).toBe(200);
  });
});
