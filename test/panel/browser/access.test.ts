import { expect, it } from "vitest";
import { client, dynsecText, may, PASSWORD } from "../../helpers/dynsec.ts";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

const RULES = {
  "data/options.json":
    '{"logins":[{"username":"meter","password":"secret-1"}],"customize":{"active":true,"folder":"mosquitto"}}',
  "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
  "share/mosquitto/acl": "user meter\ntopic write meters/#\n",
};
const DYNSEC = {
  "data/options.json": '{"dynamic_security":true,"customize":{"active":true,"folder":"mosquitto"}}',
  "share/mosquitto/dynamic-security.json": dynsecText({
    clients: [client("meter", { roles: [{ rolename: "meters", priority: 7 }] })],
    roles: [{ rolename: "meters", acls: [may("publishClientSend", "meters/#")] }],
  }),
};

describeWith(["chromium"], "the page Access", () => {
  const look = useBrowser();

  it("explains a denial rule by rule, and proposes the line that would allow it", async () => {
    const { house } = await startApp(RULES);
    const { panel, frame, violations } = await look(house, { path: "/access/test" });
    await panel.getByLabel("User").fill("meter");
    await panel.getByLabel("Topic").fill("lights/x");
    await panel.getByRole("button", { name: "Check" }).click();
    await panel
      .getByRole("status")
      .filter({ hasText: "Denied No rule of user meter matches; default is deny (acl)." })
      .waitFor();
    await panel.getByRole("row", { name: /^topic write meters\/# no .* acl, line 2$/ }).waitFor();
    const proposal = panel.getByRole("region", { name: "A rule that would allow it" }).last();
    await proposal.getByText("+ topic write lights/x").waitFor();
    expect(await panel.getByRole("button", { name: "Allow this…" }).count()).toBe(0);
    expect(await frame().evaluate(() => location.hash)).toBe(
      "#/access/test?user=meter&action=publish&topic=lights%2Fx",
    );
    expect(await violations()).toEqual([]);
    await panel.getByLabel("Topic").fill("meters/1");
    await panel.getByRole("button", { name: "Check" }).click();
    await panel
      .getByRole("status")
      .filter({ hasText: /^Allowed \S/ })
      .waitFor();
    await panel.getByRole("link", { name: "Rules" }).click();
    await panel.getByRole("row", { name: /^topic write meters\/# .* allows acl, line 2$/ }).waitFor();
  });

  it("allows what was denied, where the rules are the broker's own", async () => {
    const { house, mqtt } = await startApp(DYNSEC);
    const { panel, frame } = await look(house);
    await panel.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await frame().evaluate(() => void (location.hash = "#/access/test?user=meter&action=publish&topic=lights%2Fx"));
    await panel.getByRole("button", { name: "Allow this…" }).click();
    const editor = panel.getByRole("dialog", { name: "Edit: meters" });
    await editor.getByRole("listitem").filter({ hasText: "publishClientSend lights/x, allow new" }).waitFor();
    await editor.getByRole("button", { name: "Save" }).click();
    await panel
      .getByRole("status")
      .filter({ hasText: /^Allowed \S/ })
      .waitFor();
    const meter = await connect(mqtt, { username: "meter", password: PASSWORD, protocolVersion: 5 });
    await meter.client.publishAsync("lights/x", "1", { qos: 1 });
  });

  it("gives a user a new password, which is shown once", async () => {
    const { house, mqtt } = await startApp(DYNSEC);
    const { panel, violations } = await look(house, { path: "/access" });
    await panel.getByRole("button", { name: "New password for meter" }).click();
    const dialog = panel.getByRole("dialog", { name: "New password for meter" });
    await dialog.getByRole("button", { name: "Make a password" }).click();
    const password = (await dialog.locator("code").nth(1).textContent()) ?? "";
    expect(password).toMatch(/^[\w-]{20,}$/);
    expect(await violations()).toEqual([]);
    await connect(mqtt, { username: "meter", password });
    await dialog.getByRole("button", { name: "Close" }).click();
    expect(await panel.getByText(password).count()).toBe(0);
  });
});

describeWith(["chromium"], "somebody who adds a device", () => {
  const look = useBrowser();

  it("copies what the device needs, and sees it connect", async () => {
    const { house, mqtt } = await startApp(DYNSEC);
    const { page, panel, frame, violations } = await look(house, { path: "/devices" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.getByRole("button", { name: "Add device" }).click();
    await panel.getByLabel("Name of the device").fill("Kitchen plug");
    await panel.getByRole("button", { name: "Create" }).click();
    const dialog = panel.getByRole("dialog", { name: "Enter this in Kitchen plug" });
    await dialog.waitFor();
    const copied = async (field: string): Promise<string> => {
      await dialog.getByRole("button", { name: `Copy ${field}`, exact: true }).click();
      await dialog.getByRole("button", { name: `Copied: ${field}`, exact: true }).waitFor();
      return frame().evaluate(() => navigator.clipboard.readText());
    };
    const [host, port, username, password] = [
      await copied("Host"),
      await copied("Port"),
      await copied("User"),
      await copied("Password"),
    ];
    expect([host, port, username]).toEqual(["127.0.0.1", new URL(mqtt).port, "kitchen-plug"]);
    expect(password).toMatch(/^[\w-]{20,}$/);
    expect(await copied("All at once")).toBe(
      `Backlog MqttHost ${host}; MqttPort ${port}; MqttUser ${username}; MqttPassword ${password}; Topic ${username}`,
    );
    expect(await copied("the topic stat/kitchen-plug/#")).toBe("stat/kitchen-plug/#");
    const code = dialog.getByRole("img", { name: "QR code with address, user and password of Kitchen plug" });
    await code.waitFor();
    const drawn = await code.locator("path").last().getAttribute("d");
    // the upper left corner begins with seven dark squares, behind a border of two light ones
    expect(drawn?.split("z").slice(0, 8)).toEqual([
      ...Array.from({ length: 7 }, (_, x) => `M${x + 2} 2h1v1h-1`),
      expect.stringMatching(/^M(?!9 )\d+ 2h1v1h-1$/),
    ]);
    expect(await violations()).toEqual([]);

    await connect(`mqtt://${host}:${port}`, { username, password, clientId: "DVES_4711" });
    const connected = panel.getByRole("dialog", { name: "Kitchen plug is connected" });
    await connected.waitFor({ timeout: 10_000 });
    await connected.getByRole("button", { name: "Close" }).click();
    const answer = await page.evaluate(
      async (path) => (await fetch(path)).text(),
      `/api/hassio_ingress/${house.token}/api/v1/users/kitchen-plug`,
    );
    expect(answer).not.toContain(password);
    expect(JSON.parse(answer)).toMatchObject({ name: "kitchen-plug", passwordSet: true });
  });
});
