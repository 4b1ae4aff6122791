import { expect, it, vi } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { useBrowser, type Sight } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY, CALM } from "../stage/samples.ts";

const NAMES = ["Overview", "Devices", "Problems", "Topics", "Access", "Bridges", "System"];

describeWith(["chromium"], "the shell of the panel", () => {
  const look = useBrowser();

  it("has a page with a heading for each entry of its menu", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(CALM)));
    const menu = panel.getByRole("navigation", { name: "Pages" });
    for (const name of NAMES) {
      await menu.getByRole("link", { name }).click();
      await panel.getByRole("heading", { level: 1, name }).waitFor();
      expect(await panel.getByRole("heading", { level: 1 }).count()).toBe(1);
      expect(await menu.getByRole("link", { name }).getAttribute("aria-current")).toBe("page");
    }
  });

  it("works under another token, because its addresses are relative", async () => {
    const house = await startHouse(await startFakeApi(CALM));
    const { page, panel } = await look(house);
    await panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    house.renew("another-token");
    await page.reload();
    await panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await page.locator("iframe").getAttribute("src")).toBe("/api/hassio_ingress/another-token/");
  });

  it("looks and speaks as Home Assistant does, from one second to the next", async () => {
    const sight = await look(await startHouse(await startFakeApi(CALM)));
    await sight.panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await groundOf(sight)).toBe("rgb(250, 250, 250)");
    await sight.house("setDark", true);
    await vi.waitFor(async () => expect(await groundOf(sight)).toBe("rgb(17, 17, 17)"), { timeout: 1000 });
    await sight.house("setLanguage", "de");
    await sight.panel.getByRole("heading", { level: 1, name: "Übersicht" }).waitFor({ timeout: 1000 });
    expect(await sight.frame().locator("html").getAttribute("lang")).toBe("de");
  });

  it("keeps what was chosen in it, whatever Home Assistant does", async () => {
    const sight = await look(await startHouse(await startFakeApi(CALM)));
    const { panel, page } = sight;
    await panel.getByRole("button", { name: "Appearance and language" }).click();
    await panel.getByLabel("Appearance", { exact: true }).selectOption({ label: "Dark" });
    await panel.getByLabel("Language", { exact: true }).selectOption({ label: "Deutsch" });
    await panel.getByRole("button", { name: "Schließen" }).click();
    await page.reload();
    await panel.getByRole("heading", { level: 1, name: "Übersicht" }).waitFor();
    expect(await groundOf(sight)).toBe("rgb(17, 17, 17)");
    expect(await page.evaluate(() => Object.keys(localStorage).toSorted())).toEqual(["culex-language", "culex-theme"]);
  });

  it("opens what a deep link names, and keeps Home Assistant's address in step", async () => {
    const { panel, sent } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/devices/meter-1" });
    await panel.getByRole("heading", { level: 1, name: "meter-1" }).waitFor();
    await panel.getByRole("link", { name: "History" }).click();
    await panel.getByRole("heading", { name: "History" }).waitFor();
    await vi.waitFor(async () =>
      expect(await sent()).toContainEqual({
        type: "home-assistant/navigate",
        path: "/app/culex/devices/meter-1/history",
        options: { replace: true },
      }),
    );
  });

  it("makes cards of tables on a phone, with a button that opens Home Assistant's menu", async () => {
    const sight = await look(await startHouse(await startFakeApi(CALM)), { size: "phone", path: "/devices" });
    const { panel } = sight;
    await panel.getByRole("row", { name: /meter-1/ }).waitFor();
    expect(await panel.getByRole("button", { name: "Open the sidebar of Home Assistant" }).count()).toBe(0);
    await sight.house("setNarrow", true);
    await panel.getByRole("button", { name: "Open the sidebar of Home Assistant" }).click();
    await vi.waitFor(async () => expect(await sight.sent()).toContainEqual({ type: "home-assistant/toggle-menu" }));
    expect(await panel.getByRole("row", { name: /meter-1/ }).evaluate((row) => getComputedStyle(row).display)).toBe(
      "block",
    );
    expect(await panel.getByRole("cell", { name: "192.0.2.7" }).count()).toBe(1);
  });

  it.each([320, 390, 1280])("needs no scrolling to the side at a width of %d", async (width) => {
    const { page, panel, frame } = await look(await startHouse(await startFakeApi(CALM)));
    await page.setViewportSize({ width, height: 800 });
    for (const path of ["overview", "devices", "devices/meter-1", "problems"]) {
      await frame().evaluate((hash) => void (location.hash = hash), `#/${path}`);
      await panel.getByRole("heading", { level: 1, name: path.split("/").at(-1) ?? "" }).waitFor();
      expect(await frame().evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
    }
  });

  it("is used with the keyboard alone", async () => {
    const sight = await look(await startHouse(await startFakeApi(CALM)), { path: "/devices/meter-1" });
    const { page, panel } = sight;
    await panel.getByRole("button", { name: "Disconnect" }).waitFor();
    await sight.frame().evaluate(() => document.body.focus());
    const names = new Set<string>();
    for (let times = 0; times < 30; times++) {
      await page.keyboard.press("Tab");
      names.add(await focused(sight));
    }
    expect([...names]).toEqual(
      expect.arrayContaining(["Skip to the content", ...NAMES, "Disconnect", "Block…", "Facts", "Copy Client id"]),
    );

    await panel.getByRole("button", { name: "Block…" }).focus();
    await page.keyboard.press("Enter");
    await panel.getByRole("dialog", { name: "Block meter-1?" }).waitFor();
    await page.keyboard.press("Escape");
    await panel.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused(sight)).toBe("Block…");
  });

  it("moves the focus to the heading of what a link led to", async () => {
    const sight = await look(await startHouse(await startFakeApi(CALM)));
    await sight.panel.getByRole("link", { name: "Problems" }).click();
    await vi.waitFor(async () => expect(await focused(sight)).toBe("Problems"));
    await sight.panel.getByRole("heading", { level: 1, name: "Problems" }).waitFor();
    expect(await sight.frame().evaluate(() => document.activeElement?.tagName)).toBe("H1");
  });

  it("says when live updates pause, and goes on with figures that it fetches", async () => {
    const api = await startFakeApi(CALM);
    const { panel } = await look(await startHouse(api), { expected: /WebSocket/ });
    await panel.getByText("All good: 38 devices connected.").first().waitFor();
    api.mute();
    await panel.getByText("Live updates paused. Figures are fetched every 5 seconds.").waitFor();
    api.tell({
      ...CALM,
      overview: { ...CALM.overview, devices: { connected: 7, asleep: 0, overdue: 0, refused: 0 } },
    });
    await panel.getByRole("heading", { name: "All good: 7 devices connected." }).waitFor({ timeout: 10_000 });
  });
});

/** Name of what has the focus: its label, else its text. */
async function focused({ frame }: Sight): Promise<string> {
  return frame().evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

/** Colour of the page behind everything. */
async function groundOf({ frame }: Sight): Promise<string> {
  return frame().evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}
