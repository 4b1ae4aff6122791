import type { IncomingMessage } from "node:http";
import mqtt from "mqtt";
import { describe, expect, test } from "vitest";
import { authHouse } from "../helpers/auth-house.ts";
import { freePort } from "../helpers/free-port.ts";
import { mosquittoPub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { statusStage, topicsAsked } from "../helpers/status-stage.ts";
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

  test("asks a service about each topic, holds only the packets of who has to wait, and asks again", async () => {
    const rules = new Map([
      ["2 alice home/alice/1", 200],
      ["2 alice slow", 200],
      ["2 alice last", 200],
      ["1 alice home/#", 200],
      ["1 alice gone/#", 200],
    ]);
    const asked: string[] = [];
    const held: (() => void)[] = [];
    let isSilent = false;
    const service = await webServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://service");
      if (pathname === "/auth") return void response.writeHead(200).end();
      const question = ["access", "username", "topic"].map((name) => searchParams.get(name)).join(" ");
      asked.push(question);
      const answer = (): void => void response.writeHead(rules.get(question) ?? 403).end();
      if (isSilent) return;
      if (question.endsWith(" slow")) held.push(answer);
      else answer();
    });
    const { running, url } = await authHouse(
      statusStage(
        service,
        "timeout: 1",
        ...topicsAsked(service),
        "cache: { ttl: 1, negative_ttl: 1, stale_if_error: 0 }",
      ),
    );
    const alice = await connect(url, ALICE);
    const bob = await connect(url, { ...ALICE, username: "bob" });
    rules.set("2 bob home/bob", 200);
    await expect(
      alice.client.subscribeAsync({ "home/#": { qos: 1 }, "gone/#": { qos: 1 }, "#": { qos: 1 } }),
    ).rejects.toMatchObject({ packet: { granted: [1, 1, 0x87] } });
    expect(asked.toSorted()).toEqual(["1 alice #", "1 alice gone/#", "1 alice home/#"]);

    // a question that takes its time holds back what comes behind it, and nobody else
    const slow = alice.client.publishAsync("slow", "x", { qos: 1 });
    const order: string[] = [];
    void slow.then(() => order.push("slow"));
    const last = alice.client.publishAsync("last", "x", { qos: 1 }).then(() => order.push("last"));
    await expect.poll(() => held.length).toBe(1);
    await bob.client.publishAsync("home/bob", "on", { qos: 1 });
    await alice.received(["home/bob on"]);
    expect(asked).not.toContain("2 alice last");
    held[0]?.();
    await last;
    expect(order).toEqual(["slow", "last"]);
    await expect(alice.client.publishAsync("home/alice/2", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });

    // a right that is taken away ends while the client stays
    rules.delete("1 alice home/#");
    await running.line(/The rights of 1 session changed where they come from, and are in force\./);
    await bob.client.publishAsync("home/bob", "off", { qos: 1 });
    expect(alice.messages).toEqual(["home/bob on"]);

    // no answer is no yes, and is not said to be a no
    isSilent = true;
    await expect(alice.client.publishAsync("last", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x83 });
    await expect(alice.client.subscribeAsync("other/#", { qos: 1 })).rejects.toMatchObject({
      packet: { granted: [0x83] },
    });
    await running.line(
      /The source of rules http does not answer \(.*\)\. What it has to be asked about is refused, unless it said yes to it before\. This ends by itself when it answers\./,
    );
    isSilent = false;
    await running.line(/The source of rules http answers again\./);
    await expect
      .poll(() =>
        alice.client.publishAsync("last", "x", { qos: 1 }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(running.lines.join("\n")).not.toContain("alice-pw");
  });

  test("what a client sends before it leaves is asked about too, and its will", async () => {
    const service = await webServer((request, response) => {
      const isNo = request.url?.includes("topic=no") === true;
      setImmediate(() => response.writeHead(isNo ? 403 : 200).end());
    });
    const { port, url } = await authHouse(statusStage(service, ...topicsAsked(service)));
    const watch = await connect(url, ALICE);
    await watch.client.subscribeAsync("#");
    const login = ["-u", "bob", "-P", "x"];
    for (const qos of ["0", "1", "2"]) {
      expect(await mosquittoPub(port, [...login, "-t", `q${qos}`, "-m", qos, "-q", qos])).toMatchObject({ code: 0 });
    }
    await watch.received(["q0 0", "q1 1", "q2 2"]);
    for (const topic of ["no", "will"]) {
      const leaving = await connect(url, {
        ...ALICE,
        will: { topic, payload: Buffer.from("bye"), qos: 1, retain: false },
      });
      leaving.client.stream.destroy();
    }
    await watch.received(["q0 0", "q1 1", "q2 2", "will bye"]);
  });

  test("a stored session is asked about before it gets what waited for it", async () => {
    let isAllowed = true;
    const service = await webServer((request, response) => {
      const isNo = !isAllowed && request.url?.includes("access=1") === true;
      response.writeHead(isNo ? 403 : 200).end();
    });
    const { url } = await authHouse(statusStage(service, ...topicsAsked(service), "cache: false"));
    const kept = { ...ALICE, clientId: "kept", clean: false, properties: { sessionExpiryInterval: 600 } };
    const bob = await connect(url, { ...ALICE, username: "bob" });
    const first = await connect(url, kept);
    await first.client.subscribeAsync("a/#", { qos: 1 });
    await first.client.endAsync();
    await bob.client.publishAsync("a/1", "x", { qos: 1 });
    const second = await connect(url, kept);
    await second.received(["a/1 x"]);
    await second.client.endAsync();
    await bob.client.publishAsync("a/2", "x", { qos: 1 });
    isAllowed = false;
    const third = await connect(url, kept);
    await bob.client.publishAsync("a/3", "x", { qos: 1 });
    await third.client.publishAsync("b", "x", { qos: 1 });
    expect(third.messages).toEqual([]);
  });

  test("what comes for a stored session while it is asked about waits for the answer", async () => {
    const held: ((status: number) => void)[] = [];
    let isHeld = false;
    const service = await webServer((request, response) => {
      const answer = (status: number): void => void response.writeHead(status).end();
      if (isHeld && request.url?.includes("access=1") === true) held.push(answer);
      else answer(200);
    });
    const auth = (timeout: number): string =>
      statusStage(service, `timeout: ${timeout}`, ...topicsAsked(service), "cache: false");
    const house = await authHouse(auth(4));
    const kept = { ...ALICE, clientId: "kept", clean: false, properties: { sessionExpiryInterval: 600 } };
    const bob = await connect(house.url, { ...ALICE, username: "bob" });
    const first = await connect(house.url, kept);
    await first.client.subscribeAsync("a/#", { qos: 1 });
    await first.client.endAsync();
    const say = async (text: string): Promise<void> => {
      await bob.client.publishAsync("a/1", `${text} 0`, { qos: 0 });
      await bob.client.publishAsync("a/1", `${text} 1`, { qos: 1 });
    };
    const answer = (status: number): void => held.splice(0).forEach((answerOne) => answerOne(status));

    isHeld = true;
    const coming = connect(house.url, kept);
    await expect.poll(() => held.length).toBe(1);
    await say("come");
    answer(200);
    const second = await coming;
    await second.received(["a/1 come 0", "a/1 come 1"]);
    await second.client.endAsync();

    // it leaves before the answer: what comes meanwhile is there when it is back
    const leaving = mqtt.connect(house.url, { ...kept, reconnectPeriod: 0 });
    await expect.poll(() => held.length).toBe(1);
    leaving.stream.destroy();
    await say("left");
    answer(200);
    const third = connect(house.url, kept);
    await expect.poll(() => held.length).toBe(1);
    answer(200);
    await (await third).received(["a/1 left 1"]);
    await (await third).client.endAsync();

    // while it is away its source of rules becomes another one, which was asked nothing yet
    house.write(auth(5));
    await house.running.line(/generation 2 is live/);
    await say("away");
    const fourth = connect(house.url, kept);
    await expect.poll(() => held.length).toBe(1);
    answer(200);
    await (await fourth).received(["a/1 away 1"]);
    await (await fourth).client.endAsync();

    const refused = connect(house.url, kept);
    await expect.poll(() => held.length).toBe(1);
    await say("no");
    answer(403);
    const last = await refused;
    isHeld = false;
    await last.client.publishAsync("b", "x", { qos: 1 });
    expect(last.messages).toEqual([]);
  });

  test("who publishes over HTTP is asked about too, each topic of a list, and nothing of it is sent at a no", async () => {
    const asked: string[] = [];
    let isSilent = false;
    const service = await webServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://service");
      if (pathname === "/auth") return void response.writeHead(200).end();
      asked.push(`${searchParams.get("username")} ${searchParams.get("topic")}`);
      if (!isSilent) response.writeHead(searchParams.get("topic") === "no" ? 403 : 200).end();
    });
    const httpPort = await freePort();
    const { url, running } = await authHouse(
      statusStage(service, "timeout: 1", ...topicsAsked(service), "cache: false"),
      "",
      `http_publish ${httpPort} 127.0.0.1\n`,
    );
    const alice = await connect(url, ALICE);
    await alice.client.subscribeAsync("#");
    asked.length = 0;
    const send = async (topics: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${httpPort}/mqtt/publish`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("bob:x")}` },
        body: new URLSearchParams({ topics, message: "x" }),
      });
      return `${response.status} ${await response.text()}`;
    };
    expect(await send("a,b,a")).toBe("200 OK");
    await alice.received(["a x", "b x", "a x"]);
    expect(asked.toSorted()).toEqual(["bob a", "bob b"]);
    expect(await send("c,no")).toMatch(/^403 user bob may not publish to no: /);
    isSilent = true;
    expect(await send("a")).toBe(
      "503 user bob may not publish to a: http was asked whether it may, and did not answer",
    );
    isSilent = false;
    await running.line(/The source of rules http answers again\./);
    expect(alice.messages).toEqual(["a x", "b x", "a x"]);
  });

  test("one client asks a few things at a time, however much it sends", async () => {
    let open = 0;
    let most = 0;
    const service = await webServer((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.writeHead(200).end();
      }, 5);
    });
    const { url } = await authHouse(statusStage(service, "pool: 64", ...topicsAsked(service)));
    const alice = await connect(url, ALICE);
    const filters = Array.from({ length: 50 }, (_, index) => `home/${index}`);
    const granted = await alice.client.subscribeAsync(filters);
    expect(granted.map(({ qos }) => qos)).toEqual(filters.map(() => 0));
    await Promise.all(filters.map((topic) => alice.client.publishAsync(topic, "x", { qos: 1 })));
    await expect.poll(() => alice.messages.length).toBe(50);
    expect(most).toBeLessThanOrEqual(4);
  });
});
