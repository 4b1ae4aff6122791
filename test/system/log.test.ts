import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { IPublishPacket } from "mqtt";
import { expect, test, vi } from "vitest";
import { launch, save, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect } from "../helpers/mqtt.ts";
import { confHouse } from "./conf-house.ts";
import { tempFolder } from "../helpers/temp.ts";

const PATIENCE = { timeout: 10_000, interval: 20 };

/** Runs a conf of which FOLDER stands for the folder it is in, and waits until it listens. */
async function start(conf: string): Promise<Running & { readonly folder: string; readonly url: string }> {
  const folder = tempFolder();
  const port = await freePort();
  const text = `listener ${port} 127.0.0.1\nallow_anonymous true\n${conf.replaceAll("FOLDER", folder)}`;
  save(join(folder, "m.conf"), text);
  const running = launch(["src/main.ts", "-c", join(folder, "m.conf")]);
  const url = `mqtt://127.0.0.1:${port}`;
  await vi.waitFor(() => connect(url), PATIENCE);
  return { ...running, folder, url };
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

test("lines on topics come as mosquitto's do: at QoS 2, not retained, for 20 seconds", async () => {
  const { url } = await start("log_dest topic\nlog_type subscribe\nlog_type notice\n");
  const { client } = await connect(url, { clientId: "watcher", protocolVersion: 5 });
  const packets: IPublishPacket[] = [];
  client.on("message", (_topic, _payload, packet) => void packets.push(packet));
  await client.subscribeAsync("$SYS/broker/log/#", { qos: 2 });
  const other = await connect(url, { clientId: "other" });
  await other.client.subscribeAsync("a/b", { qos: 1 });
  const line = await vi.waitFor(() => {
    const found = packets.find(({ payload }) => payload.toString() === "other 1 a/b");
    expect(found).toBeDefined();
    return found;
  }, PATIENCE);
  expect(line).toMatchObject({ topic: "$SYS/broker/log/M/subscribe", qos: 2, retain: false });
  expect(line?.properties?.messageExpiryInterval).toBe(20);
  expect(packets.map(({ topic }) => topic)).toContain("$SYS/broker/log/N");
});

test("a log file that was renamed is opened anew by SIGHUP, also when no setting changed", async () => {
  const { folder, url, signal } = await start("log_dest file FOLDER/broker.log\nlog_timestamp_format %Y\n");
  const path = join(folder, "broker.log");
  const year = new Date().getFullYear();
  await vi.waitFor(() => expect(read(path)).toMatch(new RegExp(`^${year}: ready: `, "m")), PATIENCE);
  renameSync(path, `${path}.1`);
  signal("SIGHUP");
  await vi.waitFor(
    () => expect(read(path)).toMatch(new RegExp(`^${year}: nothing changed \\(SIGHUP\\): `, "m")),
    PATIENCE,
  );
  await connect(url, { clientId: "late" });
  await vi.waitFor(() => expect(read(path)).toContain("Device late at 127.0.0.1 connected"), PATIENCE);
  expect(read(`${path}.1`)).not.toContain("Device late");
});

test("connection_messages false leaves out who comes and goes, and not who is refused", async () => {
  const { folder, url } = await start(
    "log_dest file FOLDER/broker.log\nlog_timestamp false\nconnection_messages false\n",
  );
  const path = join(folder, "broker.log");
  const { client } = await connect(url, { clientId: "quiet" });
  await client.endAsync();
  await connect(url, {
    clientId: "second",
    will: { topic: "$SYS/x", payload: Buffer.from("x"), qos: 0, retain: false },
  });
  const refused = await connect(url, { clientId: "refused", protocolVersion: 5 });
  await expect(refused.client.publishAsync("$SYS/x", "x", { qos: 1 })).rejects.toThrow(/not authorized/i);
  await vi.waitFor(() => expect(read(path)).toContain("Device refused may not publish to $SYS/x"), PATIENCE);
  expect(read(path)).not.toMatch(/quiet|second/);
});

test("lines about the log count from the reload on, and end with it", async () => {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  const base = `listener ${port} 127.0.0.1\nallow_anonymous true\n`;
  const house = await confHouse(base);
  const path = join(house.folder, "broker.log");
  const visit = async (clientId: string): Promise<string> => {
    const before = house.lines.length;
    const { client } = await connect(url, { clientId, protocolVersion: 5 });
    await client.subscribeAsync("a/b");
    // the last line of the visit, whatever else is written
    await expect(client.publishAsync("$SYS/x", "x", { qos: 1 })).rejects.toThrow(/not authorized/i);
    await house.line(new RegExp(`${clientId} may not publish`));
    await client.endAsync();
    return house.lines.slice(before).join("\n");
  };
  const usual = await visit("usual");
  expect(usual).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Device usual at 127\.0\.0\.1 connected/);
  expect(usual).not.toContain("usual 0 a/b");

  expect(await house.put(`log_timestamp false\n${base}`)).toMatch(/^generation 2/);
  expect(await house.put(`log_timestamp_format %Y\n${base}`)).toMatch(/^\d{4}: generation 3/);
  await house.put(`connection_messages false\n${base}`);
  expect(await visit("quiet")).not.toContain("connected");
  await house.put(`log_type all\n${base}`);
  expect(await visit("loud")).toContain("loud 0 a/b");
  await house.put(`log_dest stdout\nlog_dest file ${path}\n${base}`);
  await visit("filed");
  await vi.waitFor(() => expect(read(path)).toContain("Device filed"), PATIENCE);
  expect(await house.put(base)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d generation 7/);
  const again = await visit("usual again");
  expect(again).toContain("Device usual again at 127.0.0.1 connected");
  expect(again).not.toContain("0 a/b");
  expect(await house.stop()).toBe(0);
  expect(read(path)).not.toContain("usual again");
});
