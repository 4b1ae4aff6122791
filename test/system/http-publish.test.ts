import { execFileSync } from "node:child_process";
import { request } from "node:https";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeApiKey } from "../../src/auth/api-keys.ts";
import { makePair } from "../helpers/certificates.ts";
import { launch, layOut, save, startAddon, type Running } from "../helpers/culex.ts";
import { freePort } from "../helpers/free-port.ts";
import { connect, type TestClient } from "../helpers/mqtt.ts";
import { tempFolder } from "../helpers/temp.ts";

const ACL = `user user
topic readwrite /a/#
topic readwrite b/#
topic readwrite $SYS/#
topic readwrite $CONTROL/#

user weather
topic readwrite weather/#
topic readwrite b/#

user reader
topic read #

pattern readwrite of/%c/#
`;

interface Started extends Running {
  readonly folder: string;
  readonly http: string;
  readonly subscriber: TestClient;
}

const KEY = makeApiKey("station");

/** A broker with HTTP, and a subscriber to everything. */
async function start(more = ""): Promise<Started> {
  const folder = tempFolder();
  save(join(folder, "users"), "user:passwd\nweather:sunny\nreader:secret\n");
  save(join(folder, "acl"), ACL);
  save(join(folder, "bans.yaml"), "- user: weather\n  reason: too loud\n");
  save(join(folder, "keys"), `${KEY.line}\nuser weather\ntopic weather/#\n`);
  const conf = `listener ${await freePort()} 127.0.0.1\npassword_file users\nacl_file acl
http_publish ${await freePort()} 127.0.0.1\nhttp_publish_keys keys\n${more}`;
  save(join(folder, "mosquitto.conf"), conf);
  const running = launch(["src/main.ts", "-c", join(folder, "mosquitto.conf")]);
  await running.line(/ ready: /);
  const subscriber = await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    username: "reader",
    password: "secret",
    protocolVersion: 5,
  });
  await subscriber.client.subscribeAsync("#", { qos: 2 });
  return { ...running, folder, http: `http://127.0.0.1:${running.port("http")}`, subscriber };
}

interface Sent {
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** "200 OK" */
async function post(
  url: string,
  body: string | Buffer,
  { as = "user:passwd", headers = {} }: Sent = {},
): Promise<string> {
  const reply = await fetch(url, {
    method: "POST",
    body: new Uint8Array(Buffer.from(body)),
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      ...(as === "" ? {} : { Authorization: `Basic ${Buffer.from(as).toString("base64")}` }),
      ...headers,
    },
  });
  return `${reply.status} ${await reply.text()}`;
}

describe("the form of EMQ", () => {
  test("takes the line of curl that its guide prints", async () => {
    const { http, subscriber } = await start();
    const port = new URL(http).port;
    const line = `curl -v --basic -u user:passwd -d "qos=1&retain=0&topic=/a/b/c&message=hello from http..." -k http://localhost:${port}/mqtt/publish`;
    expect(execFileSync("sh", ["-c", line], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })).toBe("OK");
    await subscriber.received(["/a/b/c hello from http..."]);
  });

  test("publishes to several topics, bytes and retained messages too, or to none", async () => {
    const { http, subscriber } = await start();
    const url = `${http}/mqtt/publish`;
    expect(await post(url, "topic=b/1&topics=b/2,/a/3&message=%C3%BC+&qos=2&retain=1&client=me")).toBe("200 OK");
    expect(await post(url, "topic=b/4&topics=c/5&message=x")).toBe(
      "403 user user may not publish to c/5: no rule of user user matches; default is deny (acl)",
    );
    await subscriber.received(["b/1 ü ", "b/2 ü ", "/a/3 ü "]);
    const late = await connect(`mqtt://127.0.0.1:${subscriber.client.options.port ?? 0}`, {
      username: "reader",
      password: "secret",
    });
    await late.client.subscribeAsync("b/1");
    await late.received(["b/1 ü "]);
  });

  test("rules with a client id see the field client", async () => {
    const { http } = await start();
    const url = `${http}/mqtt/publish`;
    expect(await post(url, "topic=of/lamp/x&client=lamp")).toBe("200 OK");
    expect(await post(url, "topic=of/lamp/x")).toBe(
      "403 user user may not publish to of/lamp/x: no rule of user user matches; default is deny (acl)",
    );
  });

  const FORMS: readonly (readonly [string, string])[] = [
    ["topic=b/1&qos=3", "400 Bad QoS"],
    ["topic=b/1&retain=true", "400 Bad Retain"],
    ["message=x", "400 Bad Topics"],
    ["topic=b/%2B", "400 Bad Topics"],
    ["topic=%ff", "400 Bad Topics"],
    ["topic=b/%00", "400 Bad Topics"],
    ["topic=", "400 Bad Topics"],
    [
      "topic=%24SYS/broker/version&message=x",
      "403 user user may not publish to $SYS/broker/version: topics that begin with $SYS are written by the broker only",
    ],
    [
      "topic=%24CONTROL/dynamic-security/v1&message={}",
      "403 user user may not publish to $CONTROL/dynamic-security/v1: topics that begin with $CONTROL are for connected clients only",
    ],
  ];

  test("tells what is wrong with a request", async () => {
    const { http } = await start();
    for (const [body, answer] of FORMS) {
      expect(await post(`${http}/mqtt/publish`, body)).toBe(answer);
    }
  });
});

