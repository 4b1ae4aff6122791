import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { authHouse } from "../helpers/auth-house.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { webServer } from "../helpers/web-server.ts";

const ALICE = { username: "alice", password: "alice-pw", protocolVersion: 5 } as const;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe("culex run with a web service that knows the users", () => {
  test("lets in whom it knows, for what its answer allows, and knows them again when it is back", async () => {
    const webPort = await freePort();
    const start = () =>
      webServer(
        (request, response) => {
          void textOf(request).then((text) => {
            const isAlice = text === JSON.stringify({ username: "alice", password: "alice-pw" });
            const acl = [{ permission: "allow", action: "all", topic: "home/${username}/#" }];
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify(isAlice ? { result: "allow", is_superuser: false, acl } : { result: "deny" }));
          });
        },
        { port: webPort },
      );
    const { running, url } = await authHouse(`
stages:
  - type: http
    login:
      url: "http://127.0.0.1:${webPort}/emqx-auth"
      params: { username: "%u", password: "%P" }
    cache: { ttl: 0, stale_if_error: 0 }
`);
    expect(await refusal(url, ALICE)).toBe(0x88);
    const service = await start();
    const alice = await connect(url, ALICE);
    await alice.client.subscribeAsync("home/alice/#", { qos: 1 });
    await alice.client.publishAsync("home/alice/1", "on", { qos: 1 });
    await alice.received(["home/alice/1 on"]);
    await expect(alice.client.publishAsync("home/bob/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
    for (const wrong of ["wrong", "", "alice-pw\r\nX: y"]) {
      expect(await refusal(url, { ...ALICE, password: wrong })).toBe(0x87);
    }
    for (const wrong of ["bob", "ALICE", 'alice","x":"']) {
      expect(await refusal(url, { ...ALICE, username: wrong })).toBe(0x87);
    }
    expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);

    await service.close();
    expect(await refusal(url, { ...ALICE, clientId: "phone" })).toBe(0x88);
    await alice.client.publishAsync("home/alice/2", "off", { qos: 1 });
    await start();
    await connect(url, { ...ALICE, clientId: "phone" });
    expect(running.lines.join("\n")).not.toContain("alice-pw");
  });
});
