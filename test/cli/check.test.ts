import { existsSync, rmSync, writeFileSync } from "node:fs";
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

test.each([
  ['acl_file "rules"', "rules", "user a\n", "Write the name without quotes."],
  [
    "acl_file rules # mine",
    "rules",
    "user a\n",
    "Write a comment on a line of its own: behind a name it is part of it.",
  ],
  ["acl_file C:\\rules", "rules", "user a\n", 'Write "/" between folders: /share/mosquitto/acl'],
  ["acl_file rules", "rules", Buffer.from("user jürgen\n", "latin1"), "Save it again, as UTF-8."],
  ["acl_file rulse", "rules", "user a\n", "Create the file or remove the line in mosquitto.conf line 1."],
  [
    "max_connections 5",
    "auth.yaml",
    "stages: [{ type: jwt, key: !secret k }]\n",
    'Add "k: ..." to secrets.yaml, beside auth.yaml.',
  ],
  ["max_connections 5", "secrets.yaml", "\tk: x\n", "YAML takes no tabs: put spaces in their place."],
  ["max_connections 5", "secrets.yaml", Buffer.from("k: ü\n", "latin1"), "Save it again, as UTF-8."],
])("%s, and a file %s: says what to do", async (line, name, content, fix) => {
  const folder = tempFolder();
  const confFile = join(folder, "mosquitto.conf");
  writeFileSync(confFile, `${line}\n`);
  writeFileSync(join(folder, "auth.yaml"), name === "secrets.yaml" ? "stages: [{ type: jwt, key: !secret k }]\n" : "");
  if (name === "rules") rmSync(join(folder, "auth.yaml"));
  writeFileSync(join(folder, name), content);
  const spy = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  onTestFinished(() => spy.mockRestore());
  const places = { confFile, optionsFile: null, share: folder, ssl: folder, data: folder };
  expect(await check({ verb: "check", listsLines: false, ...places })).toBe(2);
  expect(spy.mock.calls.map(([text]) => text)).toContainEqual(expect.stringMatching(/^error: /));
  expect(spy.mock.calls.map(([text]) => String(text)).find((text) => text.endsWith(`${fix}\n`))).toBeDefined();
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