describe("who may publish", () => {
  test("nobody without a login, and after ten wrong ones nobody of that address", async () => {
    const { http, line, lines } = await start();
    const url = `${http}/mqtt/publish`;
    const body = "topic=b/1&message=x";
    expect(await post(url, body, { as: "" })).toBe("401 Unauthorized");
    for (let count = 0; count < 10; count++) {
      expect(await post(url, body, { as: count % 2 === 0 ? "user:a-wrong-one" : "nobody:a-wrong-one" })).toBe(
        "401 Unauthorized",
      );
    }
    expect(await post(url, body)).toMatch(
      /^429 Too many logins from this address failed\. Nothing from it is looked at for \d+ s\. Then use the right name and password\.$/,
    );
    await line(/Device http at 127\.0\.0\.1 was refused: wrong password for user user\./);
    expect(lines.join("\n")).not.toContain("a-wrong-one");
  });

  test("a key to its own topics as far as its user may, by name and secret or as a token", async () => {
    const { http, line, subscriber, folder } = await start();
    const url = `${http}/mqtt/publish`;
    expect(await post(url, "topic=weather/1&message=x", { as: `station:${KEY.secret}` })).toBe("200 OK");
    const headers = { Authorization: `Bearer station:${KEY.secret}` };
    expect(await post(url, "topic=weather/2&message=x", { as: "", headers })).toBe("200 OK");
    expect(await post(url, "topic=b/3&message=x", { as: "", headers })).toBe(
      "403 user weather may not publish to b/3: the API key station is not for this topic",
    );
    await line(/Device station \(user weather\) may not publish to b\/3: the API key station is not for this topic/);
    expect(await post(url, "topic=weather/4&message=x", { as: "station:wrong" })).toBe("401 Unauthorized");
    const password = { Authorization: "Bearer user:passwd" };
    expect(await post(url, "topic=b/5&message=x", { as: "", headers: password })).toBe("401 Unauthorized");
    await subscriber.received(["weather/1 x", "weather/2 x"]);

    save(join(folder, "keys"), "# none any more\n");
    await line(/is live \((?:keys|saved while the files were read)\)/);
    expect(await post(url, "topic=weather/6&message=x", { as: "", headers })).toBe("401 Unauthorized");
  });

  test.each([
    ["nobody who is banned", "weather:sunny", "b/1", /Device http at 127\.0\.0\.1 was refused: .*banned/],
    [
      "with a key neither",
      `station:${KEY.secret}`,
      "weather/1",
      /Device station at 127\.0\.0\.1 was refused: .*banned/,
    ],
  ])("%s", async (_, as, topic, refusal) => {
    const { http, line } = await start("ban_file bans.yaml\n");
    const url = `${http}/mqtt/publish`;
    expect(await post(url, `topic=${topic}`, { as })).toBe("401 Unauthorized");
    expect(await post(url, "topic=b/1")).toBe("200 OK");
    await line(refusal);
  });

  test("a user no faster than its limit, whatever it sends over MQTT or here", async () => {
    const { http, line } = await start("max_user_message_rate 2\n");
    const url = `${http}/mqtt/publish`;
    expect(await post(url, "topics=b/1,b/2,b/3")).toBe("200 OK");
    const TOO_FAST = "user user publishes faster than it may (max_user_message_rate)";
    expect(await post(url, "topic=b/1")).toBe(`429 ${TOO_FAST}`);
    expect(await post(url, "topic=b/1", { as: "weather:sunny" })).toBe("200 OK");
    await line(/was refused: user user publishes faster than it may \(max_user_message_rate\)/);
    await expect.poll(() => post(url, "topic=b/1"), { timeout: 5_000 }).toBe("200 OK");
  });

  test("no web page of another site", async () => {
    const { http } = await start();
    const url = `${http}/mqtt/publish`;
    const foreign = "403 A web page of another site sent this request. Nothing was published.";
    expect(await post(url, "topic=b/1", { headers: { Origin: "http://evil.example" } })).toBe(foreign);
    expect(await post(url, "topic=b/1", { headers: { Origin: "null" } })).toBe(foreign);
    expect(await post(url, "topic=b/1", { headers: { Origin: http } })).toBe("200 OK");
  });
});

