import { writeFileSync } from "node:fs";
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
  const found = await check({ verb: "check", confFile, optionsFile: null, share: folder, ssl: folder, data: folder });
  expect(spy.mock.calls.at(-1)?.[0]).toBe(last);
  expect(found).toBe(code);
});
