import { expect, test } from "vitest";
import { layOut, startAddon, type Running } from "../helpers/culex.ts";
import { connect } from "../helpers/mqtt.ts";

/** The app without Home Assistant, and its API. */
async function start(files: Readonly<Record<string, string>>) {
  const folders = layOut(files);
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,,,,,0" });
  return { folders, running, api: await apiOf(running) };
}

async function apiOf(running: Running) {
  const base = `${/http:\S+\//.exec(await running.line(/The panel is at /))?.[0]}api/v1/`;
  return async (method: string, path: string, body?: object) => {
    const response = await fetch(base + path, {
      method,
      headers: { "X-Requested-With": "panel", "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text === "" ? null : JSON.parse(text) };
  };
}

const RULES = {
  "share/mosquitto/acl.conf": "acl_file /share/mosquitto/acl\n",
  "share/mosquitto/acl": "user meter\ntopic write meters/#\n",
};
const LOGINS =
  '{"logins":[{"username":"meter","password":"secret-1"}],"customize":{"active":true,"folder":"mosquitto"}}';

test("a denial is explained in the words of the log, for who is there and who is not", async () => {
  const { running, api } = await start({ "data/options.json": LOGINS, ...RULES });
  const question = { username: "meter", action: "publish", topic: "lights/x" };
  const absent = await api("POST", "explain", question);
  expect(absent).toMatchObject({
    status: 200,
    json: {
      allowed: false,
      decidedBy: null,
      steps: [{ source: "acl", rule: "topic write meters/#", matched: false, where: { file: "acl", line: 2 } }],
      sentence: 'Denied: no rule in acl allows it. To change that: add "topic write lights/x" below "user meter".',
      suggestion: { add: "topic write lights/x", to: "acl", writable: false },
    },
  });
  await connect(`mqtt://127.0.0.1:${running.port("mqtt")}`, {
    username: "meter",
    password: "secret-1",
    clientId: "m1",
  });
  expect((await api("POST", "explain", question)).json).toEqual(absent.json);
  expect((await api("POST", "explain", { ...question, topic: "meters/1", clientId: "m1" })).json).toMatchObject({
    allowed: true,
    decidedBy: { text: "topic write meters/#" },
  });
  expect((await api("GET", "rules?q=meter")).json.items).toEqual([
    {
      source: "acl",
      text: "topic write meters/#",
      who: "user meter",
      effect: "allow",
      where: { file: "acl", line: 2 },
    },
  ]);
});

test("a question that cannot be answered names what is wrong with it", async () => {
  const { api } = await start({ "data/options.json": "{}" });
  const question = { username: null, action: "publish", topic: "a" };
  for (const [more, field, hint] of [
    [{ action: "eat" }, "action", "Use publish, subscribe or receive."],
    [{ topic: 1 }, "topic", "Name the topic, or the filter of a subscription."],
    [{ ip: "here" }, "ip", "Write an address such as 192.0.2.7."],
    [{ listener: "9" }, "listener", "Choose 1883."],
  ] as const) {
    expect(await api("POST", "explain", { ...question, ...more })).toMatchObject({
      status: 400,
      json: { error: { code: "invalid", field, hint } },
    });
  }
});
