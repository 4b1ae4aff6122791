import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import mqtt, { type IClientOptions } from "mqtt";
import { admin, client, DYNSEC, dynsecText, may, PASSWORD, startDynsec } from "../helpers/dynsec.ts";
import { save } from "../helpers/culex.ts";
import { connect, refusal, type TestClient } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const login = (username: string, more: IClientOptions = {}): IClientOptions =>
  ({ username, password: PASSWORD, protocolVersion: 5, ...more }) as const;

async function mayPublish({ client }: TestClient, topic: string): Promise<boolean> {
  return client.publishAsync(topic, "x", { qos: 1 }).then(
    () => true,
    () => false,
  );
}

/** The DISCONNECT that a client got, or nothing; resolves when its connection is gone. */
async function farewell({ client }: TestClient): Promise<number | undefined> {
  return new Promise((resolve) => {
    let code: number | undefined;
    client.on("disconnect", ({ reasonCode }) => {
      code = reasonCode;
    });
    client.once("close", () => resolve(code));
  });
}

// two roles for one topic: the one with the higher priority denies to subscribe, and says nothing of publishing
const EXAMPLE = dynsecText({
  clients: [client("john", { roles: [{ rolename: "role1" }, { rolename: "role2", priority: 5 }] }), client("reader")],
  groups: [{ groupname: "readers", roles: [{ rolename: "reads" }], clients: [{ username: "reader" }] }],
  roles: [
    {
      rolename: "role1",
      acls: ["publishClientSend", "publishClientReceive", "subscribeLiteral", "unsubscribeLiteral"].map((type) =>
        may(type, "test"),
      ),
    },
    { rolename: "role2", acls: [{ ...may("subscribeLiteral", "test"), allow: false }] },
    { rolename: "reads", acls: [may("subscribePattern", "#")] },
  ],
});

describe("the example of two roles with different priorities", () => {
  test("is answered as by mosquitto, in each version of MQTT", async () => {
    const { url } = await startDynsec(EXAMPLE);
    const reader = await connect(url, login("reader"));
    await reader.client.subscribeAsync("test");
    for (const [protocolVersion, protocolId, granted] of [
      [3, "MQIsdp", 1],
      [4, "MQTT", 0x80],
      [5, "MQTT", 0x87],
    ] as const) {
      const john = await connect(url, login("john", { protocolVersion, protocolId }));
      const codes = await new Promise<readonly number[]>((resolve) => {
        john.client.once("packetreceive", (packet) =>
          resolve(packet.cmd === "suback" ? packet.granted.map(Number) : []),
        );
        john.client.subscribe("test", { qos: 1 }, () => undefined);
      });
      expect(codes).toEqual([granted]);
      reader.messages.length = 0;
      for (const qos of [0, 1, 2] as const) await john.client.publishAsync("test", String(qos), { qos });
      await reader.received(["test 0", "test 1", "test 2"]);
      expect(john.messages).toEqual([]);
    }
  });

  test("a role that is changed counts at once: its holders log in anew and may not publish any more", async () => {
    const { url } = await startDynsec(EXAMPLE);
    const [john, reader] = [await connect(url, login("john")), await connect(url, login("reader"))];
    expect(await mayPublish(john, "other")).toBe(false);
    const { send } = await admin(url);
    const gone = farewell(john);
    const acls = [{ ...may("publishClientSend", "test"), allow: false }];
    expect(await send({ command: "modifyRole", rolename: "role1", acls })).toEqual([{ command: "modifyRole" }]);
    expect(await gone).toBe(0x98);
    expect(await mayPublish(await connect(url, login("john")), "test")).toBe(false);
    expect(reader.wasClosed()).toBe(false);
  });
});

