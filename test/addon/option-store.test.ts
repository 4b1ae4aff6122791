import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createOptionStore } from "../../addon/option-store.ts";
import type { RawObject } from "../../src/core/raw-object.ts";
import { tempFolder } from "../helpers/temp.ts";

/** A Supervisor with these options; `onTaken` runs each time it takes others. */
function supervisorWith(options: RawObject, onTaken: () => void = () => undefined) {
  const kept = { options };
  const supervisor = {
    options: () => Promise.resolve(kept.options),
    setOptions(taken: RawObject) {
      kept.options = taken;
      onTaken();
      return Promise.resolve();
    },
  };
  return { kept, supervisor };
}

test("what the file cannot take is not left with the Supervisor", async () => {
  const folder = tempFolder();
  const file = join(folder, "options.json");
  writeFileSync(file, "{}");
  const { kept, supervisor } = supervisorWith({ a: 1 }, () => rmSync(folder, { recursive: true, force: true }));
  const store = createOptionStore({ file, supervisor, signal: AbortSignal.timeout(10_000) });
  await expect(store.change((options) => ({ ...options, b: 2 }))).rejects.toThrow(`${file}: ENOENT`);
  expect(kept.options).toEqual({ a: 1 });
});

test("what does not fit one of the two is done to neither", async () => {
  const file = join(tempFolder(), "options.json");
  writeFileSync(file, '{"b":1}');
  const { kept, supervisor } = supervisorWith({ a: 1 });
  const store = createOptionStore({ file, supervisor, signal: AbortSignal.timeout(10_000) });
  const add = (options: RawObject): RawObject => {
    if ("b" in options) throw new Error("there is a b");
    return { ...options, b: 2 };
  };
  await expect(store.change(add)).rejects.toThrow("there is a b");
  expect(kept.options).toEqual({ a: 1 });
  expect(readFileSync(file, "utf8")).toBe('{"b":1}');
});
