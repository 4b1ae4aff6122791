import { expect, it } from "vitest";
import { describeWith } from "../../helpers/needs.ts";
import { connect } from "../../helpers/mqtt.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY } from "../stage/samples.ts";

const LOGIN = { username: "meter", password: "a good password" };

describeWith(["chromium"], "the page System", () => {
  const look = useBrowser();

  it("names each port, who is on it and a line to try it", async () => {
    const { house, mqtt } = await startApp({ "data/options.json": JSON.stringify({ logins: [LOGIN] }) });
    await connect(mqtt, { ...LOGIN, clientId: "meter-1" });
    const { panel } = await look(house, { path: "/system" });
    const { port } = new URL(mqtt);
    await panel.getByText(`mqtt://127.0.0.1:${port}`).waitFor();
    await panel.getByText(`mosquitto_pub -h 127.0.0.1 -p ${port} -u USER -P PASSWORD -t test -m hello`).waitFor();
    await panel.getByText("Connected now1").waitFor();
    await panel.getByRole("link", { name: "Certificates" }).click();
    await panel.getByText("No port shows a certificate.").waitFor();
    await panel.getByRole("link", { name: "What was done" }).click();
    await panel.getByText("Nothing was changed in this panel yet.").waitFor();
  });

  it("says for how long a certificate holds, and what is wrong with it", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/system/certificates" });
    const card = panel.getByRole("region", { name: "home.example.org" });
    for (const text of [
      "6 days left",
      "Example CA",
      "4711",
      "keyfile privkey.pem does not match certfile fullchain.pem",
    ])
      await card.getByText(text, { exact: true }).waitFor();
  });

  it("lists the settings in force, and what is wrong with a file", async () => {
    const { house } = await startApp({
      "data/options.json": '{"customize":{"active":true,"folder":"mosquitto"}}',
      "share/mosquitto/broken.conf": "no_such_line 1\n",
    });
    const { panel, violations } = await look(house, { path: "/system/config" });
    await panel.getByText("no_such_line").first().waitFor();
    await panel.getByRole("table", { name: "Settings" }).waitFor();
    expect(await violations()).toEqual([]);
  });

  it("says who did what", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/system/done" });
    await panel.getByRole("row", { name: /^disconnected meter-1 Kläus Müller/ }).waitFor();
  });
});
