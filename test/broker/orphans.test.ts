import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { endOrphans } from "../../src/broker/orphans.ts";
import { openStorage } from "../../src/broker/storage/storage.ts";
import type { BrokerEvent } from "../../src/core/events.ts";
import { allow, deny } from "../../src/core/reasons.ts";
import type { Problem } from "../../src/core/types.ts";
import { snapshotOf, type SnapshotParts } from "../helpers/snapshot.ts";
import { createHouse, START_MS, STOPPED } from "./engine-house.ts";
import { publish, subscribe } from "./packets-of.ts";
import { login, startBroker } from "./wire.ts";

const LASTING = { version: 5, clean: false, properties: { sessionExpiryInterval: 1000 } } as const;
const GONE = { kind: "unknown_user", sentence: "user gone was removed from the logins" } as const;

/** Only the client "gone" has no user any more. */
const withoutGone: SnapshotParts = {
  mayReturn: ({ clientId }) => (clientId === "gone" ? deny("logins", GONE) : allow("logins", undefined)),
};

function problem(severity: Problem["severity"], file: string): Problem {
  return { severity, what: "", now: "", fix: "", where: { file } };
}

test("sessions of clients that are away end with their user, and nothing waits for them any more", () => {
  const { engine, connect } = createHouse();
  for (const clientId of ["gone", "away"]) {
    const client = connect(clientId, LASTING);
    client.send(subscribe("t", 1));
    client.drop();
  }
  const events: BrokerEvent[] = [];
  endOrphans(engine, snapshotOf(withoutGone), (event) => events.push(event));
  expect([...engine.sessions.keys()]).toEqual(["away"]);
  expect(events).toMatchObject([{ kind: "session_ended", client: { clientId: "gone" }, reason: GONE }]);
  connect("pub", { version: 5 }).send(publish("t", "x", { qos: 1, messageId: 1 }));
  expect(engine.counters.subscriptions).toBe(1);
  expect(connect("gone", LASTING).sessionPresent).toBe(false);
  expect(connect("away", LASTING).sessionPresent).toBe(true);
});

test("a client that is connected is not looked at: whether it may stay is asked elsewhere", () => {
  const { engine, connect } = createHouse();
  connect("gone", LASTING);
  endOrphans(engine, snapshotOf(withoutGone), () => undefined);
  expect([...engine.sessions.keys()]).toEqual(["gone"]);
});

test.each<[string, Problem, string[]]>([
  ["a fault that keeps something closed", problem("error", "options.json"), ["gone"]],
  ["a line left out of the password file", problem("warning", "passwords"), ["gone"]],
  ["a client left out of dynamic security", problem("warning", "dynsec.json"), ["gone"]],
  ["a warning about something else", problem("warning", "acl.conf"), []],
])("with %s, sessions that are left: %j %j", (_name, found, left) => {
  const { engine, connect } = createHouse();
  connect("gone", LASTING).drop();
  const snapshot = snapshotOf({ ...withoutGone, problems: [found] });
  const origin = { file: "options.json" };
  const passwordFile = { path: "/share/passwords", shown: "passwords", folder: "/share", origin };
  const dynsec = { ...passwordFile, path: "/share/dynsec.json", shown: "dynsec.json" };
  const dynamicSecurity = { file: dynsec, passwordInitFile: null, origin };
  const settings = { ...snapshot.settings, passwordFile, dynamicSecurity };
  endOrphans(engine, { ...snapshot, settings }, () => undefined);
  expect([...engine.sessions.keys()]).toEqual(left);
});

test("a change of the logins ends the connection and then the session", async () => {
  const { port, use, events } = await startBroker();
  const client = await login(port, "gone", { version: 5, clean: false, properties: { sessionExpiryInterval: 1000 } });
  use({ ...withoutGone, recheck: () => deny("logins", GONE) });
  await client.end();
  expect(events.map(({ kind }) => kind)).toEqual(["connected", "disconnected", "session_ended"]);
});

test("a session knows its user after a restart too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "culex-orphans-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => {
    const path = join(folder, "culex.db");
    const options = { path, intervalMs: 30_000, mode: "interval", now: () => START_MS } as const;
    const storage = openStorage({ ...options, report: () => undefined });
    if (storage.kind !== "open") throw new Error(storage.problem.what);
    onTestFinished(() => storage.close());
    return storage;
  };
  const first = open();
  const house = createHouse({}, first);
  house.connect("gone", LASTING).drop();
  const identity = house.engine.sessions.get("gone")?.identity;
  house.engine.stop(STOPPED);
  await first.close();
  const { engine } = createHouse({}, open());
  const asked: unknown[] = [];
  const mayReturn: SnapshotParts["mayReturn"] = (who) => {
    asked.push(who);
    return deny("logins", GONE);
  };
  endOrphans(engine, snapshotOf({ mayReturn }), () => undefined);
  // what is stored says through which listener it came in
  const { expiresAtMs: _, ...stored } = { ...identity, listener: "1883", address: "192.0.2.1" };
  expect(asked).toEqual([stored]);
  expect(engine.sessions.size).toBe(0);
});
