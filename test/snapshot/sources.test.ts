import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/core/errors.ts";
import { sentence } from "../../src/core/problem.ts";
import { readSources } from "../../src/snapshot/sources.ts";
import type { Sources, SourceSpec } from "../../src/snapshot/types.ts";
import { layOut, save, type Folders } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";

const OPTIONS = JSON.stringify({ customize: { active: true, folder: "m" } });

function addOn(folders: Folders): SourceSpec {
  return {
    environment: {
      kind: "add-on",
      folders,
      ports: { mqtt: 1883, ws: 1884, mqtts: 8883, wss: 8884 },
      host: "::",
      reservedUsers: ["homeassistant", "addons"],
      hasHomeAssistant: true,
    },
    optionsFile: join(folders.data, "options.json"),
    confFile: null,
  };
}

function standAlone(confFile: string): SourceSpec {
  const folders = { data: "/data", share: "/share", ssl: "/ssl" };
  const ports = { mqtt: null, ws: null, mqtts: null, wss: null };
  return {
    environment: { kind: "stand-alone", folders, ports, host: "::", reservedUsers: [], hasHomeAssistant: false },
    optionsFile: null,
    confFile,
  };
}

/** What matters of the settings: the ACL file in force, and who may log in. */
function inForce({ settings, problems }: Sources): {
  acl: string | null;
  stages: readonly string[];
  said: readonly string[];
} {
  return {
    acl: settings.aclFile?.shown ?? null,
    stages: settings.auth.map(({ type }) => type),
    said: problems.map(sentence),
  };
}

const EVERYONE = ["system-users", "logins", "home-assistant"];

describe("conf files of the share folder", () => {
  test("are read in mosquitto's order", async () => {
    const folders = layOut({
      "data/options.json": OPTIONS,
      "share/m/b.conf": "acl_file second\n",
      "share/m/a.conf": "acl_file first\n",
      "share/m/notes.txt": "acl_file third\n",
    });
    expect(inForce(await readSources(addOn(folders), null))).toEqual({ acl: "second", stages: EVERYONE, said: [] });
  });

  test("stay in use when the folder goes, and are read again when it is back", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m/a.conf": "acl_file list\n" });
    const first = await readSources(addOn(folders), null);
    renameSync(join(folders.share, "m"), join(folders.share, "gone"));
    const second = await readSources(addOn(folders), first);
    expect(inForce(second).acl).toBe("list");
    expect(inForce(second).said).toEqual([
      expect.stringMatching(
        /^customize\.folder "m" does not exist in \/share\. The files read at \d\d:\d\d stay in use\. Create \/share\/m or switch customize off\.$/,
      ),
    ]);
    expect(second.confReadAtMs).toBe(first.confReadAtMs);
    mkdirSync(join(folders.share, "m"));
    expect(inForce(await readSources(addOn(folders), second)).acl).toBeNull();
  });

  test("that cannot be read at the first start close the broker, for what they forbid is not known", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m/a.conf": "max_connections 5\n" });
    mkdirSync(join(folders.share, "m", "z.conf"));
    expect(inForce(await readSources(addOn(folders), null))).toEqual({
      acl: null,
      stages: ["system-users"],
      said: [
        "z.conf cannot be read (it is not a file). Nobody but Home Assistant and apps can log in until this is corrected. Check that the file exists and that the broker may read it.",
      ],
    });
  });

  test("of a folder that cannot be read may hold rules, so the broker stays closed at its first start", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m": "" });
    expect(inForce(await readSources(addOn(folders), null))).toMatchObject({
      stages: ["system-users"],
      said: [
        'customize.folder "m" in /share cannot be read (ENOTDIR). Nobody but Home Assistant and apps can log in until this is corrected. Make /share/m a folder that the broker may read, or switch customize off.',
        expect.stringContaining("auth.yaml"),
      ],
    });
  });

  test("are told by name when they are not read because of it", async () => {
    const folders = layOut({
      "data/options.json": OPTIONS,
      "share/m/a.conf": "",
      "share/m/a.conf.txt": "",
      "share/m/.conf": "",
      "share/m/Acl.CONF": "",
      "share/m/rules.conf.txt": "",
      "share/m/auth.yml": "",
      "share/m/House.policy-test.yml": "",
    });
    const { problems } = await readSources(addOn(folders), null);
    expect(problems.map(sentence).toSorted()).toEqual(
      [
        ["Acl.CONF", "Acl.conf"],
        ["House.policy-test.yml", "House.policy-test.yaml"],
        ["auth.yml", "auth.yaml"],
        ["rules.conf.txt", "rules.conf"],
      ].map(
        ([file, name]) =>
          `${file} is not read because of its name. What it says is not in force. Rename it to "${name}", or remove it.`,
      ),
    );
    const alone = await readSources(standAlone(join(folders.share, "m", "a.conf")), null);
    expect(alone.problems.map(({ where }) => where?.file)).toEqual(expect.arrayContaining(["auth.yml"]));
    expect(alone.problems.map(({ where }) => where?.file)).not.toContain("Acl.CONF");
  });

  test("in another encoding are not read, except for their comments", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m/b.conf": "acl_file list\n" });
    const file = join(folders.share, "m", "a.conf");
    writeFileSync(file, "# für\nmax_connections 5\n", "latin1");
    const first = await readSources(addOn(folders), null);
    expect(inForce(first)).toEqual({ acl: "list", stages: EVERYONE, said: [] });
    writeFileSync(file, "acl_file zugänge\n", "latin1");
    expect(inForce(await readSources(addOn(folders), first)).said).toEqual([
      expect.stringMatching(
        /^a\.conf cannot be read \(line 1 is no UTF-8 text\)\. The lines read at \d\d:\d\d stay in use\. Save it again, as UTF-8\.$/,
      ),
    ]);
    expect(inForce(await readSources(addOn(folders), null))).toMatchObject({ stages: ["system-users"] });
  });

  test("keep their included files when the included folder goes", async () => {
    const folders = layOut({
      "data/options.json": OPTIONS,
      "share/m/a.conf": "include_dir /share/more\n",
      "share/more/x.conf": "acl_file list\n",
    });
    const first = await readSources(addOn(folders), null);
    expect(inForce(first)).toEqual({ acl: "list", stages: EVERYONE, said: [] });
    rmSync(join(folders.share, "more"), { recursive: true });
    const second = await readSources(addOn(folders), first);
    expect(inForce(second).acl).toBe("list");
    expect(inForce(second).said).toEqual([
      expect.stringMatching(
        /^a\.conf line 1: the folder "\/share\/more" of include_dir cannot be read \(ENOENT\)\. The files read at \d\d:\d\d stay in use\./,
      ),
    ]);
  });

  test("an included folder that never was closes the broker at its first start", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m/a.conf": "include_dir /share/more\n" });
    expect(inForce(await readSources(addOn(folders), null)).stages).toEqual(["system-users"]);
  });
});

