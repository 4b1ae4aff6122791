import type { MqttClient } from "mqtt";
import { expect, it, vi } from "vitest";
import type { Overview } from "../../../src/core/api/system.ts";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser, type Sight } from "../stage/browser.ts";
import { ADMIN, type House } from "../stage/house.ts";

const LOGIN = { username: "meter", password: "a good password" };
const FILES = { "data/options.json": JSON.stringify({ logins: [LOGIN] }) };
const PARTS = 12;
const SOON = { timeout: 10_000 };

/** Announces a device of twelve parts to Home Assistant. */
async function announce({ publishAsync }: Pick<MqttClient, "publishAsync">, device: number): Promise<void> {
  for (let part = 0; part < PARTS; part++) {
    const config = {
      name: `Part ${part}`,
      stat_t: `dev${device}/s${part}`,
      avty_t: `dev${device}/LWT`,
      dev: { ids: [`dev${device}`], name: `Device ${device}` },
    };
    const topic = `homeassistant/sensor/dev${device}/s${part}/config`;
    await publishAsync(topic, `${JSON.stringify(config)}\r\n`, { qos: 1, retain: true });
  }
}

/** How many retained messages there are, as the first page tells. */
async function retainedCount({ page }: Sight, house: House): Promise<number> {
  const overview: Overview = await page.evaluate(
    async (path) => (await fetch(path)).json(),
    `/api/hassio_ingress/${house.token}/api/v1/overview`,
  );
  return overview.retained.count;
}

