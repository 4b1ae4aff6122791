import { expect, it, vi } from "vitest";
import type { ClientEvent, ClientInfo, ClientTopics } from "../../../src/core/api/clients.ts";
import type { Page } from "../../../src/core/api/common.ts";
import { describeWith } from "../../helpers/needs.ts";
import { useBrowser } from "../stage/browser.ts";
import { startFakeApi } from "../stage/fake-api.ts";
import { startHouse } from "../stage/house.ts";
import { BUSY, CALM, clientWith, overviewWith, problemWith } from "../stage/samples.ts";

describeWith(["chromium"], "the page Overview", () => {
  const look = useBrowser();

  it("says in a sentence that all is well, also to those who only listen", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(CALM)));
    await panel.getByRole("heading", { name: "All good: 38 devices connected." }).waitFor();
    await panel
      .getByRole("status")
      .filter({ hasText: "All good: 38 devices connected. Home Assistant is connected." })
      .waitFor();
  });

  it("names what needs somebody, and leads there", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)));
    await panel.getByRole("heading", { name: "2 things need you." }).waitFor();
    await panel.getByRole("link", { name: "Show esp-1" }).click();
    await panel.getByRole("heading", { level: 1, name: "Problems" }).waitFor();
    expect(await panel.getByRole("article").count()).toBe(1);
  });

  it("tells that Home Assistant is missing, and opens its integration", async () => {
    const overview = overviewWith({ homeAssistant: { connected: false } });
    const { panel, sent } = await look(await startHouse(await startFakeApi({ ...CALM, overview })));
    await panel.getByText("Home Assistant is not connected. Set up the MQTT integration,").last().waitFor();
    await panel.getByRole("button", { name: "Open the MQTT integration" }).click();
    await vi.waitFor(async () =>
      expect(await sent()).toContainEqual({
        type: "home-assistant/navigate",
        path: "/config/integrations/integration/mqtt",
      }),
    );
  });

  it("shows the messages of the last hour in words and as a table too", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(CALM)));
    await panel
      .getByRole("img", {
        name: "Messages of the last hour. In the last minute 412 came in and 1,020 went out.",
      })
      .waitFor();
    await panel.getByText("As a table").click();
    expect(await panel.getByRole("table").getByRole("row").count()).toBe(61);
  });
});

describeWith(["chromium"], "a fault in a file", () => {
  const look = useBrowser();

  it("is told with the name that the file has, not with a capital", async () => {
    const sentence = 'acl line 2: "readwite" is not an access type. The rules loaded at 12:03 stay in use.';
    const fault = problemWith({ id: "1", subject: "acl", kind: "config", reason: { kind: "config", sentence } });
    const overview = overviewWith({ problems: { total: 1, top: [fault] } });
    const { panel } = await look(await startHouse(await startFakeApi({ ...CALM, overview, problems: [fault] })));
    await panel.getByText(sentence, { exact: true }).waitFor();
    await panel.getByRole("link", { name: /^Problems/ }).click();
    await panel.getByRole("article").getByText(sentence, { exact: true }).waitFor();
  });
});

