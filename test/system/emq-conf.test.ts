import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launch, layOut, save, startAddon } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp.ts";
import { webServer } from "../helpers/web-server.ts";
import { MARIADB, mariadbFolder, startMariadb } from "../services/mariadb.ts";
import { startMongodb } from "../services/mongodb.ts";
import { REDIS, startRedis } from "../services/redis.ts";
import { slapd, SLAPD, SUFFIX } from "../services/slapd.ts";
import { sha256, tables } from "../auth/sql/tables.ts";

const RULES = `%% Allow 'dashboard' to subscribe '$SYS/#'
{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.

%% Deny clients to subscribe '$SYS#' and '#'
{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.

%% Allow all by default
{allow, all}.
`;

/** A folder "etc" as EMQ has it, with "data" beside it; gives the emq.conf and the port it names. */
async function emq(
  lines: string,
  plugins: Readonly<Record<string, string>> = {},
): Promise<{ readonly file: string; readonly etc: string; readonly url: string }> {
  const root = tempFolder();
  const port = await freePort();
  const file = join(root, "etc", "emq.conf");
  const plugged =
    Object.keys(plugins).length === 0
      ? ""
      : "mqtt.plugins.etc_dir = etc/plugins/\nmqtt.plugins.loaded_file = data/loaded_plugins\n";
  save(file, `listener.tcp.external = 127.0.0.1:${port}\n${lines}\n${plugged}`);
  save(join(root, "etc", "acl.conf"), RULES);
  for (const [name, text] of Object.entries(plugins)) save(join(root, "etc", "plugins", `${name}.conf`), text);
  save(join(root, "data", "loaded_plugins"), "emq_auth_username.\nemq_auth_clientid.\n");
  return { file, etc: join(root, "etc"), url: `mqtt://127.0.0.1:${port}` };
}

const USERNAMES = "auth.user.1.username = admin\nauth.user.1.password = public\n";
const CLIENTIDS = "auth.client.1.clientid = clientid\nauth.client.1.password = passwd\n";

test("users and client ids of EMQ log in, of the plugins that are loaded, and a save takes them away", async () => {
  const { file, etc, url } = await emq(
    "mqtt.allow_anonymous = false\nmqtt.acl_nomatch = deny\nmqtt.acl_file = etc/acl.conf",
    {
      emq_auth_username: USERNAMES,
      emq_auth_clientid: CLIENTIDS,
      // it is there, as in every EMQ, and not loaded
      emq_auth_http: "auth.http.auth_req = http://127.0.0.1:9/mqtt/auth\n",
    },
  );
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  const admin = { username: "admin", password: "public" };
  const { client, received, wasClosed } = await connect(url, { ...admin, protocolVersion: 5 });
  expect(await refusal(url, { ...admin, password: "Public" })).toBe(5);
  expect(await refusal(url, { username: "nobody", password: "public" })).toBe(5);
  expect(await refusal(url)).toBe(5);
  await connect(url, { clientId: "clientid", username: "any", password: "passwd" });
  expect(await refusal(url, { clientId: "clientid", username: "any", password: "other" })).toBe(5);

  await expect(client.subscribeAsync("#")).rejects.toThrow(/Not authorized/i);
  await client.subscribeAsync("home/#");
  await client.publishAsync("home/a", "1", { qos: 1 });
  await received(["home/a 1"]);

  save(join(etc, "plugins", "emq_auth_username.conf"), USERNAMES.replace("= public", "= changed"));
  await running.line(/generation 2 is live /);
  await expect.poll(wasClosed).toBe(true);
  await connect(url, { ...admin, password: "changed" });

  rmSync(join(etc, "plugins"), { recursive: true });
  running.signal("SIGHUP");
  await running.line(
    /emq\.conf line 5: "mqtt\.plugins\.etc_dir": the folder "etc\/plugins\/" cannot be read \(ENOENT\)\. The files read at [\d:]+ stay in use\. Create the folder, or remove the line\./,
  );
  await connect(url, { ...admin, password: "changed" });
  expect(await refusal(url)).toBe(5);
});

