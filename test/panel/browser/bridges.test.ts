import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { startMosquittoIn } from "../../helpers/mosquitto-broker.ts";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { tempFolder } from "../../helpers/temp.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY } from "../stage/samples.ts";

const HOUSE = { username: "house", password: "cabin-secret" };

describeWith(["chromium"], "the page Bridges", () => {
  const look = useBrowser();

  it("says of each how it is, and why not", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/bridges" });
    const card = panel.getByRole("region", { name: "cloud" });
    for (const text of ["waiting", "example.org:8883", "The remote broker answered: not authorised.", "sensor/# out"])
      await card.getByText(text, { exact: true }).waitFor();
    await card.getByRole("button", { name: "Edit cloud" }).waitFor();
  });

  it("shows the one that a link names", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/bridges/other" });
    await panel.getByText("There is no bridge other.").waitFor();
    await panel.getByRole("link", { name: "All bridges" }).click();
    await panel.getByRole("region", { name: "cloud" }).waitFor();
  });

  it("leaves a bridge of a file to that file", async () => {
    const { house } = await startApp({
      "data/options.json": '{"customize":{"active":true,"folder":"m"}}',
      "share/m/far.conf": "connection far\naddress 127.0.0.1:1\ntopic # in\n",
    });
    const { panel } = await look(house, { path: "/bridges" });
    const card = panel.getByRole("region", { name: "far" });
    await card.getByText("This bridge was not made here. Edit it at far.conf, line 1").waitFor();
    expect(await card.getByRole("button").allTextContents()).toEqual(["Test"]);
  });
});

describeWith(["chromium", "mosquitto", "mosquitto_passwd"], "somebody who connects the cabin", () => {
  const look = useBrowser();

  it("makes a bridge by a template, mends its password, sees a message cross, and removes it", async () => {
    const folder = tempFolder();
    const passwords = join(folder, "passwords");
    execFileSync("mosquitto_passwd", ["-c", "-b", passwords, HOUSE.username, HOUSE.password]);
    const cabin = await startMosquittoIn(folder, [`password_file ${passwords}`]);
    const { house, mqtt, homeAssistant } = await startApp();
    const { panel, violations } = await look(house, { path: "/bridges" });
    await panel.getByText("There is no bridge. Add one here").waitFor();

    await panel.getByRole("button", { name: "Add a bridge" }).click();
    const dialog = panel.getByRole("dialog", { name: "Add a bridge" });
    await dialog.getByLabel("What is it for?").selectOption("Cloud broker");
    expect(await dialog.getByLabel("Encryption").inputValue()).toBe("public");
    await dialog.getByLabel("What is it for?").selectOption("Another broker or Home Assistant in the house");
    await dialog.getByLabel("Name", { exact: true }).fill("cabin");
    await dialog.getByLabel("Address").fill(`127.0.0.1:${cabin.port}`);
    await dialog.getByLabel("User name there").fill(HOUSE.username);
    await dialog.getByLabel("Password there").fill("wrong");
    await dialog.getByLabel("Prefix here").fill("cabin/");
    await dialog.getByRole("button", { name: "Test" }).click();
    const told = dialog.getByRole("status");
    await told.getByText("was refused: wrong user name or password").waitFor();
    expect(await told.getByRole("listitem").allTextContents()).toEqual(["Connection ✓ ", "Login ✗ "]);
    expect(await violations()).toEqual([]);

    await dialog.getByLabel("Password there").fill(HOUSE.password);
    await dialog.getByRole("button", { name: "Test" }).click();
    await told.getByText("Connects").waitFor();
    expect(await told.getByRole("listitem").allTextContents()).toEqual([
      "Connection ✓ ",
      "Login ✓ MQTT 3.1.1",
      "Topics ✓ #",
    ]);
    await dialog.getByRole("button", { name: "Save" }).click();
    const card = panel.getByRole("region", { name: "cabin" });
    await card.getByText("connected", { exact: true }).waitFor();

    const [ear, mouth] = [await connect(mqtt, homeAssistant), await connect(`mqtt://127.0.0.1:${cabin.port}`, HOUSE)];
    await ear.client.subscribeAsync("cabin/#");
    await vi.waitFor(async () => {
      await mouth.client.publishAsync("door", "open", { qos: 1 });
      expect(ear.messages).toContain("cabin/door open");
    });

    await card.getByRole("button", { name: "Edit cabin" }).click();
    const edit = panel.getByRole("dialog", { name: "Edit the bridge cabin" });
    expect(await edit.getByLabel("Password there").inputValue()).toBe("");
    await edit.getByLabel("Prefix here").fill("hut/");
    await edit.getByRole("button", { name: "Save" }).click();
    await card.getByText("in hut/# ↔ #").waitFor();

    await card.getByRole("button", { name: "Remove cabin" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await panel.getByText("There is no bridge. Add one here").waitFor();
  });
});
