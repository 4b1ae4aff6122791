import { createConnection } from "mysql2/promise";
import { expect, onTestFinished, test } from "vitest";
import { sha256 } from "../auth/sql/tables.ts";
import { authHouse } from "../helpers/auth-house.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { MARIADB, mariadbFolder, startMariadb } from "../services/mariadb.ts";
import { POSTGRESQL, postgresqlFolder, startPostgresql } from "../services/postgresql.ts";

const TABLES = [
  "create table mqtt_user (username varchar(100) primary key, password varchar(100), is_superuser int);",
  `insert into mqtt_user values ('alice', '${sha256("alice-pw")}', 0);`,
  `insert into mqtt_user values ('root', '${sha256("root-pw")}', 1);`,
  "create table mqtt_acl (allow int, ipaddr varchar(60), username varchar(100), clientid varchar(100), access int, topic varchar(100));",
  "insert into mqtt_acl values (1, null, 'alice', null, 3, 'home/%u/#');",
];

const SERVERS = [
  { type: "mysql", programs: MARIADB, prepare: mariadbFolder, start: startMariadb },
  { type: "postgresql", programs: POSTGRESQL, prepare: postgresqlFolder, start: startPostgresql },
];

for (const { type, programs, prepare, start } of SERVERS) {
  describeWith([...programs, "mosquitto_sub", "stdbuf"], `culex run with users in ${type}`, () => {
    test("lets in whom the tables know, for what they allow, before, while and after it is away", async () => {
      const data = prepare(tempFolder(), TABLES);
      const databasePort = await freePort();
      const auth = (cache: string): string => `
stages:
  - type: ${type}
    server: 127.0.0.1:${databasePort}
    database: mqtt
    username: mqtt
    password: !secret database
    auth_query: select password from mqtt_user where username = '%u' limit 1
    password_hash: sha256
    super_query: select is_superuser from mqtt_user where username = '%u' limit 1
    acl_query: select allow, ipaddr, username, clientid, access, topic from mqtt_acl where username = '%u'
    cache: ${cache}
`;
      const house = await authHouse(auth("{ ttl: 0, stale_if_error: 0 }"), "database: db-pw\n");
      const { running, port, url } = house;
      const alice = { username: "alice", password: "alice-pw", protocolVersion: 5 } as const;
      // it is not there yet
      expect(await refusal(url, alice)).toBe(0x88);

      const first = await start(data, databasePort);
      onTestFinished(() => first.kill());
      const login = ["-u", "alice", "-P", "alice-pw"];
      const subscriber = await mosquittoSub(port, [...login, "-t", "home/alice/#"]);
      expect(await mosquittoPub(port, [...login, "-t", "home/alice/1", "-m", "on", "-q", "1"])).toMatchObject({
        code: 0,
      });
      await subscriber.received(["home/alice/1 on"]);
      for (const wrong of ["wrong", "", "' or '1'='1"]) {
        expect(await refusal(url, { ...alice, password: wrong })).toBe(0x87);
      }
      for (const wrong of ["ALICE", "alice ", "álice", "' or '1'='1", "nobody"]) {
        expect(await refusal(url, { ...alice, username: wrong })).toBe(0x87);
      }
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
      const second = await start(data, databasePort);
      onTestFinished(() => second.kill());
      await connect(url, alice);

      house.write(auth("{ ttl: 0, stale_if_error: 60 }"));
      await running.line(/generation \d+ is live \((?:auth\.yaml|saved while the files were read)\)/);
      const phone = { ...alice, clientId: "phone" };
      await connect(url, phone);
      await second.kill();
      await connect(url, phone);
      expect(await refusal(url, { ...phone, password: "wrong" })).toBe(0x88);
      expect(running.lines.join("\n")).not.toMatch(/db-pw|alice-pw/);
      expect(await running.stop()).toBe(0);
    });
  });
}

describeWith([...MARIADB], "culex run with rules in a table", () => {
  test("a rule that is changed there holds for who is connected", async () => {
    const data = mariadbFolder(tempFolder(), TABLES);
    const server = await startMariadb(data, await freePort());
    onTestFinished(() => server.kill());
    const { running, url } = await authHouse(`
stages:
  - type: mysql
    server: 127.0.0.1:${server.port}
    database: mqtt
    username: mqtt
    password: db-pw
    auth_query: select password from mqtt_user where username = '%u' limit 1
    password_hash: sha256
    acl_query: select allow, ipaddr, username, clientid, access, topic from mqtt_acl where username = '%u'
    cache: { ttl: 1 }
`);
    const alice = await connect(url, { username: "alice", password: "alice-pw", protocolVersion: 5 });
    await alice.client.subscribeAsync("home/alice/#", { qos: 1 });
    await alice.client.publishAsync("home/alice/1", "on", { qos: 1 });
    await alice.received(["home/alice/1 on"]);
    const database = await createConnection({ port: server.port, user: "mqtt", password: "db-pw", database: "mqtt" });
    onTestFinished(() => database.end());
    await database.query("update mqtt_acl set topic = 'garden/#'");
    await running.line(/The rights of 1 session changed where they come from, and are in force\./);
    await expect(alice.client.publishAsync("home/alice/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
    await alice.client.subscribeAsync("garden/#", { qos: 1 });
    await alice.client.publishAsync("garden/1", "on", { qos: 1 });
    await alice.received(["home/alice/1 on", "garden/1 on"]);
  });

  test("a rule that is changed there while a client is away holds when it is back", async () => {
    const data = mariadbFolder(tempFolder(), TABLES);
    const server = await startMariadb(data, await freePort());
    onTestFinished(() => server.kill());
    const { url } = await authHouse(`
stages:
  - type: mysql
    server: 127.0.0.1:${server.port}
    database: mqtt
    username: mqtt
    password: db-pw
    auth_query: select password from mqtt_user where username = '%u' limit 1
    password_hash: sha256
    super_query: select is_superuser from mqtt_user where username = '%u' limit 1
    acl_query: select allow, ipaddr, username, clientid, access, topic from mqtt_acl where username = '%u'
    cache: false
`);
    const root = await connect(url, { username: "root", password: "root-pw", protocolVersion: 5 });
    const kept = { username: "alice", password: "alice-pw", clientId: "kept", clean: false } as const;
    const first = await connect(url, kept);
    await first.client.subscribeAsync("home/alice/#", { qos: 1 });
    await root.client.publishAsync("home/alice/secret", "1", { qos: 1 });
    await first.received(["home/alice/secret 1"]);
    await first.client.endAsync();
    const database = await createConnection({ port: server.port, user: "mqtt", password: "db-pw", database: "mqtt" });
    onTestFinished(() => database.end());
    await database.query("insert into mqtt_acl values (0, null, 'alice', null, 1, 'home/alice/secret')");
    const second = await connect(url, kept);
    await root.client.publishAsync("home/alice/secret", "2", { qos: 1 });
    await root.client.publishAsync("home/alice/1", "on", { qos: 1 });
    await second.received(["home/alice/1 on"]);
  });
});
