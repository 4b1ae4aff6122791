import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { layOut, save, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { connect, refusal, type TestClient } from "../helpers/mqtt.ts";

const CONF = "acl_file /share/mosquitto/accesscontrollist\n";
const OPEN = "topic deny hidden\nuser meter\ntopic readwrite meters/#\n";
const SHUT = "user meter\ntopic readwrite other/#\n";
const BROKEN = "user meter\ntopic readwite meters/#\n";
/** What a save may take at most to be in force. */
const IN_FORCE = { timeout: 2_000, interval: 20 };

const options = (logins: readonly object[]): string =>
  JSON.stringify({ logins, customize: { active: true, folder: "mosquitto" } });
const METER = { username: "meter", password: "m" };

interface House {
  readonly folders: Folders;
  readonly acl: string;
  readonly running: Running;
  readonly url: string;
  readonly meter: TestClient;
}

async function house(acl: string | null = OPEN): Promise<House> {
  const folders = layOut({
    "data/options.json": options([METER]),
    ...(acl === null ? {} : { "share/mosquitto/acl.conf": CONF, "share/mosquitto/accesscontrollist": acl }),
  });
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const meter = await connect(url, { ...METER, protocolVersion: 5 });
  await meter.client.subscribeAsync("meters/#");
  return { folders, acl: join(folders.share, "mosquitto", "accesscontrollist"), running, url, meter };
}

async function mayPublish({ client }: TestClient, topic: string): Promise<boolean> {
  try {
    await client.publishAsync(topic, "x", { qos: 1 });
    return true;
  } catch {
    return false;
  }
}

const waitFor = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, IN_FORCE);
const waitUntilMay = (meter: TestClient, topic: string, expected: boolean): Promise<void> =>
  waitFor(async () => expect(await mayPublish(meter, topic)).toBe(expected));

describe("a saved ACL file is in force for clients that are connected", () => {
  test("rights taken away stop delivery and publishing, and nobody is disconnected", async () => {
    const { acl, meter, running } = await house();
    expect(await mayPublish(meter, "meters/1")).toBe(true);
    await meter.received(["meters/1 x"]);
    save(acl, SHUT);
    await waitUntilMay(meter, "meters/1", false);
    expect(await mayPublish(meter, "other/1")).toBe(true);
    expect(meter.wasClosed()).toBe(false);
    await running.line(/generation 2 is live \(accesscontrollist\): 1 session re-checked, 0 closed/);
  });

  test("a subscription that is no longer allowed stops delivering", async () => {
    const { acl, meter, url } = await house("topic readwrite meters/#\nuser meter\ntopic readwrite meters/#\n");
    const other = await connect(url, { ...METER, clientId: "other" });
    save(acl, "user meter\ntopic write meters/#\ntopic readwrite done\n");
    await meter.client.subscribeAsync("done");
    await waitUntilMay(meter, "done", true);
    await meter.received(["done x"]);
    await other.client.publishAsync("meters/1", "unseen", { qos: 1 });
    await other.client.publishAsync("done", "now", { qos: 1 });
    await meter.received(["done x", "done now"]);
  });

  test("rights newly given work at the next packet", async () => {
    const { acl, meter } = await house(SHUT);
    expect(await mayPublish(meter, "meters/1")).toBe(false);
    save(acl, OPEN);
    await waitUntilMay(meter, "meters/1", true);
    await meter.received(["meters/1 x"]);
  });

  test("a broken file keeps the rules in use and says so; mending it says nothing more", async () => {
    const { acl, meter, running } = await house();
    save(acl, BROKEN);
    await running.line(
      /accesscontrollist line 2: "readwite" is not an access type\. The rules loaded at \d\d:\d\d stay in use\. Did you mean "readwrite"\?/,
    );
    expect(await mayPublish(meter, "meters/1")).toBe(true);
    save(acl, SHUT);
    await waitUntilMay(meter, "meters/1", false);
  });

  test.each<[string, (acl: string) => void]>([
    [
      "renamed over the old one",
      (acl) => {
        save(`${acl}.tmp~`, SHUT);
        renameSync(`${acl}.tmp~`, acl);
      },
    ],
    [
      "deleted and written again",
      (acl) => {
        rmSync(acl);
        save(acl, SHUT);
      },
    ],
    [
      "saved ten times in a row",
      (acl) => {
        for (let i = 0; i < 9; i++) save(acl, i % 2 === 0 ? BROKEN : OPEN);
        save(acl, SHUT);
      },
    ],
  ])("when it is %s", async (_how, change) => {
    const { acl, meter } = await house();
    change(acl);
    await waitUntilMay(meter, "meters/1", false);
    expect(await mayPublish(meter, "other/1")).toBe(true);
    expect(meter.wasClosed()).toBe(false);
  });

  test("a file that vanished opens nothing", async () => {
    const { acl, meter, running } = await house(SHUT);
    rmSync(acl);
    await running.line(
      /ACL file accesscontrollist not found in \/share\/mosquitto\. The rules loaded at \d\d:\d\d stay in use\./,
    );
    expect(await mayPublish(meter, "meters/1")).toBe(false);
    expect(await mayPublish(meter, "other/1")).toBe(true);
  });
});

