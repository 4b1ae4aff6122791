import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sentence } from "../../src/core/problem.ts";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import type { DynsecState } from "../../src/dynsec/types.ts";
import type { DynamicSecuritySettings } from "../../src/settings/types.ts";
import { createDynsecKeeper, type MakeFirstFile } from "../../src/snapshot/dynsec-keeper.ts";
import { createReading } from "../../src/snapshot/reading.ts";
import type { DynsecMoment } from "../../src/snapshot/types.ts";
import { client, dynsecText } from "../helpers/dynsec.ts";
import { tempFolder } from "../helpers/temp.ts";

const ONE = dynsecText({ clients: [client("one")] });
const TWO = dynsecText({ clients: [client("one"), client("two")] });

function house(text: string | null, makeFirst: MakeFirstFile | null = null) {
  const path = join(tempFolder(), "dynsec.json");
  if (text !== null) writeFileSync(path, text);
  const origin = { file: "mosquitto.conf", line: 2 };
  const file = { path, shown: "/etc/dynsec.json", folder: "/etc", origin };
  const settings: DynamicSecuritySettings = { file, passwordInitFile: null, origin };
  const keeper = createDynsecKeeper(makeFirst);
  const read = async (): Promise<{
    readonly moment: DynsecMoment;
    readonly fingerprint: string;
    readonly watched: readonly string[];
  }> => {
    const reading = createReading();
    const moment = await keeper.read(settings, reading);
    if (moment === null) throw new Error("it is switched off");
    return { moment, fingerprint: reading.fingerprint(), watched: [...reading.watched] };
  };
  return { path, keeper, read, settings };
}

const names = (state: DynsecState | null): string[] | null =>
  state === null ? null : state.clients.sorted().map(({ name }) => name);

/** A command, as far as the keeper sees it. */
function command(state: DynsecState | null): DynsecState {
  if (state === null) throw new Error("there is nothing to change");
  state.changeIndex++;
  return state;
}

describe("the file of dynamic security", () => {
  test("is one moment as long as nobody saves it", async () => {
    const { read, path } = house(ONE);
    const first = await read();
    expect(first).toMatchObject({ moment: { file: "dynsec.json", isIntact: true, problems: [] }, watched: [path] });
    expect(names(first.moment.state)).toEqual(["admin", "one"]);
    const second = await read();
    expect(second.moment).toBe(first.moment);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  test("saved by a command is the same moment still", async () => {
    const { read, keeper, path } = house(ONE);
    const { moment, fingerprint } = await read();
    const saving = keeper.save(command(keeper.state()));
    const during = await read();
    expect(await saving).toBeNull();
    const after = await read();
    for (const each of [during, after]) {
      expect(each.moment).toBe(moment);
      expect(each.fingerprint).toBe(fingerprint);
    }
    expect(readFileSync(path, "utf8")).toMatch(/"changeIndex":\s*1,/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("saved by somebody is another one", async () => {
    const { read, path, keeper } = house(ONE);
    const first = await read();
    writeFileSync(path, TWO);
    const second = await read();
    expect(names(second.moment.state)).toEqual(["admin", "one", "two"]);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(keeper.state()).toBe(second.moment.state);
  });

  test("says on the disk what counts in memory, when a command and somebody save at the same time", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { read, path, keeper } = house(ONE);
      await read();
      writeFileSync(path, TWO);
      const reading = read();
      // the command comes at one step or another of the reading
      for (let turn = 0; turn < turns; turn++) await (turn % 4 === 3 ? new Promise(setImmediate) : Promise.resolve());
      await keeper.save(command(keeper.state()));
      await reading;
      const { moment } = await read();
      const { state } = parseDynsec(readFileSync(path, "utf8"), "dynsec.json");
      expect(keeper.state()).toBe(moment.state);
      expect([names(state), state?.changeIndex]).toEqual([names(moment.state), moment.state?.changeIndex]);
    }
  });

  test("with a mistake keeps what it said before, and nothing is written over it", async () => {
    const { read, path, keeper } = house(ONE);
    const first = await read();
    writeFileSync(path, "{");
    const broken = await read();
    expect(broken.moment).toMatchObject({ state: first.moment.state, isIntact: false });
    expect(broken.moment.problems.map(sentence)).toEqual([
      expect.stringMatching(
        /^dynsec\.json line 1: this is not valid JSON\. The clients and roles read at \d\d:\d\d, with the changes since, stay in use\. Commands are refused\. Correct the file, or put back a copy of it\.$/,
      ),
    ]);
    expect(keeper.state()).toBeNull();
    expect((await read()).moment).toBe(broken.moment);
    expect(await keeper.save(command(first.moment.state))).not.toBeNull();
    expect(readFileSync(path, "utf8")).toBe("{");
    writeFileSync(path, TWO);
    expect((await read()).moment).toMatchObject({ isIntact: true, problems: [] });
    expect(names(keeper.state())).toEqual(["admin", "one", "two"]);
  });

  test("that has gone keeps what it said before, until a command writes it anew", async () => {
    const { read, path, keeper } = house(ONE, async () => null);
    const first = await read();
    rmSync(path);
    const gone = await read();
    expect(gone.moment).toMatchObject({ state: first.moment.state, isIntact: true });
    expect(gone.moment.problems.map(sentence)).toEqual([
      expect.stringMatching(
        /^dynsec\.json of dynamic security not found in \/etc\. The clients and roles read at \d\d:\d\d, with the changes since, stay in use\. The next command writes it anew\. Put the file back\.$/,
      ),
    ]);
    expect((await read()).fingerprint).toBe(gone.fingerprint);
    expect(await keeper.save(command(keeper.state()))).toBeNull();
    expect((await read()).moment).toEqual({ ...first.moment, problems: [] });
    expect(readFileSync(path, "utf8")).toContain('"one"');
  });

  test("that was never there is made at the start only", async () => {
    const made: string[] = [];
    const makes: MakeFirstFile = async ({ path }) => {
      made.push(path);
      writeFileSync(path, ONE);
      return null;
    };
    const { read, path } = house(null, makes);
    expect(names((await read()).moment.state)).toEqual(["admin", "one"]);
    rmSync(path);
    await read();
    expect(made).toEqual([path]);
  });

  test("that is only looked at is not made, and no error yet", async () => {
    const { read } = house(null);
    const { moment } = await read();
    expect(moment).toMatchObject({ state: null, isIntact: false });
    expect(moment.problems.map((problem) => `${problem.severity}: ${sentence(problem)}`)).toEqual([
      "warning: dynsec.json of dynamic security not found in /etc. The broker makes one at its start, with one client that may change it. Put the file there if you have one already.",
    ]);
  });

  test("may be switched off, and may have no name", async () => {
    const { read, keeper, settings } = house(ONE);
    await read();
    expect(await keeper.read(null, createReading())).toBeNull();
    expect(keeper.state()).toBeNull();
    const moment = await keeper.read({ ...settings, file: null }, createReading());
    expect(moment?.problems.map(sentence)).toEqual([
      'mosquitto.conf line 2: dynamic security has no file. Nobody can log in with it, and no device except Home Assistant and apps may use any topic. Write "plugin_opt_config_file <file>" below that line.',
    ]);
  });
});