describe("a command ends the connections", () => {
  const users = ["role", "password", "id", "off", "deleted", "texts", "two", "three"];
  const house = dynsecText({
    clients: users.map((name) => client(name)),
    groups: [
      { groupname: "g", roles: [], clients: [{ username: "two" }] },
      { groupname: "guests", roles: [], clients: [] },
    ],
    anonymousGroup: "guests",
    roles: [{ rolename: "r", acls: [may("publishClientSend", "a")] }],
  });

  const cases = [
    [{ command: "addClientRole", username: "role", rolename: "r" }, "role"],
    [{ command: "setClientPassword", username: "password", password: "other" }, "password"],
    [{ command: "setClientId", username: "id", clientid: "mine" }, "id"],
    [{ command: "disableClient", username: "off" }, "off"],
    [{ command: "deleteClient", username: "deleted" }, "deleted"],
    [{ command: "modifyClient", username: "texts", textname: "One" }, "texts"],
    [{ command: "addGroupRole", groupname: "g", rolename: "r" }, "two"],
    [{ command: "addGroupClient", groupname: "g", username: "three" }, "three"],
    [{ command: "removeGroupClient", groupname: "g", username: "three" }, "three"],
    [{ command: "addGroupRole", groupname: "guests", rolename: "r" }, "anonymous"],
    [{ command: "setAnonymousGroup", groupname: "g" }, "anonymous"],
    [{ command: "enableClient", username: "off" }, null],
    [{ command: "setDefaultACLAccess", acls: [{ acltype: "publishClientSend", allow: true }] }, null],
    [{ command: "createRole", rolename: "new" }, null],
    [{ command: "getClient", username: "two" }, null],
  ] as const;

  test("of those whose login or rights it changed, and of nobody else", async () => {
    const { url } = await startDynsec(house, "allow_anonymous true\n");
    const enter = (name: string) => connect(url, name === "anonymous" ? { protocolVersion: 5 } : login(name));
    const inside = new Map<string, TestClient>();
    for (const name of [...users, "anonymous"]) inside.set(name, await enter(name));
    const { send, client: own } = await admin(url);
    for (const [command, expected] of cases) {
      const text = JSON.stringify(command);
      const gone = expected === null ? null : (inside.get(expected) ?? null);
      const end = gone === null ? null : farewell(gone);
      const [response] = await send(command);
      expect(response, text).not.toHaveProperty("error");
      expect(await end, text).toBe(expected === null ? null : 0x98);
      if (expected !== null) inside.delete(expected);
      // what is still connected answers after the ends above would have come
      for (const [name, session] of inside) {
        await mayPublish(session, "a");
        expect(session.wasClosed(), `${name} after ${text}`).toBe(false);
      }
      expect(own.wasClosed()).toBe(false);
      if (["two", "three", "anonymous"].some((name) => name === expected)) {
        inside.set(expected ?? "", await enter(expected ?? ""));
      }
    }
  });

  test("without their wills, of the one who sent the command after its answer, and keeps the session", async () => {
    const { url } = await startDynsec(
      dynsecText({
        clients: [
          client("role", { roles: [{ rolename: "admin" }, { rolename: "w" }] }),
          client("two", { roles: [{ rolename: "w" }] }),
        ],
        roles: [
          { rolename: "r", acls: [may("publishClientSend", "a")] },
          {
            rolename: "w",
            acls: ["publishClientSend", "publishClientReceive", "subscribeLiteral"].map((type) => may(type, "w")),
          },
        ],
      }),
    );
    const watcher = await admin(url);
    const reader = await connect(url, login("two"));
    await reader.client.subscribeAsync("w");
    const will = { topic: "w", payload: Buffer.from("x"), qos: 0, retain: false } as const;
    const self = await connect(
      url,
      login("role", { will, clean: false, clientId: "me", properties: { sessionExpiryInterval: 60 } }),
    );
    await self.client.subscribeAsync(`${DYNSEC}/response`);
    const gone = farewell(self);
    const command = { command: "addClientRole", username: "role", rolename: "r" };
    await self.client.publishAsync(DYNSEC, JSON.stringify({ commands: [command] }), { qos: 1 });
    expect(await gone).toBe(0x98);
    expect(self.messages).toEqual([`${DYNSEC}/response {"responses":[{"command":"addClientRole"}]}`]);
    const back = await connect(
      url,
      login("role", { clean: false, clientId: "me", properties: { sessionExpiryInterval: 60 } }),
    );
    await watcher.send({ command: "listRoles" });
    await back.received([expect.stringContaining('"listRoles"')]);
    await back.client.publishAsync("w", "later", { qos: 1 });
    await reader.received(["w later"]);
  });
});

test("the session of a deleted client ends at once, connected or away; a disabled client finds its own again", async () => {
  const { url, running } = await startDynsec(
    dynsecText({ clients: ["away", "here", "off"].map((name) => client(name)) }),
  );
  const lasting = (name: string) =>
    login(name, { clean: false, clientId: name, properties: { sessionExpiryInterval: 600 } });
  const { send } = await admin(url);
  const [away, off] = [await connect(url, lasting("away")), await connect(url, lasting("off"))];
  await Promise.all([away.client.endAsync(), off.client.endAsync()]);
  await connect(url, lasting("here"));
  await send({ command: "disableClient", username: "off" }, { command: "enableClient", username: "off" });
  for (const username of ["away", "here"]) {
    await send({ command: "deleteClient", username });
    await running.line(
      new RegExp(
        `Device ${username} \\(user ${username}\\) lost its stored session: user ${username} was removed from `,
      ),
    );
    await send({ command: "createClient", username, password: PASSWORD });
  }
  const present = async (name: string): Promise<boolean> => {
    const session = mqtt.connect(url, { ...lasting(name), reconnectPeriod: 0 });
    onTestFinished(() => void session.end(true));
    return new Promise((resolve, reject) => {
      session.once("connect", ({ sessionPresent }) => resolve(sessionPresent));
      session.once("error", reject);
    });
  };
  expect([await present("away"), await present("here"), await present("off")]).toEqual([false, false, true]);
});

