import { expect, test } from "vitest";
import type { Ban } from "../../src/settings/ban-file.ts";
import { compileBans } from "../../src/snapshot/bans.ts";
import { allow } from "../../src/core/reasons.ts";
import { identityOf } from "../helpers/snapshot.ts";
import { greet } from "./talker.ts";
import { connectPacket, login, startBroker, wire, type TestBroker } from "./wire.ts";

function banOf(of: Ban["of"], value: string, rest: Partial<Ban> = {}): Ban {
  return { of, value, reason: null, untilMs: null, origin: { file: "bans.yaml", line: 3 }, ...rest };
}

function reasons({ events }: TestBroker): readonly unknown[] {
  return events.flatMap((event) => (event.kind === "refused" ? [event.reason.sentence, event.reason.hint] : []));
}

const HINT = "Remove the entry to let it in again (bans.yaml line 3).";

test.each([
  ["client id pump", banOf("client", "pump", { reason: "floods" }), "the client id pump is banned (floods)"],
  ["user garden", banOf("user", "garden"), "the user garden is banned"],
  ["address", banOf("address", "127.0.0.0/8"), "the address 127.0.0.0/8 is banned"],
])("a banned %s is refused before its password is looked at", async (_name, ban, sentence) => {
  let asked = 0;
  const broker = await startBroker({
    bans: [ban],
    authenticate(credentials) {
      asked++;
      return allow("test", identityOf(credentials));
    },
  });
  for (const [version, answer] of [
    [3, "20020005"],
    [4, "20020005"],
    // which entry it was is the owner's to know
    [5, "2003008a00"],
  ] as const) {
    const client = await wire(broker.port, version);
    client.send(connectPacket("pump", version, { username: "garden" }));
    expect(await client.end()).toBe(answer);
  }
  expect(reasons(broker)).toEqual([1, 2, 3].flatMap(() => [sentence, HINT]));
  expect(asked).toBe(0);
});

test("a name that only the login tells is banned too", async () => {
  const broker = await startBroker({
    bans: [banOf("user", "meter")],
    authenticate: (credentials) => allow("test", { ...identityOf(credentials), username: "meter" }),
  });
  const client = await wire(broker.port);
  client.send(connectPacket("c", 4, { username: "" }));
  expect(await client.end()).toBe("20020005");
  expect(reasons(broker)).toEqual(["the user meter is banned", HINT]);
});

test("a ban ends the connection at once, without the will, and lets it in again when it is gone", async () => {
  const broker = await startBroker();
  const watcher = await greet(broker.port, "watcher");
  watcher.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "will", qos: 0 }] });
  await watcher.answer("suback");
  const will = { topic: "will", payload: Buffer.from("x"), qos: 0, retain: false } as const;
  const pump = await greet(broker.port, "pump", { version: 5, will });
  await pump.answer("connack");
  expect(broker.use({ bans: [banOf("client", "pump")] })).toEqual({ checked: 2, closed: 1 });
  expect((await pump.answer("disconnect")).reasonCode).toBe(0x98);
  await watcher.settle();
  expect(watcher.messages()).toEqual([]);
  expect(broker.use({})).toEqual({ checked: 1, closed: 0 });
  await login(broker.port, "pump");
});

test("where it is not known who is banned, only full access gets in", async () => {
  const broker = await startBroker({
    areBansUnknown: true,
    authenticate: (credentials) =>
      allow("test", { ...identityOf(credentials), superuser: credentials.username === "root" }),
  });
  const client = await wire(broker.port);
  client.send(connectPacket("c", 4));
  expect(await client.end()).toBe("20020003");
  expect(reasons(broker)).toEqual([
    "the list of bans cannot be read, so it is not known who may connect",
    "The log says what is wrong with the file.",
  ]);
  await login(broker.port, "root", { username: "root" });
});

test("a ban holds until its end, and the longer one of two counts", () => {
  const who = { clientId: "pump", username: null, address: "::ffff:10.0.0.7" };
  const of = compileBans([
    banOf("client", "pump", { untilMs: 2_000 }),
    banOf("client", "pump", { untilMs: 1_000 }),
    banOf("address", "10.0.0.7", { untilMs: 3_000 }),
    banOf("address", "fd00::/8"),
  ]);
  expect([0, 1_999, 2_000, 2_999, 3_000].map((nowMs) => of(who, nowMs)?.sentence.split(" is ")[0])).toEqual([
    "the client id pump",
    "the client id pump",
    "the address 10.0.0.7",
    "the address 10.0.0.7",
    undefined,
  ]);
  expect(of({ clientId: "x", username: null, address: "fd00::1" }, 9_000)?.sentence).toBe(
    "the address fd00::/8 is banned",
  );
  expect(of({ clientId: "x", username: "pump" }, 0)).toBeNull();
});
