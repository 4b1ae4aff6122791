import { describe, expect, test } from "vitest";
import { fitsClientId } from "../../src/dynsec/extensions.ts";
import { limitsOf, loginRefusal } from "../../src/dynsec/login.ts";
import { acl, HASH, houseOf, openHouse, responsesOf } from "./house.ts";

describe("a login", () => {
  const [, , , salt, password] = HASH.split("$");
  const { state } = houseOf({
    clients: [
      { username: "cam", password, salt, iterations: 101 },
      { username: "new", encoded_password: HASH },
      { username: "none" },
      { username: "bad", password: "x", salt: "y", iterations: 1 },
      { username: "off", disabled: true, password, salt, iterations: 101 },
      { username: "one", clientid: "cid-1", encoded_password: HASH },
      { username: "more", clientid: "cid-1", clientids: ["plug-*", "*-test"], encoded_password: HASH },
      { username: "shut", clientids: [], encoded_password: HASH },
    ],
  });
  test.each([
    ["cam", HASH],
    ["new", HASH],
    ["none", null],
    ["bad", null],
  ])("of %s is checked against what is stored", (username, hash) => {
    expect(state.clients.get(username)?.password?.hash ?? null).toBe(hash);
    expect(loginRefusal(state, username, "any")).toBeNull();
  });

  test("of a name that is not known is somebody else's business", () => {
    expect(loginRefusal(state, "Cam", "any")).toBeNull();
  });

  test("of a disabled client is refused", () => {
    expect(loginRefusal(state, "off", "any")).toEqual({
      kind: "not_allowed",
      sentence: "the client off is disabled",
      hint: 'enable it with "enableClient"',
      where: { file: "dynamic-security.json" },
    });
  });

  test.each([
    ["one", "cid-1", true],
    ["one", "cid-2", false],
    ["more", "cid-1", true],
    ["more", "plug-7", true],
    ["more", "a-test", true],
    ["more", "lamp", false],
    ["shut", "any", false],
  ])("of %s with the client id %s: %s", (username, clientId, isAllowed) => {
    const refused = {
      kind: "not_allowed",
      sentence: `user ${username} may not use the client id ${clientId}`,
      hint: 'set the right client id in the device, or change it with "setClientId"',
      where: { file: "dynamic-security.json" },
    };
    expect(loginRefusal(state, username, clientId)).toEqual(isAllowed ? null : refused);
  });
});

