import { describe, expect, test } from "vitest";
import {
  at,
  connected,
  denied,
  disconnected,
  factsOf,
  MINUTE,
  named,
  refused,
  watch,
  WRONG,
  type Watched,
} from "./house.ts";

const NONE = { perMin: 0, total: 0, bytes: 0 };

test("a client that is there is told as its session has it", () => {
  const { clients, sessions, blocked, open, pass } = watch();
  const hall = named("hall");
  clients.record({ ...connected(hall), source: "home-assistant", clean: false });
  blocked.set("hall", "Ada");
  open.set("hall", 2);
  sessions.set("hall", factsOf("hall", { listener: "8883", source: "home-assistant", expiryS: 600, lastTopic: "a/b" }));
  pass(5_000);
  const told = {
    id: "hall",
    user: "meter",
    source: "ha",
    state: "connected",
    since: at(0),
    ip: "192.0.2.7",
    listener: "8883",
    tls: true,
    protocol: 4,
    keepalive: 60,
    clean: false,
    expiry: 600,
    in: NONE,
    out: NONE,
    queued: { count: 0, bytes: 0 },
    lastTopic: "a/b",
    problems: 2,
    blockedBy: "Ada",
  };
  expect(clients.list()).toEqual([told]);
  expect(clients.of("hall")).toEqual(told);
  expect([clients.of("cellar"), clients.events("cellar")]).toEqual([null, null]);
});

test("sessions from before are told too, without a history", () => {
  const { clients, sessions } = watch();
  sessions.set("old", factsOf("old", { connection: null, awaySinceMs: Date.parse(at(-MINUTE)), expiryS: null }));
  expect(clients.of("old")).toMatchObject({ state: "asleep", since: at(-MINUTE), protocol: null, expiry: null });
  expect(clients.events("old")).toEqual([]);
});

test.each([
  ["home-assistant", "ha"],
  ["logins", "option"],
  ["password-file", "file"],
  ["users", "file"],
  ["dynamic-security", "dynsec"],
  ["anonymous", "guest"],
  ["bridge", "bridge"],
  ["system-users", "internal"],
  ["my-ldap", "backend"],
])("the login source %s is told as %s", (source, told) => {
  const { clients, sessions } = watch();
  sessions.set("c", factsOf("c", { source }));
  expect(clients.of("c")?.source).toBe(told);
});

describe("rates", () => {
  test("are of the last minute", () => {
    const { clients, sessions, pass } = watch();
    const rates = (): unknown => [clients.of("c")?.in.perMin, clients.of("c")?.out.perMin];
    sessions.set("c", factsOf("c", { messagesIn: 5, messagesOut: 2 }));
    expect(rates()).toEqual([5, 2]);
    // ten seconds later the session is not new any more
    for (let tens = 1; tens <= 12; tens++) {
      sessions.set("c", factsOf("c", { messagesIn: 5 + 10 * tens, bytesIn: 7, messagesOut: 2 }));
      pass(10_000);
    }
    expect(clients.of("c")?.in).toEqual({ perMin: 60, total: 125, bytes: 7 });
    expect(clients.of("c")?.out.perMin).toBe(0);
    pass(2 * MINUTE);
    expect(rates()).toEqual([0, 0]);
  });

  test("begin anew with a new session", () => {
    const { clients, sessions, pass } = watch();
    sessions.set("c", factsOf("c", { messagesIn: 1_000 }));
    pass(2 * MINUTE);
    sessions.set("c", factsOf("c", { messagesIn: 3 }));
    expect(clients.of("c")?.in).toEqual({ perMin: 3, total: 3, bytes: 0 });
    pass(10_000);
    expect(clients.of("c")?.in.perMin).toBe(0);
  });
});

