import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mosquittoCtrl, startDynsec } from "../helpers/dynsec.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";

interface Recorded {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** What mosquitto_ctrl 2.0.11 printed in front of mosquitto 2.0.11, in order: every command that it has. */
const recorded: readonly Recorded[] = readFileSync(
  join(import.meta.dirname, "..", "fixtures", "dynsec", "mosquitto-ctrl.jsonl"),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "")
  .map((line): Recorded => JSON.parse(line));

describeWith(["mosquitto_ctrl"], "mosquitto_ctrl", () => {
  test.each([
    ["MQTT 5", []],
    ["MQTT 3.1.1", ["-V", "mqttv311"]],
  ])("has every command carried out as by mosquitto, with the file that its init made: %s", async (_name, version) => {
    expect(recorded.length).toBeGreaterThan(80);
    const folder = tempFolder();
    const path = join(folder, "dynamic-security.json");
    expect((await mosquittoCtrl(["dynsec", "init", path, "admin", "adminpw"])).code).toBe(0);
    const { port } = await startDynsec(null, "", folder);
    const login = ["-h", "127.0.0.1", "-p", String(port), "-u", "admin", "-P", "adminpw", ...version];
    const said: object[] = [];
    for (const { argv } of recorded) said.push({ argv, ...(await mosquittoCtrl([...login, ...argv])) });
    expect(said).toEqual(
      recorded.map(({ argv, exit, stdout, stderr }) => ({ argv, code: exit, out: stdout, error: stderr.trim() })),
    );
  });
});
