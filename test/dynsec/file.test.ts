import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sentence } from "../../src/core/problem.ts";
import { createDynsecFile } from "../../src/dynsec/file.ts";
import type { DynsecFile, DynsecState } from "../../src/dynsec/types.ts";
import { tempFolder } from "../helpers/temp.ts";
import { fixture } from "./house.ts";

interface Place {
  readonly folder: string;
  readonly path: string;
  readonly file: DynsecFile;
}

function place(text: string | null = fixture("start-2.1.json")): Place {
  const folder = tempFolder();
  const path = join(folder, "dynamic-security.json");
  if (text !== null) writeFileSync(path, text, { mode: 0o644 });
  return { folder, path, file: createDynsecFile({ path, shown: "dynamic-security.json" }) };
}

async function loaded(file: DynsecFile): Promise<DynsecState> {
  const { state } = await file.load();
  if (state === null) throw new Error("the file of the test is broken");
  return state;
}

describe("a dynamic security file", () => {
  test("is written whole, for its owner alone, and the one before is kept", async () => {
    const { folder, path, file } = place();
    const state = await loaded(file);
    state.changeIndex = 7;
    expect(await file.save(state)).toBeNull();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ changeIndex: 7 });
    expect(readFileSync(`${path}.bak`, "utf8")).toBe(fixture("start-2.1.json"));
    expect([path, `${path}.bak`].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(readdirSync(folder).toSorted()).toEqual(["dynamic-security.json", "dynamic-security.json.bak"]);
    state.changeIndex = 8;
    expect(await file.save(state)).toBeNull();
    expect(JSON.parse(readFileSync(`${path}.bak`, "utf8"))).toMatchObject({ changeIndex: 7 });
  });

  test("is written once for changes that come while it is written", async () => {
    const { path, file } = place();
    const state = await loaded(file);
    state.changeIndex = 1;
    const first = file.save(state);
    const second = file.save(state);
    state.changeIndex = 2;
    const third = file.save(state);
    expect(third).toBe(second);
    expect(await Promise.all([first, second, third])).toEqual([null, null, null]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ changeIndex: 2 });
  });

  test("of another state is not written in the place of this one", async () => {
    const { path, file } = place();
    const [before, after] = [await loaded(file), await loaded(file)];
    before.changeIndex = 1;
    after.changeIndex = 2;
    await Promise.all([file.save(before), file.save(before), file.save(after)]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ changeIndex: 2 });
  });

  test("knows its own writing from that of others", async () => {
    const { path, file } = place();
    const state = await loaded(file);
    expect(await file.isUnchanged()).toBe(true);
    await file.save(state);
    expect(await file.isUnchanged()).toBe(true);
    writeFileSync(path, "{}");
    expect(await file.isUnchanged()).toBe(false);
    await file.load();
    expect(await file.isUnchanged()).toBe(true);
  });

  test("that is not there is a problem, and no state", async () => {
    const { file } = place(null);
    const { state, problems } = await file.load();
    expect(state).toBeNull();
    expect(problems.map(sentence)).toEqual([
      "dynamic-security.json does not exist. Dynamic security knows nobody, and its commands are refused. " +
        'Make it with "mosquitto_ctrl dynsec init", or correct its name in the configuration.',
    ]);
  });

  test("that cannot be read is a problem, and no state", async () => {
    const { path, file } = place(null);
    mkdirSync(path);
    const { state, problems } = await file.load();
    expect(state).toBeNull();
    expect(problems.map(sentence)).toEqual([
      "dynamic-security.json cannot be read (it is not a file). Dynamic security knows nobody, and its commands are refused. " +
        "Give the broker the right to read it.",
    ]);
  });

  test("that was broken by hand is not overwritten", async () => {
    const { folder, path, file } = place();
    const state = await loaded(file);
    writeFileSync(path, '{"clients": [');
    const problem = await file.save(state);
    expect(problem === null ? null : sentence(problem)).toBe(
      "dynamic-security.json was changed by hand and is not valid any more. It is left as it is, so changes by " +
        "commands count until the next restart only. Correct it, or put back the copy beside it that ends in .bak.",
    );
    expect(readFileSync(path, "utf8")).toBe('{"clients": [');
    expect(readdirSync(folder)).toEqual(["dynamic-security.json"]);
    writeFileSync(path, "{}");
    expect(await file.save(state)).toBeNull();
    expect(readFileSync(`${path}.bak`, "utf8")).toBe("{}");
  });

  test("that cannot be written is a problem, and the old one stays", async () => {
    const { path, file } = place();
    const state = await loaded(file);
    state.changeIndex = 9;
    // a folder in the place of the temporary file: rights do not keep the administrator of a machine from writing
    mkdirSync(`${path}.tmp`);
    chmodSync(`${path}.tmp`, 0o700);
    const problem = await file.save(state);
    expect(problem === null ? null : sentence(problem)).toMatch(
      /^dynamic-security\.json cannot be written \(\w+\)\. Changes by commands count until the next restart only\. /,
    );
    expect(readFileSync(path, "utf8")).toBe(fixture("start-2.1.json"));
    expect(existsSync(`${path}.bak`)).toBe(false);
  });
});