describe("the JSON of EMQ 2", () => {
  const BODIES: readonly (readonly [object, string])[] = [
    [{ topic: "b/1", payload: "hi", qos: 1, retain: false, client_id: "me" }, '200 {"code":0,"result":[]}'],
    [{ topic: "b/1" }, '200 {"code":107,"message":"params error"}'],
    [{ topic: "b/1", payload: "x", qos: "1" }, '200 {"code":108,"message":"params type error"}'],
    [{ topic: "b/1", payload: 1 }, '200 {"code":108,"message":"params type error"}'],
    [
      { topic: "b/#", payload: "x" },
      '200 {"code":108,"message":"\\"b/#\\" is no topic name: a topic name has no wildcards (\\"+\\" or \\"#\\")"}',
    ],
    [[], '200 {"code":109,"message":"the body is not a JSON object"}'],
    [
      { topic: "c", payload: "x" },
      '403 {"code":102,"message":"user user may not publish to c: no rule of user user matches; default is deny (acl)"}',
    ],
  ];

  test("tells what is wrong with a request", async () => {
    const { http } = await start();
    for (const [body, answer] of BODIES) {
      expect(await post(`${http}/api/v2/mqtt/publish`, JSON.stringify(body))).toBe(answer);
    }
  });
});

describe("the JSON of EMQX 5", () => {
  test("publishes bytes with properties", async () => {
    const { http, subscriber } = await start();
    const packets: unknown[] = [];
    subscriber.client.on("message", (_topic, payload, packet) =>
      packets.push([payload.toString("hex"), packet.properties]),
    );
    const body = {
      topic: "b/1",
      payload: "AP8=",
      payload_encoding: "base64",
      qos: 1,
      properties: {
        payload_format_indicator: 0,
        message_expiry_interval: 100,
        response_topic: "b/r",
        correlation_data: "c1",
        user_properties: { station: "roof" },
        content_type: "x/y",
      },
    };
    expect(await post(`${http}/api/v5/publish`, JSON.stringify(body))).toMatch(/^200 {"id":"[0-9A-F]{32}"}$/);
    await subscriber.received([`b/1 ${Buffer.from([0, 0xff]).toString()}`]);
    expect(packets).toEqual([
      [
        "00ff",
        {
          payloadFormatIndicator: false,
          messageExpiryInterval: 100,
          responseTopic: "b/r",
          correlationData: Buffer.from("c1"),
          userProperties: { station: "roof" },
          contentType: "x/y",
        },
      ],
    ]);
  });

  const BODIES: readonly (readonly [object, string])[] = [
    [{ topic: "b/1" }, '400 {"code":"BAD_REQUEST","message":"payload is not a text"}'],
    [{ topic: "b/1", payload: "x", qos: 3 }, '400 {"code":"BAD_REQUEST","message":"qos is none of 0, 1 and 2"}'],
    [
      { topic: "b/1", payload: "!", payload_encoding: "base64" },
      '400 {"reason_code":131,"message":"payload is not base64"}',
    ],
    [
      { topic: "b/1", payload: "x", properties: { message_expiry_interval: -1 } },
      '400 {"code":"BAD_REQUEST","message":"properties.message_expiry_interval is not a number of seconds"}',
    ],
    [
      { topic: "b/1", payload: "x", properties: { response_topic: "#" } },
      '400 {"reason_code":130,"message":"broke the protocol: the response topic holds a wildcard"}',
    ],
    [
      { topic: "b/1", payload: "x", properties: { content_type: "x".repeat(70_000) } },
      '400 {"reason_code":128,"message":"its topic or one of its properties cannot be sent: too long, or of no known form"}',
    ],
    [
      { topic: "a/+", payload: "x" },
      '400 {"reason_code":144,"message":"\\"a/+\\" is no topic name: a topic name has no wildcards (\\"+\\" or \\"#\\")"}',
    ],
    [
      { topic: "c", payload: "x" },
      '403 {"reason_code":135,"message":"user user may not publish to c: no rule of user user matches; default is deny (acl)"}',
    ],
    [
      { topic: "b/1", payload: "x".repeat(51) },
      '400 {"reason_code":151,"message":"message of 51 bytes; the limit is 50 bytes (message_size_limit)"}',
    ],
  ];

  test("tells what is wrong with a request", async () => {
    const { http } = await start("message_size_limit 50\n");
    for (const [body, answer] of BODIES) {
      expect(await post(`${http}/api/v5/publish`, JSON.stringify(body))).toBe(answer);
    }
  });

  test("says that nobody subscribed", async () => {
    const { http, subscriber } = await start();
    await subscriber.client.unsubscribeAsync("#");
    const nobody = '{"reason_code":16,"message":"no_matching_subscribers"}';
    expect(await post(`${http}/api/v5/publish`, JSON.stringify({ topic: "b/1", payload: "x" }))).toBe(`202 ${nobody}`);
    const both = [{ topic: "b/1", payload: "x" }];
    expect(await post(`${http}/api/v5/publish/bulk`, JSON.stringify(both))).toBe(`202 [${nobody}]`);
  });

  test("publishes all of a list in order, or nothing of it", async () => {
    const { http, subscriber } = await start();
    const url = `${http}/api/v5/publish/bulk`;
    const list = ["b/1", "b/2", "b/1"].map((topic, index) => ({ topic, payload: String(index), qos: 1 }));
    expect(await post(url, JSON.stringify([...list, { topic: "c", payload: "" }]))).toBe(
      '403 {"reason_code":135,"message":"user user may not publish to c: no rule of user user matches; default is deny (acl)"}',
    );
    expect(await post(url, JSON.stringify([...list, { topic: "b" }]))).toBe(
      '400 {"code":"BAD_REQUEST","message":"message 4: payload is not a text"}',
    );
    expect(await post(url, JSON.stringify(list))).toMatch(/^200 \[({"id":"[0-9A-F]{32}"},?){3}\]$/);
    await subscriber.received(["b/1 0", "b/2 1", "b/1 2"]);
    const many = Array.from({ length: 1001 }, () => list[0]);
    expect(await post(url, JSON.stringify(many))).toBe(
      '400 {"code":"BAD_REQUEST","message":"1001 messages are more than 1000, the most of one request"}',
    );
  });
});