describeWith(["chromium"], "somebody who cleans up what old devices left behind", () => {
  const look = useBrowser();

  it("finds them with the reasons, deletes two, and brings them back byte by byte", async () => {
    const { house, mqtt } = await startApp(FILES);
    const gateway = await connect(mqtt, { ...LOGIN, clientId: "gateway" });
    const alive = await connect(mqtt, { ...LOGIN, clientId: "alive" });
    const publish = (client: MqttClient) => ({ publishAsync: client.publishAsync.bind(client) });
    for (let device = 0; device < 10; device++)
      await announce(publish(device === 2 ? alive.client : gateway.client), device);
    // one says that it is there, one still measures, and the one that has announced the third is connected
    await gateway.client.publishAsync("dev0/LWT", "online", { qos: 1, retain: true });
    await gateway.client.publishAsync("dev1/s1", "20", { qos: 1 });
    await gateway.client.endAsync();

    const watcher = await connect(mqtt, { ...LOGIN, clientId: "watcher", protocolVersion: 5 });
    const heard: { readonly topic: string; readonly bytes: number; readonly retain: boolean }[] = [];
    watcher.client.on("message", (topic, payload, { retain }) => heard.push({ topic, bytes: payload.length, retain }));
    await watcher.client.subscribeAsync("homeassistant/#", { qos: 1, rap: true });
    await vi.waitFor(() => expect(heard).toHaveLength(120), SOON);
    const before = new Map(watcher.messages.map((message) => [message.split(" ", 1)[0], message]));
    heard.length = 0;

    const sight = await look(house);
    const { panel } = sight;
    await panel.getByRole("link", { name: "Clean-up: 84 probably unused" }).click();
    await panel.getByRole("status").filter({ hasText: "7 devices are probably unused." }).waitFor();
    const cards = panel.getByRole("region", { name: /^Device \d$/ });
    expect(await cards.getByRole("heading").allTextContents()).toEqual([3, 4, 5, 6, 7, 8, 9].map((n) => `Device ${n}`));
    const reasons = async (device: number): Promise<readonly string[]> =>
      panel
        .getByRole("region", { name: `Device ${device}` })
        .getByRole("listitem")
        .allTextContents();
    expect((await reasons(9)).slice(0, 3)).toEqual([
      "Nothing says whether it is there.speaks for unused",
      expect.stringMatching(/^Nothing was published to its topics since \d+ .* 20\d\d, [\d:]+\.speaks for unused$/),
      expect.stringMatching(/^No connected device has announced it since \d+ .* 20\d\d, [\d:]+\.speaks for unused$/),
    ]);
    await panel.getByRole("button", { name: "All", exact: true }).click();
    await panel.getByRole("status").filter({ hasText: "10 devices are announced." }).waitFor();
    expect((await reasons(0))[0]).toBe("Topic dev0/LWT says that it is there.speaks against it");
    expect((await reasons(1))[1]).toMatch(/^Topic dev1\/s1 was published at \d+ .* 20\d\d, [\d:]+\.speaks against it$/);
    expect((await reasons(2))[2]).toBe("Client alive, which is connected, has announced it.speaks against it");
    expect(await panel.getByRole("checkbox").count()).toBe(7);

    await panel.getByRole("button", { name: "Probably unused" }).click();
    for (const device of [8, 9]) await panel.getByRole("checkbox", { name: `Choose Device ${device}` }).check();
    await panel.getByRole("button", { name: "Delete 2 devices…" }).click();
    const dialog = panel.getByRole("dialog", { name: "Delete 24 retained messages of 2 devices?" });
    const named = dialog.getByRole("list", { name: "Devices" }).getByRole("listitem");
    await named.first().waitFor();
    expect(await named.allTextContents()).toEqual(["Device 8", "Device 9"]);
    expect(await sight.violations()).toEqual([]);
    const countBefore = await retainedCount(sight, house);
    expect(heard).toEqual([]);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await panel.getByText("Done: Delete 24 retained messages.").first().waitFor();
    await panel.getByRole("status").filter({ hasText: "5 devices are probably unused." }).waitFor();
    await vi.waitFor(() => expect(heard).toHaveLength(24), SOON);
    expect(heard.every(({ topic, bytes, retain }) => /\/dev[89]\//.test(topic) && bytes === 0 && retain)).toBe(true);
    expect(await retainedCount(sight, house)).toBe(countBefore - 24);

    await panel.getByRole("link", { name: "Trash" }).click();
    const rows = panel.getByRole("table", { name: "Trash" }).getByRole("row").filter({ hasText: ADMIN.displayName });
    await rows.nth(23).waitFor();
    expect(await rows.count()).toBe(24);
    await panel.getByRole("button", { name: "Restore all (24)" }).click();
    await panel.getByText("The trash is empty.").waitFor();
    await panel.getByText("Done: Restore 24 retained messages.").first().waitFor();
    const reader = await connect(mqtt, { ...LOGIN, clientId: "reader" });
    await reader.client.subscribeAsync("homeassistant/#", { qos: 1 });
    await vi.waitFor(() => expect(reader.messages).toHaveLength(120), SOON);
    expect(new Map(reader.messages.map((message) => [message.split(" ", 1)[0], message]))).toEqual(before);
  });

  it("deletes 5,000 messages by a filter within seconds, and no device waits for that", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "owner" });
    await client.publishAsync("real/a", "stays", { qos: 1, retain: true });
    await Promise.all(
      Array.from({ length: 5000 }, (_, number) =>
        client.publishAsync(`ghost/${number}`, "x".repeat(200), { qos: 1, retain: true }),
      ),
    );
    const { panel } = await look(house, { path: "/topics", expected: /status of 400/ });
    await panel.getByRole("link", { name: "Retained" }).click();
    await panel.getByText("1 to 100 of 5,001").waitFor();
    const rows = panel.getByRole("table", { name: "Retained" }).getByRole("row");
    const bySize = panel.getByRole("button", { name: "Size" });
    await bySize.click();
    await rows.nth(1).filter({ hasText: "real/a" }).waitFor();
    expect(await bySize.evaluate((element) => element === document.activeElement)).toBe(true);
    await panel.getByRole("button", { name: "Next" }).click();
    await panel.getByText("101 to 200 of 5,001").waitFor();
    await panel.getByRole("button", { name: "Delete by filter…" }).click();
    await panel.getByLabel("Topic filter").fill("ghost/#/x");
    await panel.getByRole("button", { name: "Show what would go" }).click();
    await panel.getByRole("alert").filter({ hasText: '"ghost/#/x" is no topic filter' }).waitFor();
    await panel.getByLabel("Topic filter").fill("ghost/#");
    await panel.getByRole("button", { name: "Show what would go" }).click();
    const dialog = panel.getByRole("dialog", { name: "Delete 5,000 retained messages?" });
    await dialog.getByText("and 4,980 more").waitFor();

    let slowestMs = 0;
    let sentMs = performance.now();
    client.on("packetreceive", ({ cmd }) => {
      if (cmd !== "pingresp") return;
      slowestMs = Math.max(slowestMs, performance.now() - sentMs);
      sentMs = performance.now();
      client.sendPing();
    });
    client.sendPing();
    const startMs = performance.now();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await panel.getByText("Done: Delete 5000 retained messages.").first().waitFor();
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeLessThan(10_000);
    expect(slowestMs).toBeGreaterThan(0);
    expect(slowestMs).toBeLessThan(2000);
    // also from a part of the list that is not there any more
    await vi.waitFor(async () => expect(await rows.count()).toBe(2), SOON);
    await rows.filter({ hasText: "real/a" }).waitFor();
  });
});
