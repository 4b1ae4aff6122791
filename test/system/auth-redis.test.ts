import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sha256 } from "../auth/sql/tables.ts";
import { launch, save } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { REDIS, startRedis } from "../services/redis.ts";

const DATA = [
  ["HSET", "mqtt_user:alice", "password", sha256("alice-pw")],
  ["HSET", "mqtt_user:bob", "password", sha256("bob-pw")],
  ["HSET", "mqtt_user:root", "password", sha256("root-pw"), "is_superuser", "1"],
  ["HSET", "mqtt_acl:alice", "home/%u/#", "3"],
];

describeWith([...REDIS, "mosquitto_sub", "stdbuf"], "culex run with users in Redis", () => {
  test("lets in whom Redis knows, for what it allows, and knows them again while it is away", async () => {
    const [port, redisPort] = [await freePort(), await freePort()];
    const folder = tempFolder();
    save(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\n`);
    const auth = (cache: string): string => `
stages:
  - type: redis
    server: 127.0.0.1:${redisPort}
    username: mqtt
    password: !secret redis
    auth_cmd: HMGET mqtt_user:%u password salt
    password_hash: sha256
    super_cmd: HGET mqtt_user:%u is_superuser
    acl_cmd: HGETALL mqtt_acl:%u
    cache: ${cache}
`;
    save(join(folder, "auth.yaml"), auth("{ ttl: 0, stale_if_error: 0 }"));
    save(join(folder, "secrets.yaml"), "redis: db-pw\n");
    const running = launch(["src/main.ts", "run", "-c", join(folder, "mosquitto.conf")]);
    await running.line(/ ready: /);
    const url = `mqtt://127.0.0.1:${port}`;
    const alice = { username: "alice", password: "alice-pw", protocolVersion: 5 } as const;
    // it is not there yet
    expect(await refusal(url, alice)).toBe(0x88);

    const first = await startRedis(redisPort, DATA);
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
    expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);

    const connected = await connect(url, alice);
    await expect(connected.client.publishAsync("home/bob/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
    const root = await connect(url, { ...alice, username: "root", password: "root-pw" });
    await root.client.publishAsync("home/alice/2", "off", { qos: 1 });
    await subscriber.received(["home/alice/1 on", "home/alice/2 off"]);

    await first.kill();
    expect(await refusal(url, alice)).toBe(0x88);
    // who is in stays in
    await connected.client.publishAsync("home/alice/3", "x", { qos: 1 });
    const second = await startRedis(redisPort, DATA);
    onTestFinished(() => second.kill());
    await connect(url, alice);

    save(join(folder, "auth.yaml"), auth("{ ttl: 0, stale_if_error: 60 }"));
    await running.line(/generation 2 is live \(auth\.yaml\)/);
    const phone = { ...alice, clientId: "phone" };
    await connect(url, phone);
    await second.kill();
    await connect(url, phone);
    expect(await refusal(url, { ...phone, password: "wrong" })).toBe(0x88);
    expect(running.lines.join("\n")).not.toMatch(/db-pw|alice-pw/);
    expect(await running.stop()).toBe(0);
  });
});
