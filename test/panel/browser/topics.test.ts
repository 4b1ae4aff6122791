import { expect, it, vi } from "vitest";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser } from "../stage/browser.ts";

const LOGIN = { username: "meter", password: "a good password" };
const FILES = { "data/options.json": JSON.stringify({ logins: [LOGIN] }) };
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describeWith(["chromium"], "the page Topics", () => {
  const look = useBrowser();

  it("tells who publishes a topic, the newest first, and leads to the device", async () => {
    const { house, mqtt } = await startApp(FILES);
    const first = await connect(mqtt, { ...LOGIN, clientId: "first" });
    const second = await connect(mqtt, { ...LOGIN, clientId: "second" });
    for (const value of ["20", "21"]) await first.client.publishAsync("house/temp", value, { qos: 1 });
    await second.client.publishAsync("house/temp", "22.5", { qos: 1, retain: true });

    const { panel, page, frame } = await look(house, { path: "/topics" });
    await panel.getByRole("button", { name: "What is below house" }).click();
    await panel.getByRole("link", { name: "temp", exact: true }).click();
    await panel.getByRole("heading", { level: 1, name: "house/temp" }).waitFor();
    const rows = panel.getByRole("table", { name: "Who publishes this" }).getByRole("row");
    const told = (now: string) => [
      "DeviceAddressMessagesLast",
      expect.stringMatching(`^seconduser meter127\\.0\\.0\\.11${now}$`),
      expect.stringMatching(`^firstuser meter127\\.0\\.0\\.12${now}$`),
    ];
    await rows.nth(2).waitFor();
    expect(await rows.allTextContents()).toEqual(told("now"));
    await panel.getByRole("region", { name: "value", exact: true }).filter({ hasText: "22.5" }).waitFor();
    await panel.getByRole("img", { name: "The last 3 numbers, from 20 to 22.5. The last is 22.5." }).waitFor();

    for (const device of ["first", "second"]) {
      await panel.getByRole("link", { name: device, exact: true }).click();
      await panel.getByRole("heading", { level: 1, name: device }).waitFor();
      await panel.getByRole("link", { name: "Publishes" }).click();
      await panel
        .getByRole("table")
        .getByRole("row", { name: /^house\/temp/ })
        .waitFor();
      await frame().evaluate(() => void (location.hash = "#/topics?topic=house/temp"));
      await rows.nth(2).waitFor();
    }
    // the address of the frame does not outlive a reload of the page around it
    await page.reload();
    await frame().evaluate(() => void (location.hash = "#/topics?topic=house/temp"));
    await rows.nth(2).waitFor();
    expect(await rows.allTextContents()).toEqual(told(".*"));
  });

  it("says when topics were forgotten to save memory", async () => {
    const options = JSON.stringify({ logins: [LOGIN], limits: { max_indexed_topics: 5 } });
    const { house, mqtt } = await startApp({ "data/options.json": options });
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "x" });
    for (let topic = 0; topic < 12; topic++) await client.publishAsync(`house/${topic}`, "1", { qos: 1 });
    const { panel } = await look(house, { path: "/topics" });
    await panel
      .getByRole("note")
      .filter({ hasText: /^5 topics are known\. 7 that were not used for the longest time were forgotten/ })
      .waitFor();
  });

  it("searches names and values, and the address says for what", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "x" });
    await client.publishAsync("house/kitchen/lamp", '{"state":"ON"}', { qos: 1 });
    await client.publishAsync("house/kitchen/temp", "19.5", { qos: 1 });
    await client.publishAsync("house/bath/temp", "23", { qos: 1 });
    const { panel, frame } = await look(house, { path: "/topics" });
    const names = panel.getByRole("rowheader");
    const found = (topics: readonly string[]): Promise<void> =>
      vi.waitFor(async () => expect(await names.allTextContents()).toEqual(topics), { timeout: 5000 });
    await panel.getByLabel("Search").fill("KITCHEN");
    await found(["house/kitchen/lamp", "house/kitchen/temp"]);
    await panel.getByRole("status").filter({ hasText: "2 topics found." }).waitFor();
    await panel.getByLabel("Search").fill("house/+/temp");
    await panel.getByLabel("As").selectOption({ label: "filter with + and #" });
    await found(["house/bath/temp", "house/kitchen/temp"]);
    await panel.getByLabel("As").selectOption({ label: "text" });
    await panel.getByLabel("In", { exact: true }).selectOption({ label: "last values" });
    await panel.getByLabel("Search").fill('"state":"on');
    await found(["house/kitchen/lamp"]);
    expect(await frame().evaluate(() => location.hash)).toBe("#/topics?q=%22state%22%3A%22on&mode=text&in=value");
  });

  it("shows JSON over several lines, bytes as figures and a picture as a picture", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "x" });
    await client.publishAsync("a/json", '{"big":12345678901234567890,"list":[1,{"on of":true}]}', { qos: 1 });
    await client.publishAsync("a/bytes", Buffer.from([0xde, 0xad, 0xbe, 0xef]), { qos: 1 });
    await client.publishAsync("a/picture", PIXEL, { qos: 1 });
    const { panel, page, frame } = await look(house, { path: "/topics" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const open = (topic: string): Promise<void> =>
      frame().evaluate((hash) => void (location.hash = hash), `#/topics?topic=${topic}`);
    await open("a/json");
    const value = panel.getByRole("region", { name: "value", exact: true });
    await value.waitFor();
    expect(await value.textContent()).toBe(
      '{\n  "big": 12345678901234567890,\n  "list": [\n    1,\n    {\n      "on of": true\n    }\n  ]\n}',
    );
    await panel.getByRole("button", { name: "Copy value_json.list[1]['on of']" }).click();
    await panel.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    expect(await frame().evaluate(() => navigator.clipboard.readText())).toBe("{{ value_json.list[1]['on of'] }}");
    await open("a/bytes");
    await value.filter({ hasText: "de ad be ef" }).waitFor();
    await open("a/picture");
    const picture = panel.getByRole("img", { name: "The last value, a picture" });
    await picture.waitFor();
    await vi.waitFor(async () => expect(await picture.evaluate((image) => Reflect.get(image, "naturalWidth"))).toBe(1));
  });

  it("shows topics and values that would do harm as text, and copies them byte by byte", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "x" });
    // Home Assistant lets an address with neither of them pass.
    const evil = 'a/../"><script>alert(1)</script><img src=x onerror=alert(1)>';
    await client.publishAsync(evil, `${evil}\u202E`, { qos: 1 });
    const { panel, page, frame } = await look(house, { path: "/topics" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.getByLabel("Search").fill("<script>");
    await panel.getByRole("link", { name: evil }).click();
    await panel.getByRole("heading", { level: 1, name: evil }).waitFor();
    await panel.getByRole("region", { name: "value", exact: true }).getByText(`${evil}⟨U+202E⟩`).waitFor();
    await panel.getByRole("button", { name: "Copy topic" }).click();
    await panel.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    expect(await frame().evaluate(() => navigator.clipboard.readText())).toBe(evil);
    await frame().evaluate(() => void (location.hash = "#/topics"));
    await panel.getByRole("button", { name: "What is below a", exact: true }).click();
    await panel.getByRole("button", { name: "What is below a/..", exact: true }).click();
    await panel.getByRole("button", { name: 'What is below a/../"><script>alert(1)<', exact: true }).waitFor();
    expect(await frame().locator("img[src=x]").count()).toBe(0);
  });

  it("shows them as text too where messages come, are kept, deleted, restored and cleaned up", async () => {
    const { house, mqtt } = await startApp(FILES);
    const evil = 'a/../"><script>alert(1)</script><img src=x onerror=alert(1)>\u202E';
    const shown = evil.replace("\u202E", "⟨U+202E⟩");
    const { client } = await connect(mqtt, { ...LOGIN, clientId: evil });
    const config = { "~": evil, stat_t: "~", avty_t: "~/away", dev: { ids: [evil], name: evil } };
    await client.publishAsync(evil, evil, { qos: 1, retain: true });
    await client.publishAsync("homeassistant/sensor/evil/config", JSON.stringify(config), { qos: 1, retain: true });
    const { panel, frame } = await look(house, { path: "/topics/live" });
    const isText = async (): Promise<void> => expect(await frame().locator("img[src=x], main script").count()).toBe(0);

    const live = panel.getByRole("table", { name: "Live" });
    await vi.waitFor(
      async () => {
        await client.publishAsync(evil, evil, { qos: 1, retain: true });
        expect(await live.getByRole("link", { name: shown, exact: true }).count()).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 300 },
    );
    await isText();

    await panel.getByRole("link", { name: "Clean-up" }).click();
    await panel.getByRole("button", { name: "All", exact: true }).click();
    const card = panel.getByRole("region", { name: shown });
    await card.getByText(`Client ${shown}, which is connected, has announced it`).waitFor();
    await isText();

    await panel.getByRole("link", { name: "Retained" }).click();
    await panel.getByLabel("Search").fill("../");
    await panel.getByRole("checkbox", { name: `Choose ${shown}` }).check();
    await panel.getByRole("button", { name: "Delete chosen (1)…" }).click();
    const dialog = panel.getByRole("dialog", { name: "Delete 1 retained message?" });
    await dialog.getByText(shown).waitFor();
    await isText();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await panel.getByText("Done: Delete 1 retained message.").first().waitFor();

    await panel.getByRole("link", { name: "Trash" }).click();
    await panel.getByLabel("Search").fill("<script");
    await panel.getByRole("checkbox", { name: `Choose ${shown}` }).check();
    await isText();
    await panel.getByRole("button", { name: "Restore chosen (1)" }).click();
    await panel.getByText("Done: Restore 1 retained message.").first().waitFor();
    const reader = await connect(mqtt, { ...LOGIN, clientId: "reader" });
    await reader.client.subscribeAsync("a/#", { qos: 1 });
    await reader.received([`${evil} ${evil}`]);
  });
});
