import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { connect, refusal } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser, type Sight } from "../stage/browser.ts";

const LOGIN = { username: "meter", password: "a good password" };
const OPTIONS = { logins: [LOGIN], customize: { active: true, folder: "mosquitto" } };
const FILES = {
  "data/options.json": JSON.stringify(OPTIONS),
  "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
  "share/mosquitto/acl": "user meter\ntopic write meters/#\n",
};

/** Follows a link that saves a file, and gives its name and text. */
async function save({ page, panel }: Sight, link: string): Promise<{ readonly name: string; readonly text: string }> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    panel.getByRole("link", { name: link, exact: true }).click(),
  ]);
  return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), "utf8") };
}

describeWith(["chromium"], "somebody who looks for the cause in System", () => {
  const look = useBrowser();

  it("follows the log, by level and by words, with what repeats counted", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { panel } = await look(house, { path: "/system/log" });
    await panel.getByRole("row", { name: /The panel is at/ }).waitFor();
    expect(await refusal(mqtt, { ...LOGIN, password: "no", clientId: "late<b>" })).toBe(5);
    const refused = panel.getByRole("row", { name: /late<b>.*wrong password/ });
    await refused.waitFor();
    await panel.getByRole("button", { name: "Errors" }).click();
    await panel.getByText("No line fits.").waitFor();
    await panel.getByRole("button", { name: "Everything" }).click();
    await panel.getByLabel("Search").fill("WRONG PASSWORD");
    await refused.waitFor();
    await panel.getByRole("row", { name: /The panel is at/ }).waitFor({ state: "detached" });
  });

  it("saves what somebody who helps wants to see, with and without addresses", async () => {
    const { house, mqtt } = await startApp(FILES);
    await connect(mqtt, { ...LOGIN, clientId: "meter-1" });
    const sight = await look(house, { path: "/system/log" });
    const whole = await save(sight, "Save it");
    expect(whole.name).toBe("culex-support.json");
    expect(JSON.parse(whole.text)).toMatchObject({ platform: expect.any(String), log: expect.any(Array) });
    expect(whole.text).toContain("127.0.0.1");
    const hidden = await save(sight, "Save it without addresses");
    expect(hidden.text).toContain("(address)");
    expect(hidden.text).not.toContain("127.0.0.1");
    for (const { text } of [whole, hidden]) expect(text).not.toContain(LOGIN.password);
  });

  it("asks what another text of a file would do", async () => {
    const { house } = await startApp(FILES);
    const { panel } = await look(house, { path: "/system/check" });
    await panel.getByLabel("File", { exact: true }).selectOption("acl");
    await panel.getByLabel("Its text").fill("user meter\ntopic readwite meters/#\n");
    await panel.getByRole("button", { name: "Check" }).click();
    await panel
      .getByRole("alert")
      .getByText(/acl line 2: "readwite" is not an access type/)
      .waitFor();
    const everything = ["homeassistant", "addons"].map((user) => `user ${user}\ntopic readwrite #\n`).join("");
    await panel.getByLabel("Its text").fill(`${everything}user meter\ntopic readwrite meters/#\n`);
    await panel.getByRole("button", { name: "Check" }).click();
    await panel.getByText("Nothing would be wrong with acl.").waitFor();
  });

  it("writes a trace, and saves it while it runs and when it has ended", async () => {
    const { house, mqtt } = await startApp(FILES);
    const sight = await look(house, { path: "/system/traces", expected: /status of 400/ });
    const { panel } = sight;
    await panel.getByLabel("Its name, or a filter of topics").fill("kitchen/pump");
    await panel.getByRole("button", { name: "Start" }).click();
    const row = panel.getByRole("row", { name: /client id kitchen\/pump/ });
    await row.waitFor();
    await connect(mqtt, { ...LOGIN, clientId: "kitchen/pump" });
    await row.getByText(/[1-9]\d* byte/).waitFor();
    await row.getByRole("button", { name: "Stop the trace of kitchen/pump" }).click();
    await panel.getByText("No trace runs.").waitFor();
    const [link = ""] = await panel.getByRole("link", { name: /^client-kitchen-pump-/ }).allInnerTexts();
    const { name, text } = await save(sight, link);
    expect(name).toBe(link);
    expect(text).toContain("RECV CONNECT");
    expect(text).not.toContain(LOGIN.password);
    await panel.getByLabel("Its name, or a filter of topics").fill("x");
    await panel.getByLabel("Minutes").fill("100000");
    await panel.getByRole("button", { name: "Start" }).click();
    await panel.getByText("No trace was started: a trace runs for 1 to 1440 minutes. Correct it.").waitFor();
  });
});
