import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { IMPORTED } from "../../../src/core/imported.ts";
import { ForeignDatabaseError, loadState } from "../../../src/broker/storage/load.ts";
import { mergeState, StoreInUseError, wasImported } from "../../../src/broker/storage/merge.ts";
import { openStorage } from "../../../src/broker/storage/storage.ts";
import type { StoredMessage } from "../../../src/broker/routing/stored-message.ts";
import type { StoredSession, StoredState } from "../../../src/broker/sessions/stored-state.ts";
import { tempFolder } from "../../helpers/temp.ts";

const OPTIONS = { replaces: false, digest: null, nowMs: 1 };

function message(topic: string, body: string, sequence: number): StoredMessage {
  return {
    topic,
    topicBytes: topic,
    body,
    propertiesLength: 0,
    qos: 1,
    retain: false,
    expiresAtMs: 0,
    publisher: null,
    source: null,
    sequence,
  };
}

/** A session with one subscription, for which one message waits. */
function session(clientId: string, filter: string, waiting: StoredMessage): StoredSession {
  return {
    identity: {
      clientId,
      username: "ann",
      superuser: false,
      source: IMPORTED,
      proof: null,
      listener: "",
      address: "",
      mountPoint: "",
    },
    address: "",
    listener: "",
    expiryS: 1000,
    leftAtMs: 5,
    will: null,
    willDueMs: 0,
    subscriptions: [
      { filter, qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2, identifier: 7, isReplaying: false },
    ],
    deliveries: [
      {
        message: waiting,
        qos: 1,
        retain: false,
        subscriptionIds: "\u000b\u0007",
        group: null,
        order: 1,
        state: "queued",
        packetId: 0,
        isCounted: false,
      },
    ],
    inbound: [3],
  };
}

const first: StoredState = {
  sessions: [session("both", "a", message("a", "of the store", 1)), session("old", "b", message("b", "kept", 2))],
  retained: [message("r/both", "of the store", 3), message("r/old", "kept", 4)],
};
const second: StoredState = {
  sessions: [session("both", "c", message("c", "of the file", 1)), session("new", "d", message("d", "came", 2))],
  retained: [message("r/both", "of the file", 1), message("r/new", "came", 2)],
};

function mergedTwice(replaces: boolean) {
  const path = join(tempFolder(), "culex.db");
  mergeState(path, first, OPTIONS);
  return { path, merged: mergeState(path, second, { ...OPTIONS, replaces }) };
}

const waiting = (path: string) =>
  loadState(path).sessions.map(({ identity, subscriptions, deliveries, inbound }) => [
    identity.clientId,
    subscriptions.map(({ filter }) => filter).join(" "),
    deliveries.map((delivery) => delivery.message.body).join(" "),
    inbound.length,
  ]);
const retained = (path: string) => loadState(path).retained.map(({ topic, body }) => `${topic}=${body}`);

describe("a merge", () => {
  it("makes a store, for the broker's user alone, that holds what was given", () => {
    const path = join(tempFolder(), "culex.db");
    expect(mergeState(path, first, OPTIONS)).toEqual({
      retained: 2,
      sessions: 2,
      subscriptions: 2,
      queued: 2,
      keptRetained: 0,
      keptSessions: 0,
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadState(path).sessions).toEqual(first.sessions);
    expect(retained(path)).toEqual(["r/both=of the store", "r/old=kept"]);
  });

  it("leaves what the store has as it is", () => {
    const { path, merged } = mergedTwice(false);
    expect(merged).toEqual({ retained: 1, sessions: 1, subscriptions: 1, queued: 1, keptRetained: 1, keptSessions: 1 });
    expect(waiting(path)).toEqual([
      ["both", "a", "of the store", 1],
      ["new", "d", "came", 1],
      ["old", "b", "kept", 1],
    ]);
    expect(retained(path)).toEqual(["r/both=of the store", "r/new=came", "r/old=kept"]);
  });

  it("replaces sessions as a whole and retained messages when asked to, and nothing of the old ones is left", () => {
    const { path, merged } = mergedTwice(true);
    expect(merged).toEqual({ retained: 2, sessions: 2, subscriptions: 2, queued: 2, keptRetained: 0, keptSessions: 0 });
    expect(waiting(path)).toEqual([
      ["both", "c", "of the file", 1],
      ["new", "d", "came", 1],
      ["old", "b", "kept", 1],
    ]);
    expect(retained(path)).toEqual(["r/both=of the file", "r/new=came", "r/old=kept"]);
    const database = new DatabaseSync(path);
    onTestFinished(() => database.close());
    expect(database.prepare("SELECT count(*) AS rows FROM message").get()).toEqual({ rows: 3 });
  });

  it("remembers the file it was given", () => {
    const path = join(tempFolder(), "culex.db");
    expect(wasImported(path, "abc")).toBe(false);
    mergeState(path, first, { ...OPTIONS, digest: "abc" });
    expect([wasImported(path, "abc"), wasImported(path, "abd")]).toEqual([true, false]);
  });

  it("is refused while a broker has the store, also one that has not stored anything yet", async () => {
    const path = join(tempFolder(), "culex.db");
    const storage = openStorage({ path, intervalMs: 1e6, mode: "interval", now: Date.now, report: () => undefined });
    if (storage.kind !== "open") throw new Error(storage.problem.what);
    // what was asked before is done: the file is open
    await new Promise<void>((resolve) => storage.journal.afterStored(resolve));
    expect(() => mergeState(path, first, OPTIONS)).toThrow(StoreInUseError);
    await storage.close();
    expect(loadState(path)).toEqual({ sessions: [], retained: [] });
    expect(mergeState(path, first, OPTIONS)).toMatchObject({ sessions: 2 });
  });

  it.each([
    ["another program's database", "CREATE TABLE t (x)"],
    ["database version 2", "CREATE TABLE t (x); PRAGMA application_id = 0x43756c78; PRAGMA user_version = 2"],
  ])("is refused on %s, which stays as it is", (name, sql) => {
    const path = join(tempFolder(), "culex.db");
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    const before = readFileSync(path);
    expect(() => mergeState(path, first, OPTIONS)).toThrow(new ForeignDatabaseError(name));
    expect(readFileSync(path)).toEqual(before);
  });
});