describe("the history of a client", () => {
  test("is kept when it is gone, the newest first, with what is repeated as one", () => {
    const { clients, pass } = watch();
    const hall = named("hall");
    for (let tries = 0; tries < 3; tries++) {
      clients.record(refused(hall));
      pass(1_000);
    }
    clients.record(connected(hall));
    clients.record(denied(hall, "publish", "lights/x"));
    clients.record(denied(hall, "publish", "lights/y"));
    clients.record(denied(hall, "receive", "secret/1"));
    clients.record(denied(hall, "receive", "secret/2"));
    clients.record({ kind: "subscribed", client: hall, filter: "#", qos: 0 });
    clients.record({
      kind: "dropped",
      client: hall,
      reason: { kind: "queue_dropped", sentence: "too slow" },
      count: 7,
    });
    clients.record({ kind: "slowed", client: hall, reason: { kind: "rate_limited", sentence: "too fast" } });
    clients.record({ kind: "will", client: hall, topic: "hall/state" });
    clients.record(disconnected(hall, { kind: "keepalive", sentence: "no sign of life for 90 s" }));
    clients.record({
      kind: "session_ended",
      client: hall,
      reason: { kind: "not_allowed", sentence: "its user is gone" },
    });

    const why = "may not publish to it: no rule of user meter matches";
    const first = { at: at(3_000) };
    expect(clients.events("hall")).toEqual([
      { ...first, kind: "session_ended", reason: { kind: "not_allowed", sentence: "its user is gone" } },
      { ...first, kind: "gone", ip: "192.0.2.7", reason: { kind: "keepalive", sentence: "no sign of life for 90 s" } },
      { ...first, kind: "will", topic: "hall/state" },
      { ...first, kind: "slowed", reason: { kind: "rate_limited", sentence: "too fast" } },
      { ...first, kind: "dropped", count: 7, reason: { kind: "queue_dropped", sentence: "too slow" } },
      {
        ...first,
        kind: "denied",
        count: 2,
        reason: { kind: "receive_denied", sentence: "may not receive all that it subscribed to" },
      },
      { ...first, kind: "denied", topic: "lights/y", reason: { kind: "publish_denied", sentence: why } },
      { ...first, kind: "denied", topic: "lights/x", reason: { kind: "publish_denied", sentence: why } },
      { ...first, kind: "connected", ip: "192.0.2.7" },
      { at: at(2_000), kind: "refused", ip: "192.0.2.7", count: 3, reason: WRONG },
    ]);
    expect(clients.of("hall")?.state).toBe("gone");
  });

  test("has the last hundred events", () => {
    const { clients } = watch();
    const hall = named("hall");
    for (let times = 0; times < 80; times++) {
      clients.record(connected(hall));
      clients.record(disconnected(hall, { kind: "taken_over", sentence: `replaced for the ${times}th time` }));
    }
    const events = clients.events("hall") ?? [];
    expect(events).toHaveLength(100);
    expect([events[0], events.at(-1)]).toMatchObject([
      { kind: "taken_over", reason: { sentence: "replaced for the 79th time" } },
      { kind: "connected" },
    ]);
  });

  test("keeps no more than the beginning of what is long", () => {
    const { clients } = watch();
    const hall = named("hall");
    clients.record(connected(hall));
    clients.record({ kind: "will", client: hall, topic: "t".repeat(60_000) });
    clients.record(disconnected(hall, { kind: "ok", sentence: "s".repeat(60_000) }));
    const [gone, will] = clients.events("hall") ?? [];
    expect([gone?.reason?.sentence.length, will?.topic?.length]).toEqual([501, 301]);
  });
});

describe("who never came in", () => {
  test("is told with why, until it comes in", () => {
    const { clients, sessions, pass } = watch();
    const plug = named("plug");
    clients.record(refused(plug));
    pass(1_000);
    clients.record(refused(plug));
    expect(clients.list()).toMatchObject([
      { id: "plug", state: "refused", since: at(0), source: null, protocol: null, user: "meter", ip: "192.0.2.7" },
    ]);
    clients.record(connected(plug));
    sessions.set("plug", factsOf("plug"));
    expect(clients.of("plug")).toMatchObject({ state: "connected", source: "option" });
  });

  test("does not change what is told of the one whose name it uses", () => {
    const { clients, sessions } = watch();
    clients.record(connected(named("hall")));
    sessions.set("hall", factsOf("hall"));
    clients.record(refused(named("hall", "192.0.2.66", "thief")));
    expect(clients.of("hall")).toMatchObject({ state: "connected", ip: "192.0.2.7", user: "meter" });
    sessions.delete("hall");
    clients.record(disconnected(named("hall")));
    expect(clients.of("hall")).toMatchObject({ state: "gone", ip: "192.0.2.7" });
  });

  test("cannot fill the list with names of its own making", () => {
    const { clients } = watch();
    clients.record(refused(named("other", "192.0.2.8")));
    for (let name = 0; name < 100; name++) clients.record(refused(named(`x${name}`)));
    clients.record(refused(named("n".repeat(600))));
    clients.record(refused(named("")));
    const names = clients.list().map(({ id }) => id);
    expect(names).toHaveLength(21);
    expect([names[0], names[1], names.at(-1)]).toEqual(["other", "x80", "x99"]);
  });
});

