import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";
import { confHouse } from "./conf-house.ts";
import { told } from "./probes.ts";

/** A line of a password file, with the name as password. */
function passwordLine(name: string): string {
  const args = [join(import.meta.dirname, "../../src/main.ts"), "passwd", name];
  return execFileSync(process.execPath, args, { input: `${name}\n`, encoding: "utf8" });
}

test("who may come in is asked again at a reload, and only who may not is sent away", async () => {
  const [inner, outer] = [await freePort(), await freePort()];
  const folder = tempFolder();
  const users = join(folder, "users");
  const ofAlice = passwordLine("alice");
  save(users, ofAlice + passwordLine("bob"));
  const listeners = (ofInner: string, ofOuter: string): string =>
    `listener ${inner} 127.0.0.1\n${ofInner}listener ${outer} 127.0.0.1\n${ofOuter}`;
  const base = `${listeners("", "")}password_file users\n`;
  const house = await confHouse(`${base}allow_anonymous true\n`, folder);
  const url = (port: number): string => `mqtt://127.0.0.1:${port}`;
  const login = (name: string) => ({ username: name, password: name, clientId: name });
  const [guest, alice, bob] = [
    await connect(url(inner), { clientId: "guest" }),
    await connect(url(inner), login("alice")),
    await connect(url(inner), login("bob")),
  ];

  expect(await house.put(base)).toContain("3 sessions re-checked, 1 closed");
  await expect.poll(guest.wasClosed).toBe(true);
  expect(await refusal(url(inner))).toBe(5);

  save(users, ofAlice);
  expect(await house.put(`${base}allow_anonymous false\n`)).toContain("2 sessions re-checked, 1 closed");
  await expect.poll(bob.wasClosed).toBe(true);

  // of each listener, and of all again: Mosquitto never goes back
  const apart = listeners("password_file users\n", "allow_anonymous true\n");
  expect(await house.put(`per_listener_settings true\n${apart}`)).toContain("1 session re-checked, 0 closed");
  expect([await refusal(url(inner)), await refusal(url(outer))]).toEqual([5, 0]);
  expect(await house.put(`per_listener_settings false\n${apart}`)).toContain(" 0 closed");
  expect([await refusal(url(inner)), await refusal(url(outer))]).toEqual([0, 0]);
  expect(alice.wasClosed()).toBe(false);
});

test("the plugins of Mosquitto 2.1 for files do what acl_file and password_file do, and are closed without their option", async () => {
  const port = await freePort();
  const folder = tempFolder();
  save(join(folder, "users"), passwordLine("alice"));
  save(join(folder, "rules"), "user alice\ntopic readwrite house/#\n");
  const users = `plugin /usr/lib/mosquitto_password_file.so\nplugin_opt_password_file users\n`;
  const base = `listener ${port} 127.0.0.1\n${users}plugin /usr/lib/mosquitto_acl_file.so\n`;
  const house = await confHouse(`${base}plugin_opt_acl_file rules\n`, folder);
  const url = `mqtt://127.0.0.1:${port}`;
  expect(await refusal(url, { username: "alice", password: "wrong" })).toBe(5);
  const alice = await connect(url, { username: "alice", password: "alice", protocolVersion: 5 });
  const mayPublish = async (topic: string): Promise<boolean> =>
    alice.client.publishAsync(topic, "x", { qos: 1 }).then(
      () => true,
      () => false,
    );
  expect([await mayPublish("house/a"), await mayPublish("garden/a")]).toEqual([true, false]);

  // the rules in use stay; with none in use nothing is allowed, see below
  save(join(folder, "mosquitto.conf"), base);
  house.signal("SIGHUP");
  await house.line(/ACL file \(no name\) not found/);
  expect([await mayPublish("house/a"), await mayPublish("garden/a")]).toEqual([true, false]);
  expect(await house.stop()).toBe(0);
  await confHouse(base, folder);
  const again = await connect(url, { username: "alice", password: "alice", protocolVersion: 5 });
  await expect(again.client.publishAsync("house/a", "x", { qos: 1 })).rejects.toThrow(/not authorized/i);
});

