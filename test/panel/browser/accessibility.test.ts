import { expect, it } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { SIZES, useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY } from "../stage/samples.ts";

const PLACES = [
  ["overview", "Overview"],
  ["devices", "Devices"],
  ["devices/meter-1", "meter-1"],
  ["devices/meter-1/history", "meter-1"],
  ["devices/meter-1/publishes", "meter-1"],
  ["devices/meter-1/subscribes", "meter-1"],
  ["devices/meter-1/announced", "meter-1"],
  ["problems", "Problems"],
  ["topics", "Topics"],
  ["topics?q=state", "Topics"],
  ["topics?topic=state", "state"],
  ["topics/live", "Topics"],
  ["topics/retained", "Topics"],
  ["topics/trash", "Topics"],
  ["topics/clean-up?which=all", "Topics"],
  ["access", "Access"],
  ["access/users?new=plug", "Access"],
  ["access/roles", "Access"],
  ["access/roles?user=plug", "Access"],
  ["access/rules", "Access"],
  ["access/test", "Access"],
  ["access/backends", "Access"],
  ["bridges", "Bridges"],
  ["system", "System"],
  ["system/certificates", "System"],
  ["system/config", "System"],
  ["system/check", "System"],
  ["system/log", "System"],
  ["system/traces", "System"],
  ["system/figures", "System"],
  ["system/move", "System"],
  ["system/done", "System"],
] as const;

const LOOKS = Object.keys(SIZES).flatMap((size) => [
  { size: size === "phone" ? "phone" : "desk", isDark: false } as const,
  { size: size === "phone" ? "phone" : "desk", isDark: true } as const,
]);

describeWith(["chromium"], "the panel for people who cannot see or point well", () => {
  const look = useBrowser();

  it.each(LOOKS)("keeps WCAG 2.2 AA on every page, $size, dark: $isDark", async (opening) => {
    const sight = await look(await startHouse(await startFakeApi(BUSY)), opening);
    for (const [path, heading] of PLACES) {
      await sight.frame().evaluate((hash) => void (location.hash = hash), `#/${path}`);
      await sight.panel.getByRole("heading", { level: 1, name: heading }).waitFor();
      await sight.panel.getByText("Loading…").first().waitFor({ state: "detached" });
      expect(await sight.violations(), path).toEqual([]);
    }
    await sight.frame().evaluate(() => void (location.hash = "#/devices/meter-1"));
    await sight.panel.getByRole("button", { name: "Block…" }).click();
    await sight.panel.getByRole("dialog").waitFor();
    expect(await sight.violations(), "dialog").toEqual([]);
    await sight.panel.getByRole("button", { name: "Cancel" }).click();
    await sight.frame().evaluate(() => void (location.hash = "#/bridges"));
    await sight.panel.getByRole("button", { name: "Add a bridge" }).click();
    await sight.panel.getByRole("dialog").waitFor();
    expect(await sight.violations(), "form of a bridge").toEqual([]);
  });
});
