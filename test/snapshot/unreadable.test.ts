import { join } from "node:path";
import { expect, test } from "vitest";
import { readMoment } from "../../src/cli/moment.ts";
import { absentIdentity } from "../../src/snapshot/explain.ts";
import { unreadableTest } from "../../src/snapshot/unreadable.ts";
import { save } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";

async function unreadable(
  acl: string | null,
  username: string | null,
  filter: string,
  mountPoint = "",
): Promise<boolean> {
  const folder = tempFolder();
  if (acl !== null) save(join(folder, "acl"), acl);
  const confFile = join(folder, "mosquitto.conf");
  save(confFile, `listener 1883\nallow_anonymous true\n${acl === null ? "" : "acl_file acl\n"}`);
  const { snapshot } = await readMoment({ confFile, optionsFile: null, share: folder, ssl: folder, data: folder });
  const identity = absentIdentity({ username, clientId: "c1" }, snapshot, ["homeassistant"]);
  return unreadableTest(snapshot, { ...identity, mountPoint })(filter);
}

const OWN = "user meter\ntopic write meters/#\n";

test.each<[string, string | null, string, boolean]>([
  ["write alone reads nothing", OWN, "#", true],
  ["nor what it writes to", OWN, "meters/+", true],
  ["nor in a group", OWN, "$share/g/meters/#", true],
  ["a part is something", `${OWN}topic read meters/1\n`, "#", false],
  ["another part is nothing", `${OWN}topic read meters/1\n`, "lights/#", true],
  ["one level is no other", `${OWN}topic read meters/1/x\n`, "meters/+", true],
  ["all is something", `${OWN}topic read #\n`, "lights/+/x", false],
  ["its own name", "user x\ntopic y\npattern read %u/#\n", "meter/#", false],
  ["the name of another", "user x\ntopic y\npattern read %u/#\n", "other/#", true],
  ["rules of others", "user other\ntopic read #\n", "#", true],
  ["without rules all is readable", null, "#", false],
  // the denial ends the list, and what stands behind it is not known
  ["where it cannot be told", `${OWN}topic deny meters/+\ntopic read meters/a/b\n`, "meters/+", false],
])("%s", async (_, acl, filter, expected) => {
  expect(await unreadable(acl, "meter", filter)).toBe(expected);
});

test("whoever may do everything reads everything, and a mount point stands before what is asked for", async () => {
  expect(await unreadable(OWN, "homeassistant", "#")).toBe(false);
  expect(await unreadable("topic read house/x\n", null, "x", "house/")).toBe(false);
  expect(await unreadable("topic read x\n", null, "x", "house/")).toBe(true);
});
