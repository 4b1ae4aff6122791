import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sha256 } from "../auth/sql/tables.ts";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { startMongodb } from "../services/mongodb.ts";
import { REDIS, startRedis } from "../services/redis.ts";

interface Store {
  readonly type: string;
  readonly programs: readonly string[];
  /** The keys of its stage, without server and login. */
  readonly keys: string;
  /** Starts one with alice, who may use home/alice/#, with bob and with root, a superuser. */
  readonly start: (port: number) => Promise<{ kill(): Promise<void> }>;
}

const STORES: readonly Store[] = [
  {
    type: "redis",
    programs: REDIS,
    keys: `
    auth_cmd: HMGET mqtt_user:%u password salt
    super_cmd: HGET mqtt_user:%u is_superuser
    acl_cmd: HGETALL mqtt_acl:%u`,
    start: (port) =>
      startRedis(port, [
        ["HSET", "mqtt_user:alice", "password", sha256("alice-pw")],
        ["HSET", "mqtt_user:bob", "password", sha256("bob-pw")],
        ["HSET", "mqtt_user:root", "password", sha256("root-pw"), "is_superuser", "1"],
        ["HSET", "mqtt_acl:alice", "home/%u/#", "3"],
      ]),
  },
  {
    type: "mongodb",
    programs: [],
    keys: `
    database: mqtt
    auth_query: { collection: mqtt_user, filter: { username: "%u" } }
    super_query: { collection: mqtt_user, filter: { username: "%u" } }
    acl_query: { collection: mqtt_acl, filter: { username: "%u" } }`,
    start: (port) =>
      startMongodb(
        port,
        {
          mqtt_user: [
            { username: "alice", password: sha256("alice-pw") },
            { username: "bob", password: sha256("bob-pw") },
            { username: "root", password: sha256("root-pw"), is_superuser: true },
          ],
          mqtt_acl: [{ username: "alice", pubsub: ["home/%u/#"] }],
        },
        { login: { username: "mqtt", password: "db-pw" } },
      ),
  },
];

for (const { type, programs, keys, start } of STORES) {
  describeWith([...programs, "mosquitto_sub", "stdbuf"], `culex run with users in ${type}`, () => {
    test("lets in whom it knows, for what it allows, and knows them again while it is away", async () => {
      const [port, storePort] = [await freePort(), await freePort()];
      const folder = tempFolder();
      save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\n`);
      const auth = (cache: string): string => `
stages:
  - type: ${type}
    server: 127.0.0.1:${storePort}
    username: mqtt
    password: !secret store
    password_hash: sha256${keys}
    cache: ${cache}
`;
      save(join(folder, "auth.yaml"), auth("{ ttl: 0, stale_if_error: 0 }"));
      save(join(folder, "secrets.yaml"), "store: db-pw\n");
      const running = launch(["src/main.ts", "run", "-c", join(folder, "mosquitto.conf")]);
      await running.line(/ ready: /);
      const url = `mqtt://127.0.0.1:${port}`;
      const alice = { username: "alice", password: "alice-pw", protocolVersion: 5 } as const;
      // it is not there yet
      expect(await refusal(url, alice)).toBe(0x88);

      const first = await start(storePort);
      onTestFinished(() => first.kill());
      const login = ["-u", "alice", "-P", "alice-pw"];
      const subscriber = await mosquittoSub(port, [...login, "-t", "home/alice/#"]);
      expect(await mosquittoPub(port, [...login, "-t", "home/alice/1", "-m", "on", "-q", "1"])).toMatchObject({
        code: 0,
      });
      await subscriber.received(["home/alice/1 on"]);
      expect(await refusal(url, { ...alice, password: "wrong" })).toBe(0x87);
      expect(await refusal(url, { ...alice, username: "ALICE" })).toBe(0x87);
      expect(await refusal(url, { ...alice, username: "alice is_superuser" })).toBe(0x87);
      expect(await refusal(url, { ...alice, username: '{"$ne":null}' })).toBe(0x87);
      expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);

      const connected = await connect(url, alice);
      await expect(connected.client.publishAsync("home/bob/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
      // no source has rules about bob
      const bob = await connect(url, { ...alice, username: "bob", password: "bob-pw" });
      await expect(bob.client.publishAsync("home/bob/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
      const root = await connect(url, { ...alice, username: "root", password: "root-pw" });
      await root.client.publishAsync("home/alice/2", "off", { qos: 1 });
      await subscriber.received(["home/alice/1 on", "home/alice/2 off"]);

      save(join(folder, "auth.yaml"), auth("{ ttl: 0, stale_if_error: 60 }"));
      await running.line(/generation 2 is live \((?:auth\.yaml|saved while the files were read)\)/);
      const phone = { ...alice, clientId: "phone" };
      await connect(url, phone);
      await first.kill();
      // its last answer serves, and nobody else's
      await connect(url, phone);
      expect(await refusal(url, { ...phone, password: "wrong" })).toBe(0x88);
      // who is in stays in
      await root.client.publishAsync("home/alice/3", "x", { qos: 1 });
      const second = await start(storePort);
      onTestFinished(() => second.kill());
      await running.line(/The login source \w+ does not answer/);
      await connect(url, { ...alice, clientId: "tablet" });
      expect(running.lines.join("\n")).not.toMatch(/db-pw|alice-pw/);
      expect(await running.stop()).toBe(0);
    });
  });
}
