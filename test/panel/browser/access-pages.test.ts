import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { sha512Hash } from "../../auth/context.ts";
import { save } from "../../helpers/culex.ts";
import { client, dynsecText, may, PASSWORD } from "../../helpers/dynsec.ts";
import { freePort } from "../../helpers/free-port.ts";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

const DYNSEC = {
  "data/options.json": '{"dynamic_security":true,"customize":{"active":true,"folder":"mosquitto"}}',
  "share/mosquitto/dynamic-security.json": dynsecText({
    clients: [client("meter", { roles: [{ rolename: "meters" }] })],
    groups: [{ groupname: "house", roles: [] }],
    roles: [{ rolename: "meters", acls: [may("publishClientSend", "meters/#"), may("publishClientSend", "old/#")] }],
  }),
};
const HOSTILE = '"><img src=x onerror=alert(1)>';

describeWith(["chromium"], "the users", () => {
  const look = useBrowser();

  it("are made, shut out, let in and deleted, with dynamic security", async () => {
    const { house, mqtt } = await startApp(DYNSEC);
    const { panel, violations } = await look(house, { path: "/access" });
    await panel.getByRole("button", { name: "New user" }).click();
    const form = panel.getByRole("dialog", { name: "New user" });
    await form.getByLabel("Name").fill("plug");
    await form.getByLabel("Password").fill("a password of mine");
    await form.getByRole("button", { name: "Create" }).click();
    await form.getByRole("button", { name: "Copy Password" }).waitFor();
    expect(await violations()).toEqual([]);
    await form.getByRole("button", { name: "Close" }).click();
    const login = { username: "plug", password: "a password of mine" };
    const { wasClosed } = await connect(mqtt, { ...login, clientId: "p1" });

    const row = panel.getByRole("row", { name: /^plug/ });
    await row.getByText("dynamic security", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Edit: plug" }).click();
    const editor = panel.getByRole("dialog", { name: "Edit: plug" });
    await editor.getByLabel("May log in").selectOption("no");
    await editor.getByLabel("Role", { exact: true }).fill("meters");
    await editor.getByRole("button", { name: "Add: Role" }).click();
    await editor.getByRole("listitem").filter({ hasText: "meters new" }).waitFor();
    expect(await violations()).toEqual([]);
    await editor.getByRole("button", { name: "Save" }).click();
    await panel.getByRole("row", { name: /^plug disabled .* meters/ }).waitFor();
    await vi.waitFor(() => expect(wasClosed()).toBe(true));
    expect(await refusal(mqtt, login)).toBe(5);

    await row.getByRole("button", { name: "Delete: plug" }).click();
    await panel.getByRole("dialog", { name: "Delete plug?" }).getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
  });

  it("of the options are made and deleted, and those of Home Assistant shown while they are here", async () => {
    const { house, mqtt, supervisor } = await startApp({ "data/options.json": '{"logins":[]}' });
    supervisor.users.set("klaus", "secret-3");
    await connect(mqtt, { username: "klaus", password: "secret-3" });
    const { panel } = await look(house, { path: "/access" });
    await panel.getByRole("row", { name: /^klaus Home Assistant/ }).waitFor();
    await panel.getByText(/^Users of Home Assistant are kept there/).waitFor();
    await panel.getByRole("button", { name: "New user" }).click();
    await panel.getByRole("dialog").getByLabel("Name").fill(HOSTILE);
    await panel.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    const password = (await panel.getByRole("dialog").locator("code").nth(1).textContent()) ?? "";
    await connect(mqtt, { username: HOSTILE, password });
    await panel.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    const row = panel.getByRole("row").filter({ hasText: HOSTILE });
    await row.getByText("the app's options").waitFor();
    expect(await row.getByRole("button", { name: /^Edit/ }).count()).toBe(0);
    await row.getByRole("button", { name: /^Delete/ }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    await vi.waitFor(async () => expect(await refusal(mqtt, { username: HOSTILE, password })).toBe(5));
  });
});

describeWith(["chromium"], "the users of the owner's files", () => {
  const look = useBrowser();

  it("are changed by him: he is told where, and what to paste", async () => {
    const { house, mqtt, folders } = await startApp({
      "data/options.json": '{"customize":{"active":true,"folder":"mosquitto"}}',
      "share/mosquitto/a.conf": "password_file /share/mosquitto/passwords\n",
      "share/mosquitto/passwords": `pump:${sha512Hash("old password")}\n`,
    });
    const { panel } = await look(house, { path: "/access/users?user=pump" });
    const row = panel.getByRole("row", { name: /^pump/ });
    await row.getByText("Edit it at passwords").waitFor();
    expect(await row.getByRole("button", { name: /^Delete/ }).count()).toBe(0);
    await row.getByRole("button", { name: "New password for pump" }).click();
    const dialog = panel.getByRole("dialog", { name: "New password for pump" });
    await dialog.getByRole("button", { name: "Make a password" }).click();
    const password = (await dialog.locator("code").nth(1).textContent()) ?? "";
    const line = (await dialog.locator("pre").textContent()) ?? "";
    expect(line).toMatch(/^pump:\$7\$/);
    expect(await refusal(mqtt, { username: "pump", password })).toBe(5);
    save(join(folders.share, "mosquitto/passwords"), `${line}\n`);
    await vi.waitFor(async () => expect(await refusal(mqtt, { username: "pump", password })).toBe(0), {
      timeout: 10_000,
    });
  });
});

describeWith(["chromium"], "the roles and groups", () => {
  const look = useBrowser();

  it("are changed entry by entry, and what changes is seen before it is saved", async () => {
    const { house, mqtt } = await startApp(DYNSEC);
    const { panel, violations } = await look(house, { path: "/access/roles" });
    const meter = await connect(mqtt, { username: "meter", password: PASSWORD, protocolVersion: 5 });
    await panel.getByRole("button", { name: "Edit: meters" }).click();
    const editor = panel.getByRole("dialog", { name: "Edit: meters" });
    await editor.getByRole("button", { name: "Remove: publishClientSend old/#, allow" }).click();
    await editor.getByLabel("Topic").fill("lights/#");
    await editor.getByRole("button", { name: "Add", exact: true }).click();
    await editor.getByRole("listitem").filter({ hasText: "publishClientSend old/#, allow goes" }).waitFor();
    await editor.getByRole("listitem").filter({ hasText: "publishClientSend lights/#, allow new" }).waitFor();
    expect(await violations()).toEqual([]);
    await expect(meter.client.publishAsync("lights/x", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
    await editor.getByRole("button", { name: "Save" }).click();
    await panel.getByRole("row", { name: /^meters .*lights\/#, allow/ }).waitFor();
    // as with Mosquitto, whoever has the role comes back with what it says now
    await vi.waitFor(() => expect(meter.wasClosed()).toBe(true));
    const again = await connect(mqtt, { username: "meter", password: PASSWORD, protocolVersion: 5 });
    await again.client.publishAsync("lights/x", "1", { qos: 1 });
    await expect(again.client.publishAsync("old/x", "1", { qos: 1 })).rejects.toThrow(/Not authorized/);
  });

  it("are saved with what was typed last, and a search without a find says no more than that", async () => {
    const { house } = await startApp(DYNSEC);
    const { panel } = await look(house, { path: "/access/roles" });
    await panel.getByRole("button", { name: "Edit: meters" }).click();
    await panel.getByRole("dialog").getByLabel("Topic").fill("lights/#");
    await panel.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await panel.getByRole("row", { name: /^meters .*lights\/#, allow/ }).waitFor();
    await panel.getByRole("button", { name: "Edit: house" }).click();
    await panel.getByRole("dialog").getByLabel("Role", { exact: true }).fill("meters");
    await panel.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await panel.getByRole("row", { name: /^house meters/ }).waitFor();
    await panel.getByLabel("Search").fill("zzz");
    await expect.poll(() => panel.getByText("Nothing matches.").count()).toBe(2);
  });

  it("are made and deleted; a group gives its roles", async () => {
    const { house } = await startApp(DYNSEC);
    const { panel } = await look(house, { path: "/access/roles" });
    await panel.getByRole("button", { name: "New: Roles" }).click();
    const role = panel.getByRole("dialog", { name: "New: Role" });
    await role.getByLabel("Name").fill(HOSTILE);
    await role.getByLabel("What for").selectOption("subscribePattern");
    await role.getByLabel("Effect").selectOption("deny");
    await role.getByLabel("Topic").fill("secret/#");
    await role.getByRole("button", { name: "Add", exact: true }).click();
    await role.getByRole("button", { name: "Save" }).click();
    const made = panel.getByRole("row").filter({ hasText: "subscribePattern secret/#, deny" });
    await made.getByText(HOSTILE).waitFor();

    await panel.getByRole("button", { name: "Edit: house" }).click();
    const group = panel.getByRole("dialog", { name: "Edit: house" });
    await group.getByLabel("Role", { exact: true }).fill(HOSTILE);
    await group.getByRole("button", { name: "Add: Role" }).click();
    await group.getByRole("button", { name: "Save" }).click();
    await panel
      .getByRole("row", { name: /^house/ })
      .getByText(HOSTILE)
      .waitFor();

    await made.getByRole("button", { name: /^Delete/ }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await made.waitFor({ state: "detached" });
    await panel.getByRole("button", { name: "Delete: house" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await panel.getByText("There are none. The option dynamic_security brings them.").waitFor();
  });
});

describeWith(["chromium"], "the login sources", () => {
  const look = useBrowser();

  it("are shown in their order with how they are, and tried", async () => {
    const { house, mqtt } = await startApp({
      "data/options.json":
        '{"logins":[{"username":"meter","password":"secret-1"}],"customize":{"active":true,"folder":"mosquitto"}}',
      "share/mosquitto/auth.yaml": [
        "stages:",
        "  - type: logins",
        "  - type: http",
        `    login: { url: "http://127.0.0.1:${await freePort()}/auth", params: { username: "%u", password: "%P" } }`,
      ].join("\n"),
    });
    await connect(mqtt, { username: "meter", password: "secret-1" });
    expect(await refusal(mqtt, { username: "klaus", password: "x" })).toBe(3);
    const { panel, violations } = await look(house, { path: "/access/backends" });
    await panel.getByRole("row", { name: /^\d\. logins works 1 let in, 0 refused, 0 failed [\d.]+ ms/ }).waitFor();
    await panel.getByRole("row", { name: /^\d\. http fails .+ 0 let in, 0 refused, 1 failed/ }).waitFor();
    const names = await panel.getByRole("rowheader").allTextContents();
    expect(names).toEqual(["1. system-users", "2. logins", "3. http"]);

    await panel.getByRole("button", { name: "Test a login at logins" }).click();
    const dialog = panel.getByRole("dialog", { name: "Test a login at logins" });
    await dialog.getByLabel("User").fill("meter");
    for (const [password, verdict] of [
      ["secret-1", /^Allowed It lets this login in\./],
      ["other", /^Denied Wrong password for user meter\./],
    ] as const) {
      await dialog.getByLabel("Password").fill(password);
      await dialog.getByRole("button", { name: "Check" }).click();
      await dialog.getByRole("status").filter({ hasText: verdict }).waitFor();
    }
    expect(await violations()).toEqual([]);
  });
});