test("a web service that EMQ asks is asked, with what it says and for superusers", async () => {
  const asked: string[] = [];
  const { url: service } = await webServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      const isFine = new URLSearchParams(body).get("username") === "root" || request.url === "/mqtt/auth";
      response.statusCode = isFine && !body.includes("password=wrong") ? 200 : 401;
      response.end();
    });
  });
  const { file, url } = await emq(`mqtt.acl_nomatch = deny
mqtt.acl_file = etc/acl.conf
auth.http.auth_req = ${service}/mqtt/auth
auth.http.auth_req.method = post
auth.http.auth_req.params = clientid=%c,username=%u,password=%P
auth.http.super_req = ${service}/mqtt/superuser
auth.http.super_req.method = post
auth.http.super_req.params = clientid=%c,username=%u`);
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  expect(await refusal(url, { clientId: "c1", username: "ann", password: "wrong" })).toBe(5);
  const ann = await connect(url, { clientId: "c1", username: "ann", password: "a&b=c", protocolVersion: 5 });
  await expect(ann.client.subscribeAsync("#")).rejects.toThrow(/Not authorized/i);
  const root = await connect(url, { clientId: "c2", username: "root", password: "r", protocolVersion: 5 });
  await root.client.subscribeAsync("#");
  const form = "application/x-www-form-urlencoded";
  expect(asked).toEqual([
    `POST /mqtt/auth ${form} clientid=c1&username=ann&password=wrong`,
    `POST /mqtt/auth ${form} clientid=c1&username=ann&password=a%26b%3Dc`,
    `POST /mqtt/superuser ${form} clientid=c1&username=ann`,
    `POST /mqtt/auth ${form} clientid=c2&username=root&password=r`,
    `POST /mqtt/superuser ${form} clientid=c2&username=root`,
  ]);
});

test("a web service that EMQ asks about topics is asked, before acl.conf", async () => {
  const asked: string[] = [];
  const { url: service } = await webServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    if (pathname === "/mqtt/acl") asked.push([...searchParams].map(([name, value]) => `${name}=${value}`).join(" "));
    const isFine = pathname === "/mqtt/auth" || searchParams.get("topic")?.startsWith("home/") === true;
    response.statusCode = isFine ? 200 : 401;
    response.end();
  });
  const { file, url } = await emq(`mqtt.acl_nomatch = deny
mqtt.acl_file = etc/acl.conf
auth.http.auth_req = ${service}/mqtt/auth
auth.http.acl_req = ${service}/mqtt/acl
auth.http.acl_req.method = get
auth.http.acl_req.params = access=%A,username=%u,clientid=%c,ipaddr=%a,topic=%t`);
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  const { client, received } = await connect(url, {
    clientId: "c1",
    username: "ann",
    password: "a",
    protocolVersion: 5,
  });
  await client.subscribeAsync("home/a");
  await client.publishAsync("home/a", "1", { qos: 1 });
  await received(["home/a 1"]);
  await expect(client.publishAsync("garden/a", "1", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  expect(asked).toEqual(
    expect.arrayContaining([
      "access=1 username=ann clientid=c1 ipaddr=127.0.0.1 topic=home/a",
      "access=2 username=ann clientid=c1 ipaddr=127.0.0.1 topic=home/a",
      "access=2 username=ann clientid=c1 ipaddr=127.0.0.1 topic=garden/a",
    ]),
  );
});

