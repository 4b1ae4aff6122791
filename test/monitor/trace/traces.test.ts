import { readFileSync, statSync, symlinkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { expect, onTestFinished, test } from "vitest";
import type { Watcher } from "../../../src/core/tracing.ts";
import { answerTrace } from "../../../src/monitor/trace/answer.ts";
import { createTraces } from "../../../src/monitor/trace/traces.ts";
import { tempFolder } from "../../helpers/temp.ts";

function house() {
  const folder = join(tempFolder(), "trace");
  const seen: { watcher: Watcher | null } = { watcher: null };
  const traces = createTraces({
    folder,
    now: Date.now,
    watch(watcher) {
      seen.watcher = watcher;
    },
  });
  onTestFinished(traces.stopAll);
  const ask = (question: object): readonly string[] => answerTrace(traces, question).lines;
  return { folder, traces, seen, ask };
}

const START = { action: "start", by: "topic", value: "t/#", file: "t.log" };

test("nobody looks on before the first trace and after the last", () => {
  const { ask, seen } = house();
  expect(seen.watcher).toBeNull();
  expect(ask(START)).toEqual(["trace topic t/# successfully."]);
  expect(seen.watcher?.message).not.toBeNull();
  expect(ask({ ...START, by: "client", value: "c", file: "c.log" })).toEqual(["trace client c successfully."]);
  expect(ask({ action: "stop", by: "topic", value: "t/#" })).toEqual(["stop tracing topic t/# successfully."]);
  expect(seen.watcher).not.toBeNull();
  expect(seen.watcher?.message).toBeNull();
  expect(ask({ action: "stop", by: "client", value: "c" })).toEqual(["stop tracing client c successfully."]);
  expect(seen.watcher).toBeNull();
  expect(ask({ action: "list" })).toEqual([]);
});

test.each<[object, string]>([
  [{ action: "go" }, "error: a trace is by client, user, ip or topic."],
  [{ ...START, by: "room" }, "error: a trace is by client, user, ip or topic."],
  [
    { ...START, value: "t/#/x" },
    'error: "t/#/x" is no topic filter: "#" must be the last level and stand alone in it.',
  ],
  [{ ...START, by: "ip" }, 'error: "t/#" is no IP address.'],
  [{ ...START, file: "../culex.db" }, "error: the file needs a name of letters, digits and . _ -, without a folder."],
  [{ ...START, file: ".x" }, "error: the file needs a name of letters, digits and . _ -, without a folder."],
  [{ ...START, minutes: 0 }, "error: a trace runs for 1 to 1440 minutes."],
  [{ ...START, minutes: null }, "error: a trace runs for 1 to 1440 minutes."],
  [{ ...START, megabytes: 101 }, "error: its file has 1 to 100 megabytes."],
  [{ ...START, payload: "all" }, "error: payloads are written as text, hex or hidden."],
  [{ action: "stop", by: "topic", value: "t" }, "stop tracing topic t error: not_found."],
])("refuses %j", (question, line) => {
  const { ask, seen } = house();
  expect(ask(question)).toEqual([line]);
  expect(seen.watcher).toBeNull();
});

test("a file is not followed elsewhere, and not written by two", () => {
  const { ask, folder } = house();
  mkdirSync(folder);
  writeFileSync(join(folder, "..", "other"), "");
  symlinkSync(join(folder, "..", "other"), join(folder, "t.log"));
  expect(ask(START)).toEqual(["trace topic t/# error: t.log cannot be written (ELOOP)"]);
  expect(ask({ ...START, file: "u.log" })).toEqual(["trace topic t/# successfully."]);
  expect(ask({ ...START, file: "v.log" })).toEqual(["trace topic t/# error: existed"]);
  expect(ask({ ...START, value: "u", file: "u.log" })).toEqual(["trace topic u error: another trace writes to u.log"]);
});

test("thirty run at a time", () => {
  const { ask } = house();
  for (let count = 0; count < 30; count++) ask({ ...START, value: `t${count}`, file: `${count}` });
  expect(ask(START)).toEqual(["trace topic t/# error: 30 traces run already, stop one of them"]);
});

test("a file ends at its size, and its trace with it", async () => {
  const { ask, seen, folder, traces } = house();
  ask({ ...START, megabytes: 1, payload: "hex" });
  const payload = Buffer.alloc(1024);
  for (let count = 0; count < 1000; count++) seen.watcher?.message?.("t/1", payload, "c", "u");
  await expect.poll(() => traces.list()).toEqual([]);
  expect(seen.watcher).toBeNull();
  await traces.stopAll();
  const text = readFileSync(join(folder, "t.log"), "utf8");
  expect(text.length).toBeLessThan(1_010_000);
  expect(text).toMatch(/the file has reached its size, and this trace ends\n$/);
  expect(statSync(join(folder, "t.log")).mode & 0o777).toBe(0o600);
});

test("a user name that is a token is in no sentence", async () => {
  const { ask, seen, folder, traces } = house();
  ask({ ...START, by: "client", value: "c" });
  const username = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
  const client = { clientId: "c", username, address: "192.0.2.1", listener: "1883" };
  const reason = { kind: "wrong_password", sentence: `wrong password for user ${username}` } as const;
  seen.watcher?.record({ kind: "refused", client, reason });
  seen.watcher?.record({ kind: "disconnected", client, reason });
  await traces.stopAll();
  const lines = readFileSync(join(folder, "t.log"), "utf8").replaceAll(/^.{19} /gm, "");
  expect(lines).toBe(
    "[debug] Client(c@192.0.2.1): LOGIN refused: wrong password for user ******\n[debug] Client(c@192.0.2.1): GONE: wrong password for user ******\n",
  );
});

test("messages of the broker itself are left out, and what is denied is told", async () => {
  const { ask, seen, folder, traces } = house();
  ask({ ...START, value: "#" });
  seen.watcher?.message?.("$SYS/broker/x", Buffer.from("x"), "c", null);
  seen.watcher?.message?.("t/1", Buffer.from("x"), "c", null);
  const client = { clientId: "c", username: "u", address: "192.0.2.1", listener: "1883" };
  const reason = { kind: "publish_denied", sentence: "no rule allows it" } as const;
  const decision = { verdict: "deny", by: "acl", reason } as const;
  seen.watcher?.record({ kind: "denied", client, action: "publish", topic: "t/2", decision });
  seen.watcher?.record({ kind: "refused", client, reason });
  await traces.stopAll();
  const lines = readFileSync(join(folder, "t.log"), "utf8").replaceAll(/^.{19} /gm, "");
  expect(lines).toBe(
    '[debug] c/undefined PUBLISH to t/1: <<"x">>\n[debug] Client(c@192.0.2.1): DENIED publish t/2: no rule allows it\n',
  );
});

test("packets with more properties than there is time to show are named, and the next ones shown", async () => {
  const { folder, traces, seen, ask } = house();
  ask({ ...START, by: "client", value: "c", file: "c.log" });
  const client = { clientId: "c", username: null, address: "192.0.2.1", listener: "1883" };
  const tap = seen.watcher?.tapFor(client, {}, 5);
  const publish = (qos: 0 | 1, count: number) =>
    generate(
      {
        cmd: "publish",
        topic: "t",
        payload: "x",
        qos,
        retain: false,
        dup: false,
        messageId: 1,
        properties: { userProperties: { a: Array.from({ length: count }, () => "v") } },
      },
      { protocolVersion: 5 },
    );
  for (const [qos, count] of [
    [0, 100_000],
    [1, 2858],
    [1, 2857],
    [0, 1],
  ] as const) {
    tap?.received(publish(qos, count));
  }
  await traces.stopAll();
  const lines = readFileSync(join(folder, "c.log"), "utf8").trimEnd().split("\n");
  expect(lines.map((line) => line.replace(/^.*RECV /, "").slice(0, 50))).toEqual([
    "a PUBLISH with 700000 bytes of properties",
    "a PUBLISH with 20006 bytes of properties",
    "PUBLISH(Q1, R0, D0, Topic=t, PacketId=1, Payload=<",
    'PUBLISH(Q0, R0, D0, Topic=t, Payload=<<"x">>, Prop',
  ]);
});