describe("options", () => {
  test("that are broken keep those in use, with the time they were read", async () => {
    const folders = layOut({ "data/options.json": OPTIONS, "share/m/a.conf": "acl_file list\n" });
    const first = await readSources(addOn(folders), null);
    save(join(folders.data, "options.json"), "{");
    const second = await readSources(addOn(folders), first);
    const third = await readSources(addOn(folders), second);
    expect(inForce(third).acl).toBe("list");
    expect(third.optionsReadAtMs).toBe(first.optionsReadAtMs);
    expect(inForce(third).said).toEqual(inForce(second).said);
  });

  test("that are missing at the first start let only the system users in", async () => {
    const sources = await readSources(addOn(layOut()), null);
    expect(inForce(sources)).toEqual({
      acl: null,
      stages: ["system-users"],
      said: [
        "options.json not found. Only Home Assistant and apps can connect. Save the options once more on the app's Configuration page.",
      ],
    });
  });
});

describe("a mosquitto.conf", () => {
  test("that is missing at the first start is a ConfigError", async () => {
    await expect(readSources(standAlone(join(tempFolder(), "mosquitto.conf")), null)).rejects.toThrow(ConfigError);
  });

  test("that is broken later keeps what was read", async () => {
    const path = join(tempFolder(), "mosquitto.conf");
    save(path, "listener 1883\nacl_file list\n");
    const first = await readSources(standAlone(path), null);
    rmSync(path);
    expect(inForce(await readSources(standAlone(path), first)).acl).toBe("list");
  });
});

test("the fingerprint changes with what is read, and with nothing else", async () => {
  const folders = layOut({
    "data/options.json": OPTIONS,
    "share/m/a.conf": "acl_file /share/m/list\n",
    "share/m/list": "user a\n",
  });
  const spec = addOn(folders);
  const first = await readSources(spec, null);
  save(join(folders.share, "m", "notes.txt"), "nothing to do with it");
  expect((await readSources(spec, first)).fingerprint).toBe(first.fingerprint);
  save(join(folders.share, "m", "list"), "user b\n");
  expect((await readSources(spec, first)).fingerprint).not.toBe(first.fingerprint);
});