test("a customize folder that appears later is read", async () => {
  const { folders, meter, running } = await house(null);
  await running.line(
    /customize\.folder "mosquitto" does not exist in \/share\. Going on without extra files\. Create \/share\/mosquitto or switch customize off\./,
  );
  expect(await mayPublish(meter, "meters/1")).toBe(true);
  save(join(folders.share, "mosquitto", "accesscontrollist"), SHUT);
  save(join(folders.share, "mosquitto", "acl.conf"), CONF);
  await waitUntilMay(meter, "meters/1", false);
});

describe("saved options are in force", () => {
  test("a login taken away closes its connections and no other", async () => {
    const { folders, meter, url, running } = await house();
    save(join(folders.data, "options.json"), options([METER, { username: "guest", password: "g" }]));
    await waitFor(async () => expect(await refusal(url, { username: "guest", password: "g" })).toBe(0));
    const guest = await connect(url, { username: "guest", password: "g", protocolVersion: 5 });
    save(join(folders.data, "options.json"), options([METER]));
    await vi.waitFor(() => expect(guest.wasClosed()).toBe(true), IN_FORCE);
    expect(await refusal(url, { username: "guest", password: "g" })).toBe(5);
    expect(meter.wasClosed()).toBe(false);
    await running.line(/generation 3 is live \(options\.json\)/);
  });

  test("a changed password closes the connections that used the old one", async () => {
    const { folders, meter, url } = await house();
    save(join(folders.data, "options.json"), options([{ username: "meter", password: "new" }]));
    await vi.waitFor(() => expect(meter.wasClosed()).toBe(true), IN_FORCE);
    expect(await refusal(url, { ...METER })).toBe(5);
    expect(await refusal(url, { username: "meter", password: "new" })).toBe(0);
  });

  test("options that cannot be read keep the ones in use", async () => {
    const { folders, meter, url, running } = await house();
    save(join(folders.data, "options.json"), '{"logins": [');
    await running.line(/options\.json .* The options read at \d\d:\d\d stay in use\./);
    expect(await refusal(url, METER)).toBe(0);
    expect(meter.wasClosed()).toBe(false);
  });
});

test("SIGHUP reads everything again, and nothing changed is no new generation", async () => {
  const { running, meter } = await house();
  running.signal("SIGHUP");
  running.signal("SIGHUP");
  expect(await mayPublish(meter, "meters/1")).toBe(true);
  expect(await running.stop()).toBe(0);
  expect(running.lines.filter((line) => line.includes("is live"))).toEqual([]);
});
