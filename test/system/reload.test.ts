import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { launch, layOut, save, startAddon, type Folders, type Running } from "../helpers/culex.ts";
import { connect, refusal, type TestClient } from "../helpers/mqtt.ts";
import { startSupervisor } from "../helpers/supervisor.ts";

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
    // a save right after the start may be seen before the watcher is: then no file is named as the cause
    await running.line(
      /generation 2 is live \((accesscontrollist|saved while the files were read)\): 1 session re-checked, 0 closed/,
    );
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
    await running.line(/generation 3 is live \((?:options\.json|saved while the files were read)\)/);
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

test("a customize folder that is deleted and made again, empty, opens nothing on the way", async () => {
  const { folders, meter, running } = await house(SHUT);
  const folder = join(folders.share, "mosquitto");
  rmSync(folder, { recursive: true });
  await running.line(
    /customize\.folder "mosquitto" does not exist in \/share\. The files read at \d\d:\d\d stay in use\./,
  );
  mkdirSync(folder);
  expect(await mayPublish(meter, "meters/1")).toBe(false);
  save(join(folder, "accesscontrollist"), SHUT);
  save(join(folder, "acl.conf"), CONF);
  await running.line(/generation 3 is live/);
  expect(await mayPublish(meter, "meters/1")).toBe(false);
  expect(running.lines.join("\n")).not.toContain("No ACL file is configured any more");
});

test("an ACL file that is no longer configured is said aloud", async () => {
  const { folders, meter, running } = await house(SHUT);
  rmSync(join(folders.share, "mosquitto", "acl.conf"));
  await running.line(/warning: No ACL file is configured any more\. Every logged-in user may use every topic\./);
  expect(await mayPublish(meter, "meters/1")).toBe(true);
});

test("SIGHUP reads everything again, and nothing changed is no new generation", async () => {
  const { running, meter } = await house();
  running.signal("SIGHUP");
  await running.line(/nothing changed \(SIGHUP\): 1 session re-checked, 0 closed/);
  expect(await mayPublish(meter, "meters/1")).toBe(true);
  expect(running.lines.filter((line) => line.includes("is live"))).toEqual([]);
});

test("SIGHUP opens a port that was taken, and only then is Home Assistant told", async () => {
  const supervisor = await startSupervisor({ services: ["mqtt:provide"], discovery: ["mqtt"] });
  onTestFinished(() => supervisor.stop());
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const port = Object(taken.address()).port;
  const running = await startAddon(layOut({ "data/options.json": "{}" }), supervisor, { CULEX_PORTS: `${port},0,,` });
  await running.line(/Port \d+ is in use by another program/);
  await running.line(/Port 1883 is not open, so Home Assistant and its apps are not told of this broker/);
  expect(supervisor.service).toBeNull();
  taken.close();
  await once(taken, "close");
  running.signal("SIGHUP");
  await vi.waitFor(() => expect(supervisor.service?.data).toMatchObject({ port }), { timeout: 5_000 });
});

test("SIGTERM in the middle of a reload ends the process with 0", async () => {
  const { acl, running } = await house();
  rmSync(acl);
  save(acl, SHUT);
  running.signal("SIGHUP");
  expect(await running.stop()).toBe(0);
});

test("SIGTERM and SIGHUP during the start are a stop and nothing, not a crash", async () => {
  const { data, share, ssl } = layOut({ "data/options.json": "{}" });
  const folders = { CULEX_DATA_DIR: data, CULEX_SHARE_DIR: share, CULEX_SSL_DIR: ssl };
  const running = launch(["addon/main.ts"], { ...folders, CULEX_PORTS: "0,0,,", CULEX_HOST: "127.0.0.1" });
  // The lowest bit of the caught signals is SIGHUP, which is the last one that the program asks for.
  const caughtSignals = (): string | undefined =>
    readFileSync(`/proc/${running.pid}/status`, "utf8").match(/SigCgt:\s+([0-9a-f]+)/)?.[1];
  await vi.waitFor(() => expect(caughtSignals()).toMatch(/[13579bdf]$/), { timeout: 5_000, interval: 2 });
  expect(running.lines).toEqual([]);
  running.signal("SIGHUP");
  expect(await running.stop()).toBe(0);
});
