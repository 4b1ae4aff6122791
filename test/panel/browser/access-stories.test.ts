import { join } from "node:path";
import { expect, it } from "vitest";
import { save } from "../../helpers/culex.ts";
import { client, dynsecText, may, PASSWORD } from "../../helpers/dynsec.ts";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

const METER = { username: "meter", password: "a good password", clientId: "meter-1" };
const ACL = aclWith("topic write meters/#");
const RULES = {
  "data/options.json": JSON.stringify({ logins: [METER], customize: { active: true, folder: "culex" } }).replace(
    /,"clientId":"[^"]*"/,
    "",
  ),
  "share/culex/acl.conf": "acl_file /share/culex/acl\n",
  "share/culex/acl": ACL,
};
const CLOCK = /\d\d:\d\d:\d\d/;

/** Mosquitto would need rules for the system users, which is told otherwise. */
function aclWith(...lines: readonly string[]): string {
  return ["user meter", ...lines, "user homeassistant", "topic #", "user addons", "topic #", ""].join("\n");
}

describeWith(["chromium"], "somebody who changes the rules on the disk", () => {
  const look = useBrowser();

  // Within 5 seconds: a save takes a moment, and the page hears of it within another.
  it("sees that they count, and nobody is disconnected", async () => {
    const { house, mqtt, folders } = await startApp(RULES);
    const { client: meter, wasClosed, messages } = await connect(mqtt, METER);
    await meter.subscribeAsync("#");
    const { panel } = await look(house, { path: "/access/rules" });
    const state = panel.getByRole("status").filter({ hasText: /^Rules last reloaded/ });
    const before = (await state.getByRole("time").getAttribute("datetime")) ?? "";
    const row = panel.getByRole("row", { name: /^topic read # user meter allows acl, line 3$/ });
    expect(await row.count()).toBe(0);

    save(join(folders.share, "culex/acl"), aclWith("topic write meters/#", "topic read #"));
    await panel.locator(`time:not([datetime="${before}"])`).filter({ hasText: CLOCK }).waitFor();
    await row.waitFor();
    await meter.subscribeAsync("meters/+");
    await meter.publishAsync("meters/1", "on", { qos: 1 });
    await expect.poll(() => messages).toContain("meters/1 on");
    expect(wasClosed()).toBe(false);
  });

  it("keeps the old rules after a slip, and is told the place, the word, and since when they hold", async () => {
    const { house, mqtt, folders } = await startApp(RULES);
    const { client: meter, wasClosed } = await connect(mqtt, { ...METER, protocolVersion: 5 });
    const { panel, violations } = await look(house, { path: "/access" });
    const clock = (await panel.getByText(/^Rules last reloaded/).textContent())?.match(CLOCK)?.[0];
    save(join(folders.share, "culex/acl"), aclWith("topic wriet meters/#"));
    const card = panel.getByRole("article", { name: "acl: Settings" });
    await card.getByText(/"wriet" is not an access type\. The rules loaded at \d\d:\d\d stay in use\./).waitFor();
    await card.getByText("acl, line 2").waitFor();
    await card.getByText(/Did you mean "write"\?/).waitFor();
    expect(clock).toMatch(CLOCK);
    await panel.getByText(`Still using the rules from ${clock}`).waitFor();
    expect(await violations()).toEqual([]);
    await meter.publishAsync("meters/1", "on", { qos: 1 });

    save(join(folders.share, "culex/acl"), ACL);
    await panel.getByText(/^Rules last reloaded/).waitFor();
    await card.waitFor({ state: "detached" });
    expect(wasClosed()).toBe(false);
  });
});

describeWith(["chromium"], "somebody whose device is denied something", () => {
  const look = useBrowser();

  it("reads what and why, and gets the line to paste", async () => {
    const { house, mqtt, folders } = await startApp(RULES);
    const { client: meter, wasClosed } = await connect(mqtt, { ...METER, protocolVersion: 4 });
    await meter.subscribeAsync("#");
    const { panel, frame, violations } = await look(house, { path: "/problems" });
    await panel.getByText("Nothing is wrong.").waitFor();
    await meter.publishAsync("lights/x", "on", { qos: 1 });
    const card = panel.getByRole("article", { name: "meter-1: Denied: publish" });
    await card
      .getByText("May not publish to lights/x: no rule of user meter matches; default is deny (acl).")
      .waitFor();
    await card.getByRole("button", { name: "Allow this…" }).click();
    const dialog = panel.getByRole("dialog", { name: "Allow this…" });
    await dialog.getByText(/^\+ topic write lights\/x$/m).waitFor();
    await dialog.getByRole("button", { name: "Copy the rule" }).waitFor();
    expect(await dialog.getByRole("button", { name: "Save" }).count()).toBe(0);
    expect(await violations()).toEqual([]);
    await dialog.getByRole("button", { name: "Close" }).click();

    await card.getByRole("link", { name: "Show the rules" }).click();
    await panel.getByRole("row", { name: /^topic write meters\/# user meter allows acl, line 2$/ }).waitFor();
    await frame().evaluate(() => void (location.hash = "#/devices/meter-1/subscribes"));
    await panel.getByRole("row", { name: "# 0 nothing readable" }).waitFor();
    expect(wasClosed()).toBe(false);

    // who pastes the line where it was said to belong has allowed it
    save(join(folders.share, "culex/acl"), aclWith("topic write meters/#", "topic write lights/x"));
    await frame().evaluate(() => void (location.hash = "#/access/test?user=meter&action=publish&topic=lights%2Fx"));
    await panel.getByText(/^Rules last reloaded/).waitFor();
    await expect
      .poll(
        async () => {
          await panel.getByRole("button", { name: "Check" }).click();
          return panel
            .getByRole("status")
            .filter({ hasText: /^Allowed \S/ })
            .count();
        },
        { timeout: 10_000 },
      )
      .toBe(1);
  });

  it("opens the role with the smallest rule in it, and saves it", async () => {
    const { house, mqtt } = await startApp({
      "data/options.json": '{"dynamic_security":true,"customize":{"active":true,"folder":"mosquitto"}}',
      "share/mosquitto/dynamic-security.json": dynsecText({
        clients: [
          client("meter", { roles: [{ rolename: "shared" }] }),
          client("pump", { roles: [{ rolename: "shared" }] }),
        ],
        roles: [{ rolename: "shared", acls: [may("publishClientSend", "meters/#")] }],
      }),
    });
    const login = { username: "meter", password: PASSWORD, clientId: "meter-1", protocolVersion: 5 } as const;
    const first = await connect(mqtt, login);
    await expect(first.client.publishAsync("lights/x", "on", { qos: 1 })).rejects.toThrow(/Not authorized/);
    const { panel, violations } = await look(house, { path: "/problems" });
    const card = panel.getByRole("article", { name: "meter-1: Denied: publish" });
    await card.getByRole("button", { name: "Allow this…" }).click();
    const editor = panel.getByRole("dialog", { name: "New: meter" });
    await editor.getByText("The user meter gets it.").waitFor();
    await editor.getByRole("listitem").filter({ hasText: "publishClientSend lights/x, allow new" }).waitFor();
    expect(await violations()).toEqual([]);
    await editor.getByRole("button", { name: "Save" }).click();
    await panel.getByRole("status").filter({ hasText: "meter is saved." }).waitFor();
    const second = await connect(mqtt, { ...login, clientId: "meter-2" });
    await second.client.publishAsync("lights/x", "on", { qos: 1 });
    await expect(second.client.publishAsync("lights/y", "on", { qos: 1 })).rejects.toThrow(/Not authorized/);
  });
});

describeWith(["chromium"], "somebody with more users than one page holds", () => {
  const look = useBrowser();

  it("turns the pages, and finds the last one", async () => {
    const clients = Array.from({ length: 250 }, (_, index) => client(`user-${String(index).padStart(3, "0")}`));
    const { house } = await startApp({
      "data/options.json": '{"dynamic_security":true,"customize":{"active":true,"folder":"mosquitto"}}',
      "share/mosquitto/dynamic-security.json": dynsecText({ clients }),
    });
    const { panel } = await look(house, { path: "/access" });
    // with admin, addons and homeassistant
    await panel.getByText("1 to 100 of 253").waitFor();
    await panel.getByRole("button", { name: "Next" }).click();
    await panel.getByText("101 to 200 of 253").waitFor();
    await panel.getByRole("button", { name: "Name" }).click();
    await panel.getByRole("row", { name: /^user-249/ }).waitFor();
    await panel.getByLabel("Search").fill("r-17");
    await panel.getByRole("row", { name: /^user-170/ }).waitFor();
    await expect.poll(() => panel.getByRole("row", { name: /^user-/ }).count()).toBe(10);
  });
});
