import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { composeAddOn, composeStandAlone } from "./compose.ts";

const path = "/srv/culex/data/culex.db";
const usual = { path, intervalS: 30, mode: "interval" };

describe("the store of the add-on", () => {
  test.each([
    ["is in the data folder and on", "", {}, usual],
    ["takes its interval from the option", "", { store_interval: 3600 }, { ...usual, intervalS: 3600 }],
    ["writes before each acknowledgement with 0", "", { store_interval: 0 }, { path, intervalS: 0, mode: "always" }],
    ["takes autosave_interval", "autosave_interval 5\n", {}, { ...usual, intervalS: 5 }],
    ["caps autosave_interval", "autosave_interval 86400\n", {}, { ...usual, intervalS: 1800 }],
    ["does not wait for the end", "autosave_interval 0\n", {}, usual],
    ["keeps the stronger 0", "autosave_interval 5\n", { store_interval: 0 }, { path, intervalS: 5, mode: "always" }],
    ["stays where it is", "persistence true\npersistence_location /share/db/\npersistence_file x.db\n", {}, usual],
    ["is on again by a later line", "persistence false\npersistence true\n", {}, usual],
  ])("%s", (_, lines, options, store) => {
    const { settings, problems } = composeAddOn(
      { "a.conf": lines },
      { ...options, customize: { active: true, folder: "mosquitto" } },
    );
    expect(settings.store).toEqual(store);
    expect(problems).toEqual([]);
  });

  test.each(["persistence false", "persistence 0", "retained_persistence false"])("is off with %s", (line) => {
    const { settings, problems } = composeAddOn({ "a.conf": `# mine\n${line}\n` });
    expect(settings.store).toBeNull();
    expect(problems).toEqual([
      "a.conf line 2: persistence is switched off. Sessions, queued and retained messages end with each restart. Remove the line to keep them.",
    ]);
  });

  test("is on when the options cannot be used", () => {
    const { settings } = composeAddOn({}, { customize: 1 });
    expect(settings.store).toEqual(usual);
  });
});

describe("the store of a stand-alone broker", () => {
  test.each([
    ["is off, as in mosquitto", "", null],
    ["is off when said so", "persistence true\npersistence false\n", null],
    ["is not switched on by its folder", "persistence_location /var/lib/culex\n", null],
    ["is in the working directory", "persistence true\n", { ...usual, path: resolve("culex.db") }],
    [
      "starts a relative folder there",
      "persistence true\npersistence_location db\n",
      { ...usual, path: resolve("db/culex.db") },
    ],
    [
      "is in the folder named",
      "persistence true\npersistence_location /var/lib/mosquitto/\nautosave_interval 1800\n",
      { path: "/var/lib/mosquitto/culex.db", intervalS: 1800, mode: "interval" },
    ],
    [
      "caps autosave_interval",
      "persistence true\nautosave_interval 1801\n",
      { path: resolve("culex.db"), intervalS: 1800, mode: "interval" },
    ],
  ])("%s", (_, conf, store) => {
    expect(composeStandAlone(conf).settings.store).toEqual(store);
  });
});