describeWith(MARIADB, "a database of EMQ", () => {
  test("has its users, superusers and rules, whose last row comes first, before those of acl.conf", async () => {
    const flag = (value: boolean): string => (value ? "1" : "0");
    const made = tables({
      flag,
      flagType: "tinyint(1)",
      quoted: (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`,
      connections: "",
    });
    const user = `insert into mqtt_user values (8, 'dashboard', '${sha256("d")}', 0);`;
    const port = await freePort();
    const server = await startMariadb(mariadbFolder(tempFolder(), [...made, user]), port);
    try {
      const { file, url } = await emq(`mqtt.allow_anonymous = true
mqtt.acl_nomatch = deny
auth.mysql.server = 127.0.0.1:${port}
auth.mysql.pool = 8
auth.mysql.username = mqtt
auth.mysql.password = db-pw
auth.mysql.database = mqtt
auth.mysql.auth_query = select password from mqtt_user where username = '%u' limit 1
auth.mysql.password_hash = sha256
auth.mysql.super_query = select is_superuser from mqtt_user where username = '%u' limit 1
auth.mysql.acl_query = select allow, ipaddr, username, clientid, access, topic from mqtt_acl where ipaddr = '%a' or username = '%u' or username = '$all' or clientid = '%c'`);
      const running = launch(["src/main.ts", "-c", file]);
      await running.line(/ ready: /);
      expect(await refusal(url, { username: "alice", password: "wrong" })).toBe(5);
      expect(await refusal(url, { username: "' or '1'='1", password: "alice-pw" })).toBe(5);
      expect(await refusal(url)).toBe(5);
      const alice = await connect(url, { username: "alice", password: "alice-pw", protocolVersion: 5 });
      await expect(alice.client.subscribeAsync("$SYS/#")).rejects.toThrow(/Not authorized/i);
      const dashboard = await connect(url, { username: "dashboard", password: "d", protocolVersion: 5 });
      await dashboard.client.subscribeAsync("$SYS/#");
      const root = await connect(url, { username: "root", password: "root-pw", protocolVersion: 5 });
      await root.client.subscribeAsync("home/#");
      await alice.client.publishAsync("home/a", "1", { qos: 1 });
      await root.received(["home/a 1"]);
    } finally {
      await server.kill();
    }
  });
});

const RIGHTS = { username: "ann", publish: ["home/a"], subscribe: ["home/#"] };

test("documents of EMQ in MongoDB, and its HTTP API publishes with a user of them", async () => {
  const server = await startMongodb(await freePort(), {
    mqtt_user: [{ username: "ann", password: sha256("a"), is_superuser: false }],
    mqtt_acl: [RIGHTS],
  });
  onTestFinished(() => server.kill());
  const api = await freePort();
  const { file, url } = await emq(`mqtt.acl_nomatch = deny
listener.api.mgmt = 127.0.0.1:${api}
auth.mongo.server = 127.0.0.1:${server.port}
auth.mongo.database = mqtt
auth.mongo.auth_query.collection = mqtt_user
auth.mongo.auth_query.password_field = password
auth.mongo.auth_query.password_hash = sha256
auth.mongo.auth_query.selector = username=%u
auth.mongo.super_query.collection = mqtt_user
auth.mongo.super_query.super_field = is_superuser
auth.mongo.super_query.selector = username=%u
auth.mongo.acl_query.collection = mqtt_acl
auth.mongo.acl_query.selector = username=%u`);
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(/ ready: /);
  expect(await refusal(url, { username: "ann", password: "b" })).toBe(5);
  const { client, received } = await connect(url, { username: "ann", password: "a", protocolVersion: 5 });
  await client.subscribeAsync("home/#");
  await expect(client.publishAsync("home/b", "1", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  const publish = (topic: string) =>
    fetch(`http://127.0.0.1:${api}/mqtt/publish`, {
      method: "POST",
      body: new URLSearchParams({ topic, message: "2", qos: "1" }),
      headers: { authorization: `Basic ${Buffer.from("ann:a").toString("base64")}` },
    });
  expect((await publish("home/b")).status).toBe(403);
  expect((await publish("home/a")).status).toBe(200);
  await received(["home/a 2"]);
});

describeWith(REDIS, "hashes of EMQ in Redis", () => {
  test("have its users and rules", async () => {
    const port = await freePort();
    const server = await startRedis(port, [
      ["HSET", "mqtt_user:ann", "password", sha256("a")],
      ["HSET", "mqtt_acl:ann", "home/#", "1", "home/a", "2"],
      ["ACL", "SETUSER", "default", "on", ">secret", "~*", "&*", "+@all"],
    ]);
    onTestFinished(() => server.kill());
    const { file, url } = await emq(`mqtt.acl_nomatch = deny
auth.redis.server = 127.0.0.1:${port}
auth.redis.pool = 8
auth.redis.database = 0
auth.redis.password = secret
auth.redis.auth_cmd = HGET mqtt_user:%u password
auth.redis.password_hash = sha256
auth.redis.super_cmd = HGET mqtt_user:%u is_superuser
auth.redis.acl_cmd = HGETALL mqtt_acl:%u`);
    const running = launch(["src/main.ts", "-c", file]);
    await running.line(/ ready: /);
    expect(await refusal(url, { username: "ann", password: "b" })).toBe(5);
    const { client, received } = await connect(url, { username: "ann", password: "a", protocolVersion: 5 });
    await client.subscribeAsync("home/#");
    await expect(client.publishAsync("home/b", "1", { qos: 1 })).rejects.toThrow(/Not authorized/i);
    await client.publishAsync("home/a", "2", { qos: 1 });
    await received(["home/a 2"]);
  });
});

const PEOPLE = `ou=People,${SUFFIX}`;
const ANN = `dn: ${PEOPLE}
objectClass: organizationalUnit
ou: People

dn: uid=ann,${PEOPLE}
objectClass: inetOrgPerson
uid: ann
cn: ann
sn: ann
userPassword: secret1
`;

describeWith(SLAPD, "a directory of EMQ", () => {
  test("tries the password, and knows a name to the letter only", async () => {
    const { port } = await slapd(ANN);
    const { file, url } = await emq(
      `auth.ldap.servers = 127.0.0.1\nauth.ldap.port = ${port}\nauth.ldap.timeout = 30\nauth.ldap.user_dn = uid=%u,${PEOPLE}\nauth.ldap.ssl = false`,
    );
    const running = launch(["src/main.ts", "-c", file]);
    await running.line(/ ready: /);
    await connect(url, { username: "ann", password: "secret1" });
    expect(await refusal(url, { username: "ann", password: "secret2" })).toBe(5);
    expect(await refusal(url, { username: "ANN", password: "secret1" })).toBe(5);
    expect(await refusal(url, { username: "ann", password: "" })).toBe(5);
  });
});

test("a plugin whose rules cannot be read opens nothing to those whom another lets in", async () => {
  const { file, url } = await emq(
    `mqtt.acl_nomatch = allow\n${USERNAMES}auth.pgsql.database = mqtt\nauth.pgsql.auth_query = select 1\nauth.pgsql.acl_qeury = select 2`,
  );
  const running = launch(["src/main.ts", "-c", file]);
  await running.line(
    /emq\.conf line 7: the stage "postgresql" cannot be used: "auth\.pgsql\.acl_qeury" is not a name of EMQ\. Clients that it should decide about are told to try again \(server unavailable\)\. Did you mean "auth\.pgsql\.acl_query"\?/,
  );
  await running.line(/ ready: /);
  const { client } = await connect(url, { username: "admin", password: "public", protocolVersion: 5 });
  await expect(client.publishAsync("home/a", "1", { qos: 1 })).rejects.toThrow(/Not authorized/i);
  expect(await refusal(url, { username: "other", password: "x", protocolVersion: 5 })).toBe(0x88);
});

test("files of EMQ dropped in the app's folder count within the save, and one that is mixed changes nothing", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({
      logins: [{ username: "meter", password: "m" }],
      customize: { active: true, folder: "mosquitto" },
    }),
    "share/mosquitto/a.conf": "sys_interval 0\n",
  });
  const running = await startAddon(folders);
  const url = `mqtt://127.0.0.1:${running.port("mqtt")}`;
  const admin = { username: "admin", password: "public" };
  const meter = { username: "meter", password: "m", protocolVersion: 5 } as const;
  const before = await connect(url, meter);
  expect(await refusal(url, admin)).not.toBe(0);
  const file = join(folders.share, "mosquitto", "emq_auth_username.conf");
  save(file, USERNAMES);
  await running.line(/generation 2 is live /);
  // its rights are asked for anew, now that there are sources that bring some
  await expect.poll(before.wasClosed).toBe(true);
  for (const login of [admin, meter]) {
    const { client, received } = await connect(url, { ...login, protocolVersion: 5 });
    await client.subscribeAsync("home/#");
    await client.publishAsync(`home/${login.username}`, "1", { qos: 1 });
    await received([`home/${login.username} 1`]);
  }
  save(file, `${USERNAMES}allow_anonymous true\n`);
  await running.line(
    /emq_auth_username\.conf line 3: "allow_anonymous" is a line of Mosquitto, and others in this file are of EMQ\. The lines read at [\d:]+ stay in use\. Move the lines of Mosquitto to a conf file of their own\./,
  );
  await connect(url, admin);
  expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);
});