test("listeners are opened, moved and closed by a reload, and only their own clients are sent away", async () => {
  const [first, second] = [await freePort(), await freePort()];
  const base = "allow_anonymous true\n";
  const at = (host: string, port: number, scheme = "mqtt"): string => `${scheme}://${host}:${port}`;
  const isOpen = async (url: string): Promise<boolean> => {
    try {
      return (await refusal(url)) === 0;
    } catch {
      return false;
    }
  };
  // the default listener, by its old names
  const house = await confHouse(`port ${first}\n${base}`);
  const stays = await connect(at("127.0.0.1", first));
  expect(await isOpen(at("127.0.0.2", first))).toBe(true);
  expect(await isOpen(at("[::1]", first))).toBe(true);

  await house.put(`port ${first}\n${base}listener ${second} 127.0.0.1\n`);
  const goes = await connect(at("127.0.0.1", second));
  await house.put(`port ${first}\n${base}listener ${second} 127.0.0.1\nprotocol websockets\n`);
  await expect.poll(goes.wasClosed).toBe(true);
  expect(await isOpen(at("127.0.0.1", second, "ws"))).toBe(true);
  // who names no origin is refused once one is demanded; the listener stays the same
  const browser = await connect(at("127.0.0.1", second, "ws"));
  const web = `port ${first}\n${base}listener ${second} 127.0.0.1\nprotocol websockets\n`;
  await house.put(`${web}websockets_origin https://house.example\n`);
  expect(await isOpen(at("127.0.0.1", second, "ws"))).toBe(false);
  expect(browser.wasClosed()).toBe(false);
  await house.put(`port ${first}\n${base}listener ${second}\nsocket_domain ipv4\n`);
  expect(await isOpen(at("127.0.0.2", second))).toBe(true);
  expect(await isOpen(at("[::1]", second))).toBe(false);
  await house.put(`port ${first}\n${base}`);
  expect(await isOpen(at("127.0.0.1", second))).toBe(false);
  expect(stays.wasClosed()).toBe(false);

  await house.put(`port ${first}\nbind_address 127.0.0.1\n${base}`);
  await expect.poll(stays.wasClosed).toBe(true);
  expect(await isOpen(at("127.0.0.1", first))).toBe(true);
  expect(await isOpen(at("127.0.0.2", first))).toBe(false);
});

test("include_dir: its files count in their order and place; without the folder nothing starts, and nothing changes", async () => {
  const port = await freePort();
  const base = `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_keepalive 10\ninclude_dir conf.d\nmax_qos 1\n`;
  const folder = tempFolder();
  const conf = join(folder, "mosquitto.conf");
  save(conf, base);
  const refused = launch(["src/main.ts", "-c", conf]);
  expect(await refused.ended).toBe(78);
  expect(refused.lines).toEqual([
    'mosquitto.conf line 4: the folder "conf.d" of include_dir cannot be read (ENOENT). The broker does not start. Create the folder or remove the line.',
  ]);

  save(join(folder, "conf.d", "b.conf"), "max_keepalive 30\n");
  save(join(folder, "conf.d", "a.conf"), "max_keepalive 20\n");
  save(join(folder, "conf.d", "c.CONF"), "max_keepalive 40\n");
  const house = await confHouse(base, folder);
  const seen = async (): Promise<unknown[]> => [await told(port, "serverKeepAlive"), await told(port, "maximumQoS")];
  expect(await seen()).toEqual([30, 1]);
  save(join(folder, "conf.d", "d.conf"), "max_keepalive 50\n");
  await house.put(`${base}max_connections 9\n`);
  expect(await seen()).toEqual([50, 1]);

  rmSync(join(folder, "conf.d"), { recursive: true });
  house.signal("SIGHUP");
  await house.line(/line 4: the folder "conf\.d" of include_dir cannot be read \(ENOENT\)\. The .* stay in use\./);
  expect(await seen()).toEqual([50, 1]);
});
