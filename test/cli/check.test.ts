import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { check } from "../../src/cli/check.ts";
import { tempFolder } from "../helpers/temp.ts";

test.each([
  ["", 0, "Configuration is OK.\n"],
  ["retry_interval 1\n", 1, "0 errors, 1 warning.\n"],
  ["allow_anonymous false\npid_file /run/culex.pid\nretry_interval 1\n", 2, "1 error, 2 warnings.\n"],
])("a mosquitto.conf of %j gives %i and says how much is wrong", async (text, code, last) => {
  const folder = tempFolder();
  const confFile = join(folder, "mosquitto.conf");
  writeFileSync(confFile, text);
  const spy = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  onTestFinished(() => spy.mockRestore());
  const found = await check({
    verb: "check",
    confFile,
    optionsFile: null,
    listsLines: true,
    share: folder,
    ssl: folder,
    data: folder,
  });
  expect(spy.mock.calls.at(-1)?.[0]).toBe(last);
  expect(found).toBe(code);
});

test("a file of dynamic security is looked through and not made", async () => {
  const folder = tempFolder();
  const confFile = join(folder, "mosquitto.conf");
  const file = join(folder, "dynsec.json");
  writeFileSync(confFile, `plugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file ${file}\n`);
  const spy = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  onTestFinished(() => spy.mockRestore());
  const found = async (): Promise<unknown> => {
    spy.mockClear();
    await check({
      verb: "check",
      confFile,
      optionsFile: null,
      listsLines: false,
      share: folder,
      ssl: folder,
      data: folder,
    });
    return spy.mock.calls.map(([line]) => line);
  };
  expect(await found()).toEqual([
    `warning: dynsec.json of dynamic security not found in /share. The broker makes one at its start, with one client that may change it. Put the file there if you have one already.\n`,
    "0 errors, 1 warning.\n",
  ]);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '{"clients":[{"username":"a"}],"anonymousGroup":"nobody"}');
  expect(await found()).toEqual([
    expect.stringMatching(/^warning: dynsec\.json: .*"nobody"/),
    "0 errors, 1 warning.\n",
  ]);
  writeFileSync(file, "{");
  expect(await found()).toEqual([expect.stringMatching(/^error: dynsec\.json line 1: /), "1 error, 0 warnings.\n"]);
});