describeWith(["chromium"], "the page Devices", () => {
  const look = useBrowser();
  const CLIENTS = [
    clientWith({ id: "meter-1" }),
    clientWith({ id: "kitchen-plug", user: "kitchen-plug", state: "refused", problems: 1 }),
    clientWith({ id: "battery", user: null, state: "asleep", expectedBy: "2026-05-03T14:05:00Z", tls: true }),
    clientWith({ id: "late", state: "overdue" }),
    clientWith({ id: "cloud", source: "bridge" }),
    clientWith({ id: "core", user: "homeassistant" }),
  ];

  it("shows very many a part at a time, as the broker finds them, and opens any of them", async () => {
    const items = [clientWith({ id: "pump-1" }), clientWith({ id: "pump-2", state: "asleep" })];
    const others = {
      clients: { items, total: 20_000, next: "100" } satisfies Page<ClientInfo>,
      "clients/pump-2": items[1],
    };
    const api = await startFakeApi({ ...CALM, clients: [clientWith({ id: "newest" })], total: 20_000, others });
    const { panel } = await look(await startHouse(api), { path: "/devices" });
    await panel.getByRole("row", { name: /^pump-1 / }).waitFor();
    expect(await panel.getByRole("group", { name: "Which devices" }).getByRole("button").allTextContents()).toEqual([
      "All (20,000)",
      "Connected",
      "Asleep",
      "Refused",
      "Gone",
    ]);
    await panel.getByText("1 to 2 of 20,000").waitFor();
    expect(await panel.getByRole("row", { name: /^newest / }).count()).toBe(0);
    await panel.getByRole("link", { name: "pump-2" }).click();
    await panel.getByRole("heading", { level: 1, name: "pump-2" }).waitFor();
    await panel.getByText("asleep", { exact: true }).waitFor();
  });

  it("filters by state and by text, and the address says how", async () => {
    const { panel, frame } = await look(await startHouse(await startFakeApi({ ...CALM, clients: CLIENTS })), {
      path: "/devices",
    });
    const rows = panel.getByRole("rowheader");
    await rows.first().waitFor();
    const shown = async (): Promise<readonly string[]> => rows.locator("a").allTextContents();
    expect(await shown()).toEqual(["battery", "cloud", "core", "kitchen-plug", "late", "meter-1"]);
    for (const [chip, expected] of [
      ["Asleep (2)", ["battery", "late"]],
      ["Refused (1)", ["kitchen-plug"]],
      ["Bridges (1)", ["cloud"]],
      ["Apps (1)", ["core"]],
      ["Connected (3)", ["cloud", "core", "meter-1"]],
    ] as const) {
      await panel.getByRole("button", { name: chip }).click();
      expect(await shown(), chip).toEqual(expected);
      expect(await panel.getByRole("button", { name: chip }).getAttribute("aria-pressed")).toBe("true");
    }
    await panel.getByLabel("Search").fill("METER");
    expect(await shown()).toEqual(["cloud", "meter-1"]);
    expect(await frame().evaluate(() => location.hash)).toBe("#/devices?state=connected&q=METER");
  });

  it("sorts by what is pressed", async () => {
    const clients = [1, 30, 4].map((perMin) =>
      clientWith({ id: `d${perMin}`, in: { perMin, total: perMin, bytes: 0 } }),
    );
    const { panel } = await look(await startHouse(await startFakeApi({ ...CALM, clients })), { path: "/devices" });
    const names = panel.getByRole("rowheader").locator("a");
    await names.first().waitFor();
    await panel.getByRole("button", { name: "Messages per minute" }).click();
    expect(await names.allTextContents()).toEqual(["d1", "d4", "d30"]);
    await panel.getByRole("button", { name: "Messages per minute" }).click();
    expect(await names.allTextContents()).toEqual(["d30", "d4", "d1"]);
    const heading = panel.getByRole("columnheader", { name: "Messages per minute" });
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
  });

  it("shows what happened to a device, and what it publishes and subscribes to", async () => {
    const { panel } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/devices/meter-1/history" });
    await panel.getByRole("row", { name: /refused 30 times .*Wrong password for user meter/ }).waitFor();
    await panel.getByRole("link", { name: "Publishes" }).click();
    await panel.getByRole("row", { name: /meters\/1/ }).waitFor();
    await panel.getByRole("link", { name: "Subscribes" }).click();
    await panel.getByRole("row", { name: "# 0 nothing readable" }).waitFor();
    await panel.getByRole("link", { name: "Home Assistant" }).click();
    await panel.getByRole("row", { name: "Kitchen plug 1 in use" }).waitFor();
    expect(await panel.getByRole("link", { name: "Kitchen plug" }).getAttribute("href")).toBe(
      "#/topics/clean-up?which=all&q=plug",
    );
  });

  it("copies what is entered in a device to connect as this one does, but no password", async () => {
    const { page, panel, frame } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/devices/meter-1" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.getByRole("button", { name: "Copy Connection details, without the password" }).click();
    await panel.getByRole("button", { name: "Copied: Connection details, without the password" }).waitFor();
    expect(await frame().evaluate(() => navigator.clipboard.readText())).toBe(
      "Address: mqtt://127.0.0.1:1883\nUser: meter\nClient id: meter-1\n",
    );
  });

  it("finds a device by its user too, as deep links name it", async () => {
    const clients = [clientWith({ id: "esp-4711", user: "kitchen-plug" })];
    const { panel } = await look(await startHouse(await startFakeApi({ ...CALM, clients })), {
      path: "/devices/kitchen-plug",
    });
    await panel.getByText("esp-4711").waitFor();
  });

  it("disconnects and blocks after asking", async () => {
    const api = await startFakeApi(BUSY);
    const { panel } = await look(await startHouse(api), { path: "/devices/meter-1" });
    await panel.getByRole("button", { name: "Disconnect" }).click();
    await panel.getByRole("dialog", { name: "Disconnect meter-1?" }).getByRole("button", { name: "Cancel" }).click();
    expect(api.writes).toEqual([]);
    await panel.getByRole("button", { name: "Disconnect" }).click();
    await panel.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await panel.getByRole("status").filter({ hasText: "meter-1 is disconnected." }).waitFor();
    await panel.getByRole("button", { name: "Block…" }).click();
    await panel.getByLabel("What is blocked").selectOption({ label: "the address 192.0.2.7, whoever uses it" });
    await panel.getByRole("button", { name: "Block", exact: true }).click();
    await panel.getByRole("status").filter({ hasText: "192.0.2.7 is blocked." }).waitFor();
    expect(api.writes).toEqual(["POST clients/meter-1/disconnect", "PUT blocks/ip/192.0.2.7"]);
  });
});

