import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileReference } from "../../src/settings/types.ts";
import { readBanList, writeBanList } from "../../src/snapshot/ban-list.ts";
import { tempFolder } from "../helpers/temp.ts";

/** Somebody else, where this process may give files away. */
const OTHER =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : { uid: process.getuid?.(), gid: process.getgid?.() };

const PUMP = { of: "client", value: "pump", reason: null, untilMs: null, origin: { file: "bans.yaml" } } as const;

function place(): { readonly folder: string; readonly file: FileReference } {
  const folder = tempFolder();
  const origin = { file: "mosquitto.conf" };
  return { folder, file: { path: join(folder, "bans.yaml"), folder, shown: "bans.yaml", origin } };
}

test("a list that is changed stays whose it was, and readable for whom it was", async () => {
  const { file } = place();
  writeFileSync(file.path, "- user: guest\n");
  chownSync(file.path, OTHER.uid ?? 0, OTHER.gid ?? 0);
  chmodSync(file.path, 0o640);
  await writeBanList(file, [PUMP]);
  expect(readFileSync(file.path, "utf8")).toContain('- client: "pump"\n');
  expect(statSync(file.path)).toMatchObject({ ...OTHER, mode: 0o100640 });
});

test("a new list belongs to the owner of its folder alone", async () => {
  const { folder, file } = place();
  chownSync(folder, OTHER.uid ?? 0, OTHER.gid ?? 0);
  await writeBanList(file, [PUMP]);
  expect(statSync(file.path)).toMatchObject({ ...OTHER, mode: 0o100600 });
  expect((await readBanList(file, Date.now())).bans).toMatchObject([{ of: "client", value: "pump" }]);
});