test("a first start with a mixed file lets nobody in but the system users", async () => {
  const folders = layOut({
    "data/options.json": JSON.stringify({ anonymous: true, customize: { active: true, folder: "mosquitto" } }),
    "share/mosquitto/emq.conf": "mqtt.acl_nomatch = deny\nacl_file rules\n",
  });
  const running = await startAddon(folders);
  await running.line(
    /emq\.conf line 2: "acl_file" is a line of Mosquitto, and others in this file are of EMQ\. Nobody but Home Assistant and apps can log in until this is corrected\. Move/,
  );
  expect(await refusal(`mqtt://127.0.0.1:${running.port("mqtt")}`, { protocolVersion: 5 })).toBe(0x87);
});

test("check says of each line what becomes of it, and explain by which rule", async () => {
  const { file } = await emq("mqtt.acl_nomatch = deny\nmqtt.acl_file = etc/acl.conf\nnode.cookie = emqsecretcookie", {
    emq_auth_username: USERNAMES,
  });
  const checking = launch(["src/main.ts", "check", "-c", file]);
  expect(await checking.ended).toBe(1);
  expect(checking.lines).toEqual([
    'ok: emq.conf line 1: "listener.tcp.external" is carried out.',
    'ok: emq.conf line 2: "mqtt.acl_nomatch" is carried out.',
    'ok: emq.conf line 3: "mqtt.acl_file" is carried out.',
    'warning: emq.conf line 4: "node.cookie" has no effect here: there is no Erlang node. The line is ignored; the other 5 lines are used. Remove the line.',
    'ok: emq.conf line 5: "mqtt.plugins.etc_dir" is carried out.',
    'ok: emq_auth_username.conf line 1: "auth.user.1.username" is carried out.',
    'ok: emq_auth_username.conf line 2: "auth.user.1.password" is carried out.',
    'ok: emq.conf line 6: "mqtt.plugins.loaded_file" is carried out.',
    "7 of 8 lines carried out as written.",
    "0 errors, 1 warning.",
  ]);
  const explaining = launch(["src/main.ts", "explain", "-c", file, "--user", "ann", "--subscribe", "#"]);
  expect(await explaining.ended).toBe(1);
  expect(explaining.lines.join("\n")).toContain('{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}');
});