test("those heard of longest ago are forgotten when there are too many", () => {
  const { clients } = watch();
  for (let name = 0; name < 5_001; name++) {
    clients.record(connected(named(`c${name}`)));
    clients.record(disconnected(named(`c${name}`)));
    if (name === 2_000) clients.record(connected(named("c0")));
  }
  expect(clients.events("c1")).toBeNull();
  expect(clients.events("c0")).toHaveLength(3);
  expect(clients.list()).toHaveLength(4_500);
});

describe("a client that is away", () => {
  /** It is here and away, several times, and then it leaves. */
  function rounds({ clients, pass }: Watched, times: number, hereMs: number, awayMs: number): void {
    const battery = named("battery");
    for (let round = 0; round < times; round++) {
      clients.record(connected(battery));
      pass(hereMs);
      clients.record(disconnected(battery));
      pass(awayMs);
    }
    clients.record(connected(battery));
    pass(hereMs);
    clients.record(disconnected(battery));
  }

  test("is gone without a session, and asleep with one", () => {
    const { clients, sessions, pass } = watch();
    clients.record(connected(named("c")));
    pass(1_000);
    clients.record(disconnected(named("c")));
    expect(clients.of("c")).toMatchObject({ state: "gone", since: at(1_000), expiry: 0 });
    sessions.set("c", factsOf("c", { connection: null, expiryS: 600, queued: { count: 3, bytes: 40 } }));
    expect(clients.of("c")).toMatchObject({ state: "asleep", since: at(1_000), expiry: 600, queued: { count: 3 } });
    expect(clients.of("c")).not.toHaveProperty("expectedBy");
  });

  test("is expected when it is usually back, and overdue after that", () => {
    const watched = watch();
    rounds(watched, 3, 5_000, 10 * MINUTE);
    const { clients, pass } = watched;
    const leftMs = 4 * 5_000 + 30 * MINUTE;
    // the longest time away, a quarter more and half a minute
    const dueMs = leftMs + 13 * MINUTE;
    expect(clients.of("battery")).toMatchObject({ state: "asleep", since: at(leftMs), expectedBy: at(dueMs) });
    pass(13 * MINUTE);
    expect(clients.of("battery")?.state).toBe("asleep");
    pass(1);
    expect(clients.of("battery")).toMatchObject({ state: "overdue", since: at(dueMs), expectedBy: at(dueMs) });
  });

  test.each([
    ["it slept twice only", 2, 5_000, 10 * MINUTE],
    ["it is here for longer than it is away", 5, 60 * MINUTE, 10 * MINUTE],
    ["it only reconnects", 5, 100, 4_000],
  ])("is not expected when %s", (_, times, hereMs, awayMs) => {
    const watched = watch();
    rounds(watched, times, hereMs, awayMs);
    expect(watched.clients.of("battery")).toMatchObject({ state: "gone" });
  });

  test("is not expected later because of one long absence", () => {
    const watched = watch();
    const { clients, pass } = watched;
    rounds(watched, 3, 5_000, 10 * MINUTE);
    pass(24 * 60 * MINUTE);
    rounds(watched, 1, 5_000, 10 * MINUTE);
    const { since = "", expectedBy = "" } = clients.of("battery") ?? {};
    // four times the usual, a quarter more and half a minute
    expect(Date.parse(expectedBy) - Date.parse(since)).toBe(50.5 * MINUTE);
  });
});
