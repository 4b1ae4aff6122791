import { expect, it } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { CALM } from "../stage/samples.ts";

const NAMES = ["Overview", "Devices", "Problems", "Topics", "Access", "Bridges", "System"];

describeWith(["chromium"], "the shell of the panel", () => {
  const look = useBrowser();

  it("has a page with a heading for each entry of its menu", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(CALM)));
    for (const name of NAMES) {
      await panel.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
      await panel.getByRole("heading", { level: 1, name }).waitFor();
      expect(await panel.getByRole("heading", { level: 1 }).count()).toBe(1);
      expect(await panel.getByRole("link", { name }).getAttribute("aria-current")).toBe("page");
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
});
