import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempFolder } from "../helpers/temp.ts";
import { panelHouse } from "./panel-house.ts";

test("sensors and metrics are switched in the options, and what else stands there stays", async () => {
  const { get, send, client, folders, running } = await panelHouse({ sensors: { interval: 10 } });
  const off = { sensors: { active: false, name: "Culex", devices: [] }, metrics: { active: false, needsToken: false } };
  expect(await get("figures")).toEqual({ status: 200, body: off });
  const seen = await client("home-assistant");
  await seen.client.subscribeAsync("culex/#", { qos: 1 });

  const sensors = { active: true, devices: ["home-assistant"] };
  expect(await send("PATCH", "figures", { sensors })).toEqual({
    status: 200,
    body: { ...off, sensors: { active: true, name: "Culex", devices: ["home-assistant"] } },
  });
  await vi.waitFor(() => expect(seen.messages).toContain("culex/status online"), { timeout: 10_000 });
  expect(await send("PATCH", "figures", { metrics: { active: true } })).toMatchObject({
    status: 200,
    body: { metrics: { active: true, needsToken: false } },
  });
  const page = /http:\S+\/metrics/.exec(await running.line(/Metrics are at /))?.[0] ?? "";
  expect((await fetch(page)).status).toBe(200);
  expect(JSON.parse(readFileSync(join(folders.data, "options.json"), "utf8"))).toMatchObject({
    sensors: { interval: 10, ...sensors },
    metrics: { active: true },
  });

  expect(await send("PATCH", "figures", { sensors: { active: false } })).toMatchObject({
    status: 200,
    body: { sensors: { active: false, devices: ["home-assistant"] } },
  });
  await vi.waitFor(() => expect(seen.messages).toContain("culex/status "), { timeout: 10_000 });
  expect(await get("audit")).toMatchObject({
    body: {
      items: [
        { what: "switched the sensors in Home Assistant off" },
        { what: "switched the metrics for Prometheus on" },
        { what: "switched the sensors in Home Assistant on, chose 1 device for the sensors in Home Assistant" },
      ],
    },
  });
});

test.each([
  [{}, "sensors"],
  [{ sensors: true }, "sensors"],
  [{ metrics: { active: "yes" } }, "active"],
  [{ sensors: { devices: "plug" } }, "devices"],
  [{ sensors: { devices: Array.from({ length: 101 }, (_, index) => `d${index}`) } }, "devices"],
])("%j changes nothing", async (wish, field) => {
  const { send, folders } = await panelHouse();
  const before = readFileSync(join(folders.data, "options.json"), "utf8");
  expect(await send("PATCH", "figures", wish)).toMatchObject({
    status: 400,
    body: { error: { code: "invalid", field } },
  });
  expect(readFileSync(join(folders.data, "options.json"), "utf8")).toBe(before);
});

test("where a line of a conf file has the last word it is said which to change", async () => {
  const conf = { "share/mosquitto/a.conf": "sensors true\nsensors_name Cabin\n" };
  const { get, send } = await panelHouse({ customize: { active: true } }, conf);
  expect(await get("figures")).toMatchObject({
    body: {
      sensors: { active: true, name: "Cabin", paste: { to: "a.conf line 2", lines: ["sensors false"] } },
      metrics: { active: false },
    },
  });
  expect(await send("PATCH", "figures", { sensors: { active: false } })).toEqual({
    status: 409,
    body: {
      error: {
        code: "conflict",
        message: "The sensors in Home Assistant are switched in a.conf line 2, and not here. Nothing has changed.",
        hint: "Write there: sensors false",
      },
    },
  });
});

test("outside of Home Assistant it is said what to write into the conf file", async () => {
  const folder = tempFolder();
  const lines = [`listener ${await freePort()} 127.0.0.1`, "allow_anonymous true", `panel ${await freePort()}`];
  save(join(folder, "house.conf"), `${lines.join("\n")}\n`);
  const running = launch(["src/main.ts", "-c", join(folder, "house.conf")]);
  onTestFinished(async () => void (await running.stop()));
  const panel = /http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "";
  const answer: unknown = await (await fetch(`${panel}api/v1/figures`)).json();
  expect(answer).toMatchObject({
    sensors: { active: false, paste: { to: "house.conf", lines: ["sensors true"] } },
    metrics: { active: false, paste: { to: "house.conf", lines: ["metrics 9234"] } },
  });
});