describeWith(["chromium"], "the page Problems", () => {
  const look = useBrowser();

  it("has one card for each, with who, what, why, how often and what to do", async () => {
    const { panel, frame } = await look(await startHouse(await startFakeApi(BUSY)), { path: "/problems" });
    const card = panel.getByRole("article", { name: "esp-1: Refused: wrong password" });
    await card.waitFor();
    for (const text of ["Wrong password for user kitchen-plug.", "192.0.2.7", "14 times since"])
      await card.getByText(text).waitFor();
    await card.getByRole("link", { name: "Set a new password" }).click();
    expect(await frame().evaluate(() => location.hash)).toBe("#/access/users?user=kitchen-plug");
  });

  it("filters by kind, the newest first", async () => {
    const problems = [
      problemWith({ id: "1", subject: "old", last: "2026-05-03T08:00:00Z" }),
      problemWith({ id: "2", subject: "new", last: "2026-05-03T10:00:00Z" }),
      problemWith({ id: "3", subject: "meter", kind: "publish_denied", last: "2026-05-03T09:00:00Z" }),
      problemWith({ id: "4", subject: "esp-1", kind: "loop", last: "2026-05-03T07:00:00Z" }),
      problemWith({ id: "5", subject: "acl.conf", kind: "config", last: "2026-05-03T06:00:00Z" }),
    ];
    const { panel } = await look(await startHouse(await startFakeApi({ ...CALM, problems })), { path: "/problems" });
    const subjects = panel.getByRole("article").getByRole("heading", { level: 2 });
    await subjects.first().waitFor();
    expect(await subjects.allTextContents()).toEqual(["new", "meter", "old", "esp-1", "acl.conf"]);
    for (const [chip, expected] of [
      ["Refused", ["new", "old"]],
      ["Denied", ["meter"]],
      ["Loops", ["esp-1"]],
      ["Settings", ["acl.conf"]],
      ["Bridges", []],
    ] as const) {
      await panel.getByRole("button", { name: chip, exact: true }).click();
      expect(await subjects.allTextContents(), chip).toEqual(expected);
    }
    await panel.getByText("Nothing matches.").waitFor();
  });

  it("mutes a card, and keeps muted ones apart", async () => {
    const api = await startFakeApi(BUSY);
    const { panel } = await look(await startHouse(api), { path: "/problems" });
    await panel.getByRole("button", { name: "Mute 7 days: esp-1" }).click();
    await panel.getByRole("status").filter({ hasText: "The problem of esp-1 is muted for 7 days." }).waitFor();
    expect(api.writes).toEqual(["POST problems/p1/mute"]);
    const muted = problemWith({ id: "p1", mutedUntil: "2026-05-10T09:24:00Z" });
    api.tell({ ...BUSY, problems: [muted] });
    await panel.getByText("Muted (1)").click();
    await panel.getByText(/muted until 10 May 2026/).waitFor();
    await panel.getByRole("button", { name: "Show again: esp-1" }).click();
    await panel.getByRole("status").filter({ hasText: "The problem of esp-1 is shown again." }).waitFor();
    expect(api.writes).toEqual(["POST problems/p1/mute", "DELETE problems/p1/mute"]);
  });
});

describeWith(["chromium"], "names that would do harm", () => {
  const look = useBrowser();
  const EVIL = '"><img src=x onerror=alert(1)>';
  const TURNED = "abc\u202Egnp.exe\u0007";

  it("are shown as text on every page, and copied byte by byte", async () => {
    const events: Page<ClientEvent> = {
      items: [{ at: "2026-05-03T09:10:00Z", kind: "denied", topic: EVIL, reason: { kind: "x", sentence: EVIL } }],
      total: 1,
      next: null,
    };
    const publishes: Page<ClientTopics["publishes"][number]> = {
      items: [{ topic: EVIL, at: "2026-05-03T09:10:00Z", count: 1 }],
      total: 1,
      next: null,
    };
    const problem = problemWith({ id: EVIL, subject: EVIL, user: TURNED, reason: { kind: "x", sentence: EVIL } });
    const house = await startHouse(
      await startFakeApi({
        overview: overviewWith({ problems: { total: 1, top: [problem] } }),
        clients: [clientWith({ id: EVIL, user: TURNED, lastTopic: EVIL })],
        problems: [problem],
        others: { [`clients/${EVIL}/events`]: events, [`clients/${EVIL}/publishes`]: publishes },
      }),
    );
    const { page, panel, frame } = await look(house);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const at = `#/devices/${encodeURIComponent(EVIL)}`;
    for (const hash of ["#/overview", "#/devices", "#/problems", at, `${at}/history`, `${at}/publishes`]) {
      await frame().evaluate((hash) => void (location.hash = hash), hash);
      await panel.getByRole("main").getByText(EVIL).first().waitFor();
      expect(await frame().locator("img[src=x]").count(), hash).toBe(0);
    }
    await frame().evaluate((hash) => void (location.hash = hash), at);
    await panel.getByText("abc⟨U+202E⟩gnp.exe␇").waitFor();
    await panel.getByRole("button", { name: "Copy User" }).click();
    await panel.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    expect(await frame().evaluate(() => navigator.clipboard.readText())).toBe(TURNED);
  });
});