describe("a pattern for client ids", () => {
  test.each([
    ["plug-1", "plug-1", true],
    ["plug-1", "plug-12", false],
    ["plug-*", "plug-", true],
    ["plug-*", "plug-1", true],
    ["plug-*", "xplug-1", false],
    ["*-1", "plug-1", true],
    ["*-1", "plug-12", false],
    ["a*b*c", "abc", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c", false],
    ["a*a", "a", false],
    ["ab*ba", "aba", false],
    ["*", "", true],
    ["a.c", "abc", false],
  ])("%s and %s: %s", (pattern, clientId, expected) => {
    expect(fitsClientId(pattern, clientId)).toBe(expected);
  });
});

describe("what Mosquitto does not have", () => {
  test("is set by commands, shown, taken away, and off until then", async () => {
    const { run, state } = openHouse("{}");
    await run(
      { command: "createRole", rolename: "slow", maxpublishrate: 5 },
      { command: "createRole", rolename: "slower", maxpublishrate: 0.5 },
      { command: "createGroup", groupname: "g", variables: { room: "hall" }, roles: [{ rolename: "slower" }] },
      { command: "createClient", username: "plain" },
      { command: "createClient", username: "c", clientids: ["a", "b-*"], maxconnections: 3, variables: { floor: "1" } },
    );
    expect(await run({ command: "getClient", username: "c" })).toMatchObject({
      client: { clientids: ["a", "b-*"], maxconnections: 3, variables: { floor: "1" } },
    });
    expect(await run({ command: "getRole", rolename: "slow" })).toMatchObject({ role: { maxpublishrate: 5 } });
    expect(await run({ command: "getGroup", groupname: "g" })).toMatchObject({
      group: { variables: { room: "hall" } },
    });
    expect(limitsOf(state, "plain")).toEqual({ maxConnections: null, maxPublishRate: null });
    await run({ command: "addClientRole", username: "c", rolename: "slow" });
    expect(limitsOf(state, "c")).toEqual({ maxConnections: 3, maxPublishRate: 5 });
    await run({ command: "addGroupClient", groupname: "g", username: "c" });
    expect(limitsOf(state, "c")).toEqual({ maxConnections: 3, maxPublishRate: 0.5 });
    await run(
      { command: "modifyClient", username: "c", clientids: null, maxconnections: null, variables: null },
      { command: "modifyRole", rolename: "slow", maxpublishrate: null },
      { command: "modifyGroup", groupname: "g", variables: null },
      { command: "removeGroupClient", groupname: "g", username: "c" },
    );
    expect(limitsOf(state, "c")).toEqual({ maxConnections: null, maxPublishRate: null });
    expect(await run({ command: "getClient", username: "c" })).toEqual({
      client: { username: "c", roles: [{ rolename: "slow" }], groups: [], connections: [] },
    });
  });

  test("limits anonymous clients by the roles of their group", async () => {
    const { run, state } = openHouse("{}");
    await run(
      { command: "createRole", rolename: "slow", maxpublishrate: 2 },
      { command: "createGroup", groupname: "guests", roles: [{ rolename: "slow" }] },
    );
    expect(limitsOf(state, null).maxPublishRate).toBeNull();
    await run({ command: "setAnonymousGroup", groupname: "guests" });
    expect(limitsOf(state, null)).toEqual({ maxConnections: null, maxPublishRate: 2 });
    expect(limitsOf(state, "nobody")).toEqual({ maxConnections: null, maxPublishRate: null });
  });
});

describe("getMe", () => {
  const file = {
    defaultACLAccess: { subscribe: true },
    clients: [
      {
        username: "cam",
        textname: "Camera",
        maxconnections: 2,
        encoded_password: HASH,
        roles: [{ rolename: "own", priority: 4 }],
      },
      { username: "eve" },
    ],
    groups: [
      { groupname: "cams", roles: [{ rolename: "view" }], clients: [{ username: "cam", priority: 7 }] },
      { groupname: "guests", roles: [{ rolename: "view" }] },
    ],
    anonymousGroup: "guests",
    roles: [
      {
        rolename: "own",
        maxpublishrate: 9,
        acls: [acl("publishClientSend cam/%u/#"), acl("publishClientSend v/%{none}")],
      },
      { rolename: "view", acls: [acl("subscribePattern all/%g/#", { allow: false })] },
    ],
  };
  const ask = async (username: string | null, command: object = { command: "getMe" }): Promise<unknown> => {
    const { control } = houseOf(file);
    const payload = Buffer.from(JSON.stringify({ commands: [command] }));
    const { reply, effects, audit } = await control.requestSelf(payload, { clientId: "cid", username });
    expect([effects.users.size, effects.anonymous, audit]).toEqual([0, false, []]);
    expect(reply).not.toContain(HASH);
    return responsesOf(reply)[0];
  };
  const defaultACLAccess = {
    publishClientSend: false,
    publishClientReceive: false,
    subscribe: true,
    unsubscribe: false,
  };

  test("says what a client has, with the topics as they are for it", async () => {
    expect(await ask("cam", { command: "getme", correlationData: "1" })).toEqual({
      command: "getMe",
      data: {
        client: {
          username: "cam",
          clientid: "cid",
          textname: "Camera",
          maxconnections: 2,
          maxpublishrate: 9,
          groups: [{ groupname: "cams", priority: 7 }],
          roles: [
            { rolename: "own", priority: 4 },
            { rolename: "view", groupname: "cams" },
          ],
          acls: [
            { rolename: "own", acltype: "publishClientSend", topic: "cam/cam/#", allow: true },
            { rolename: "view", acltype: "subscribePattern", topic: "all/cams/#", allow: false },
          ],
          defaultACLAccess,
        },
      },
      correlationData: "1",
    });
  });

  test("says what an anonymous client has", async () => {
    expect(await ask(null)).toEqual({
      command: "getMe",
      data: {
        client: {
          clientid: "cid",
          groups: [{ groupname: "guests" }],
          roles: [{ rolename: "view", groupname: "guests" }],
          acls: [{ rolename: "view", acltype: "subscribePattern", topic: "all/guests/#", allow: false }],
          defaultACLAccess,
        },
      },
    });
  });

  test("of somebody else's user is an error", async () => {
    expect(await ask("nobody")).toEqual({ command: "getMe", error: "Client not found" });
  });

  test("is all that a client may ask there", async () => {
    expect(await ask("eve", { command: "getClient", username: "cam" })).toEqual({
      command: "getClient",
      error: "Unknown command",
    });
    expect(await ask("eve", { command: "createClient", username: "x" })).toEqual({
      command: "createClient",
      error: "Unknown command",
    });
  });
});

describe("explain", () => {
  const { run, errorOf } = houseOf({
    clients: [{ username: "cam", roles: [{ rolename: "r" }] }],
    roles: [
      {
        rolename: "r",
        acls: [acl("publishClientSend a/%c", { priority: 1 }), acl("publishClientSend a/#", { allow: false })],
      },
    ],
  });
  const question = { command: "explain", username: "cam", acltype: "publishClientSend", topic: "a/1" };

  test("says what would happen, why, and what was tried", async () => {
    expect(await run({ ...question, clientid: "2" })).toEqual({
      verdict: "deny",
      reason: 'the role r has "publishClientSend a/#", which denies it',
      hint: "change or remove that entry if it should be allowed",
      steps: [
        {
          rule: "role r: publishClientSend a/%c, allow, priority 1",
          matched: false,
          why: "the filter a/%c, here a/2, does not match",
        },
        { rule: "role r: publishClientSend a/#, deny, priority 0", matched: true, why: "the filter a/# matches" },
      ],
    });
    expect(await run({ ...question, clientid: "1" })).toMatchObject({ verdict: "allow" });
    expect(await run({ ...question, acltype: "subscribe" })).toMatchObject({ verdict: "ignore" });
    expect(await run({ ...question, username: undefined })).toMatchObject({ verdict: "ignore" });
  });

  test.each([
    [{ username: 3 }, "Invalid/missing username"],
    [{ clientid: 3 }, "Invalid/missing clientid"],
    [{ acltype: 3 }, "Invalid/missing acltype"],
    [{ acltype: "subscribeLiteral" }, "Unknown acltype"],
    [{ topic: "" }, "Invalid/missing topic"],
    [{ topic: "\u0001" }, "Topic not valid UTF-8"],
  ])("of %j is refused: %s", async (members, error) => {
    expect(await errorOf({ ...question, ...members })).toBe(error);
  });
});