describe("who may log in", () => {
  test("a client of the file, and of others whom the next source knows or nobody", async () => {
    const { url, running } = await startDynsec(
      dynsecText({
        clients: [
          client("plain"),
          client("off", { disabled: true }),
          client("bound", { clientid: "mine" }),
          client("several", { clientids: ["plug-1", "cam-*"] }),
          { username: "nopassword" },
        ],
      }),
    );
    const code = (username: string, clientId = "c1", password = PASSWORD) =>
      refusal(url, { username, clientId, password, protocolVersion: 4 });
    expect(await code("plain")).toBe(0);
    expect(await code("plain", "c1", "wrong")).toBe(5);
    expect(await code("off")).toBe(5);
    expect(await code("bound")).toBe(5);
    expect(await code("bound", "mine")).toBe(0);
    expect(await code("several", "cam-7")).toBe(0);
    expect(await code("several", "plug-2")).toBe(5);
    expect(await code("nopassword")).toBe(5);
    expect(await code("unknown")).toBe(5);
    expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);
    await running.line(
      /Device c1 at 127\.0\.0\.1 was refused: the client off is disabled\. Enable it with "enableClient"\.$/,
    );
    await running.line(/Device plug-2 at .* was refused: user several may not use the client id plug-2\. /);
  });
});

test("the rights of devices without a user name are those of the anonymous group", async () => {
  const { url } = await startDynsec(
    dynsecText({
      groups: [{ groupname: "guests", roles: [{ rolename: "weather" }], clients: [] }],
      anonymousGroup: "guests",
      roles: [
        { rolename: "weather", acls: [may("publishClientSend", "weather/%c/#"), may("subscribePattern", "weather/#")] },
      ],
    }),
    "allow_anonymous true\n",
  );
  const guest = await connect(url, { protocolVersion: 5, clientId: "g1" });
  await guest.client.subscribeAsync("weather/#");
  expect(await mayPublish(guest, "weather/g1/wind")).toBe(true);
  expect(await mayPublish(guest, "weather/g2/wind")).toBe(false);
  await guest.received(["weather/g1/wind x"]);
});

test("limits of a client and a role are kept, and a client can ask what counts for it", async () => {
  const own = [`${DYNSEC}/me`, `${DYNSEC}/me/response`, "a"];
  const { url } = await startDynsec(
    dynsecText({
      clients: [client("plug", { maxconnections: 1, roles: [{ rolename: "slow" }] }), client("other")],
      roles: [
        {
          rolename: "slow",
          maxpublishrate: 2,
          acls: own.flatMap((topic) =>
            ["publishClientSend", "publishClientReceive", "subscribePattern"].map((type) => may(type, topic)),
          ),
        },
      ],
    }),
  );
  const plug = await admin(url, `${DYNSEC}/me`, "plug");
  expect(await refusal(url, login("plug", { clientId: "second" }))).toBe(0x97);
  expect(await refusal(url, login("other"))).toBe(0);
  expect(await plug.send({ command: "getMe" })).toMatchObject([
    { command: "getMe", data: { client: { username: "plug", maxconnections: 1, maxpublishrate: 2 } } },
  ]);
  expect(await plug.send({ command: "listClients" })).toEqual([{ command: "listClients", error: "Unknown command" }]);
  await expect(
    Promise.all([1, 2, 3].map((payload) => plug.client.client.publishAsync("a", String(payload), { qos: 1 }))),
  ).rejects.toThrow(/Quota exceeded/);
});

test("what dynamic security leaves open is decided by the password file and the ACL file", async () => {
  const folder = tempFolder();
  save(
    join(folder, "passwd"),
    "meter:$7$101$zTkAC8PDF9yohtHQ$EoilTLks8+tFCXHkD9bUhdBZFL0pE6Ib6Ephvvhe8f/Gha8oN23tZ6+eDzN5qGpmMxnMEC3hK+sz24xn6LHelQ==\n",
  );
  save(join(folder, "acl"), "user plug\ntopic readwrite b\ntopic readwrite c\nuser meter\ntopic readwrite m\n");
  const text = dynsecText({
    clients: [client("plug", { roles: [{ rolename: "r" }] })],
    roles: [
      { rolename: "r", acls: [may("publishClientSend", "a"), { ...may("publishClientSend", "b"), allow: false }] },
    ],
  });
  const { url } = await startDynsec(text, "password_file passwd\nacl_file acl\n", folder);
  const plug = await connect(url, login("plug"));
  const answers = await Promise.all(["a", "b", "c", "d"].map((topic) => mayPublish(plug, topic)));
  expect(answers).toEqual([true, false, true, false]);
  expect(await refusal(url, login("meter", { password: "wrong" }))).toBe(0x87);
  const meter = await connect(url, login("meter"));
  expect([await mayPublish(meter, "m"), await mayPublish(meter, "a")]).toEqual([true, false]);
});