describe("the port", () => {
  test("reads nothing that is larger than the largest packet", async () => {
    const { http } = await start("max_packet_size 1000\n");
    expect(await post(`${http}/mqtt/publish`, `topic=b/1&message=${"x".repeat(1000)}`)).toBe(
      "413 The request is larger than 1000 bytes. It was not read. Send less, or raise max_packet_size.",
    );
    expect(await post(`${http}/mqtt/publish`, "topic=b/1&message=x")).toBe("200 OK");
  });

  test("tells that the broker runs, and of nothing else", async () => {
    const { http } = await start();
    const status = await fetch(`${http}/status`);
    expect(await status.text()).toBe("Node culex is started\nculex is running");
    const other = await fetch(`${http}/other`);
    expect(`${other.status} ${await other.text()}`).toBe(
      '404 {"code":"NOT_FOUND","message":"There is nothing under this address."}',
    );
  });

  test("speaks TLS with a certificate, and stays closed with half of one", async () => {
    const folder = tempFolder();
    const { certFile, keyFile, cert } = makePair(folder, { name: "http", commonName: "localhost" });
    const {
      port,
      line,
      folder: home,
      lines,
    } = await start(`http_publish_certfile ${certFile}\nhttp_publish_keyfile ${keyFile}\n`);
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    request(`https://127.0.0.1:${port("https")}/status`, { ca: cert }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    })
      .on("error", reject)
      .end();
    expect(await promise).toBe(200);
    expect(lines.join("\n")).not.toContain(" http://");
    const conf = `listener ${port("mqtt")} 127.0.0.1\npassword_file users\nhttp_publish ${port("https")}\nhttp_publish_keyfile ${keyFile}\n`;
    save(join(home, "mosquitto.conf"), conf);
    expect(await line(/half of a certificate/)).toContain(
      "mosquitto.conf line 3: publishing over HTTP has half of a certificate, which takes both certfile and keyfile. Nothing is taken over HTTP. Add the missing one, or remove the other for HTTP without TLS.",
    );
  });
});

test("the app opens it by its option, and closes it by the next save", async () => {
  const options = { logins: [{ username: "user", password: "passwd" }], http_publish: { active: true } };
  const folders = layOut({ "data/options.json": JSON.stringify(options) });
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,,,,0" });
  const url = `http://127.0.0.1:${running.port("http")}/mqtt/publish`;
  expect(await post(url, "topic=any&message=x")).toBe("200 OK");
  save(join(folders.data, "options.json"), JSON.stringify({ ...options, http_publish: { active: false } }));
  await expect.poll(() => post(url, "topic=any").catch(() => "closed"), { timeout: 10_000 }).toBe("closed");
});
