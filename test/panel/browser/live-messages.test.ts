import type { MqttClient } from "mqtt";
import { expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../../helpers/mqtt.ts";
import { describeWith } from "../../helpers/needs.ts";
import { startApp } from "../stage/app.ts";
import { useBrowser, type Sight } from "../stage/browser.ts";

const LOGIN = { username: "meter", password: "a good password" };
const FILES = { "data/options.json": JSON.stringify({ logins: [LOGIN] }) };
const TOPICS = 5000;
const PER_S = 200;
const FLOOD_S = 5;

/** Publishes to one topic after the other until the test is over. */
function flood({ publish }: Pick<MqttClient, "publish">): void {
  let sent = 0;
  const startMs = performance.now();
  const timer = setInterval(() => {
    for (const due = ((performance.now() - startMs) / 1000) * PER_S; sent < due; sent++)
      publish(`flood/${sent % 50}/${sent % TOPICS}`, `{"value":${sent}}`);
  }, 20);
  onTestFinished(() => clearInterval(timer));
}

/** Milliseconds from a click on a link of the panel until what it leads to is painted. */
async function clickToPaint({ frame }: Sight, href: string): Promise<number> {
  return frame().evaluate(
    (href) =>
      new Promise<number>((resolve) => {
        const startMs = performance.now();
        document.querySelector<HTMLAnchorElement>(`a[href="${href}"]`)?.click();
        // the second frame begins when the first is painted
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - startMs)));
      }),
    href,
  );
}

/** What the line above the messages says. */
async function figures(panel: Sight["panel"]): Promise<{ readonly shown: number; readonly skipped: number }> {
  const said = panel.getByText(/^Shown: [\d,]+, at most 5 a second\. Skipped: [\d,]+\.$/);
  const [, shown = "", skipped = ""] =
    /: ([\d,]+), .*: ([\d,]+)\.$/.exec((await said.last().textContent()) ?? "") ?? [];
  const numberOf = (text: string): number => Number(text.replaceAll(",", ""));
  return { shown: numberOf(shown), skipped: numberOf(skipped) };
}

/** Bytes that the page's scripts use after what they no longer need is gone. */
async function heapOf({ page }: Sight): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize;
}

describeWith(["chromium"], "messages as they come", () => {
  const look = useBrowser();

  it("are at most five a second in a flood, which the page and the broker get through", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "flooder" });
    const publish = client.publish.bind(client);
    for (let topic = 0; topic < TOPICS; topic++) publish(`flood/${topic % 50}/${topic}`, "0");
    await client.publishAsync("flood/over", "", { qos: 1 });

    const sight = await look(house, { path: "/topics/live" });
    const { panel } = sight;
    await panel.getByText("Waiting for messages.").waitFor();
    const startMs = performance.now();
    flood({ publish });
    const { shown, elapsedMs } = await vi.waitFor(
      async () => {
        const now = await figures(panel);
        expect(now.skipped).toBeGreaterThan(PER_S * FLOOD_S);
        return { ...now, elapsedMs: performance.now() - startMs };
      },
      { timeout: 30_000, interval: 100 },
    );
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThanOrEqual(5 * (elapsedMs / 1000 + 1));
    const rows = panel.getByRole("table", { name: "Live" }).getByRole("rowheader");
    expect(await rows.count()).toBeLessThanOrEqual(100);
    expect((await rows.allTextContents()).every((topic) => /^flood\/\d+\/\d+$/.test(topic))).toBe(true);

    const paintsMs: number[] = [];
    for (const tab of ["#/topics/retained", "#/topics", "#/devices", "#/topics", "#/topics/live"])
      paintsMs.push(await clickToPaint(sight, tab));
    expect(Math.max(...paintsMs)).toBeLessThan(2000);
    expect(await heapOf(sight)).toBeLessThan(80 * 1024 * 1024);
    await panel.getByRole("link", { name: "Overview" }).click();
    const talkers = panel.getByRole("list", { name: "Who sends most" }).getByRole("listitem");
    await talkers.filter({ hasText: /^flooder[\d,]+ per minute$/ }).waitFor();
  });

  it("are filtered while somebody types, pause, and are only looked at as long as somebody does", async () => {
    const { house, mqtt } = await startApp(FILES);
    const { client } = await connect(mqtt, { ...LOGIN, clientId: "pump" });
    const { panel } = await look(house, { path: "/topics/live" });
    await panel.getByText("Waiting for messages.").waitFor();
    const rows = panel.getByRole("table", { name: "Live" }).getByRole("row");
    const row = (text: string | RegExp) => rows.filter({ hasText: text });
    /** Publishes until it is shown: the broker may hear of the look a moment after the page. */
    const show = async (topic: string, payload: string): Promise<void> => {
      await vi.waitFor(
        async () => {
          await client.publishAsync(topic, payload, { qos: 1 });
          expect(await row(payload).count()).toBeGreaterThan(0);
        },
        { timeout: 10_000, interval: 300 },
      );
    };
    await show("house/temp", "first");
    await client.publishAsync("house/state", '{"on":true}', { qos: 1, retain: true });
    await row(/house\/state retained\{"on":true\}pump11/).waitFor();

    await panel.getByLabel("Topic filter").fill("house/#/x");
    await panel.getByText("That is no topic filter. Write one like home/+/state or home/#.").waitFor();
    await panel.getByLabel("Topic filter").fill("house/+");
    await panel.getByText("Waiting for messages.").waitFor();
    await client.publishAsync("other/a", "unseen", { qos: 1 });
    await show("house/b", "second");
    expect(await row("unseen").count()).toBe(0);

    await panel.getByRole("button", { name: "Pause" }).click();
    const before = await figures(panel);
    await client.publishAsync("house/c", "missed", { qos: 1 });
    await panel.getByRole("button", { name: "Pause", pressed: true }).click();
    await show("house/d", "third");
    expect(await row("missed").count()).toBe(0);
    expect((await figures(panel)).shown).toBeGreaterThan(before.shown);
    await row("second").first().waitFor();
    await row("third").first().getByRole("link", { name: "pump" }).click();
    await panel.getByRole("heading", { level: 1, name: "pump" }).waitFor();
  });
});
