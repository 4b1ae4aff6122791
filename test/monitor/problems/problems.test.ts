import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { BridgeInfo } from "../../../src/core/api/bridges.ts";
import type { CertificateInfo } from "../../../src/core/api/system.ts";
import type { ProblemInfo } from "../../../src/core/api/problems.ts";
import { createLogger } from "../../../src/core/logger.ts";
import { allow } from "../../../src/core/reasons.ts";
import type { Decision, Reason } from "../../../src/core/types.ts";
import { openMutes } from "../../../src/monitor/problems/mutes.ts";
import { createCards } from "../../../src/monitor/problems/cards.ts";
import { createProblems, type Problems } from "../../../src/monitor/problems/problems.ts";
import { sightingOf } from "../../../src/monitor/problems/sighting.ts";
import { bridgeCards, certificateCards } from "../../../src/monitor/problems/standing.ts";
import { layOut } from "../../helpers/culex.ts";
import { at, connected, denied, disconnected, MINUTE, named, refused, START } from "../clients/house.ts";

const HOUR = 60 * MINUTE;
const NO_LOG = createLogger(() => ({ types: new Set(), sinks: [] }));

interface Looked {
  readonly problems: Problems;
  /** What the rules say now, by topic. */
  readonly decisions: Map<string, Decision>;
  readonly blocked: Set<string>;
  readonly standing: ProblemInfo[];
  pass(ms: number): void;
}

async function look(mutesFile: string | null = null): Promise<Looked> {
  vi.useFakeTimers({ now: START });
  const decisions = new Map<string, Decision>();
  const blocked = new Set<string>();
  const standing: ProblemInfo[] = [];
  const problems = createProblems({
    decide: (_client, _action, topic) => decisions.get(topic) ?? null,
    isBlocked: ({ clientId }) => blocked.has(clientId),
    standing: () => standing,
    namesake: (username) => (username === "kitchen-plgu" ? "kitchen-plug" : null),
    mutes: await openMutes(mutesFile, NO_LOG),
    now: Date.now,
  });
  onTestFinished(() => {
    problems.stop();
    vi.useRealTimers();
  });
  return { problems, decisions, blocked, standing, pass: (ms) => void vi.advanceTimersByTime(ms) };
}

function lost(kind: Reason["kind"], sentence: string): Reason {
  return { kind, sentence };
}

describe("a refused device", () => {
  test("has one card, however often it tries", async () => {
    const { problems, pass } = await look();
    for (let tries = 0; tries < 30; tries++) {
      problems.record(refused(named("esp-1")));
      pass(1_000);
    }
    expect(problems.list()).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{16}$/),
        kind: "wrong_password",
        severity: "warning",
        subject: "esp-1",
        user: "meter",
        ips: ["192.0.2.7"],
        count: 30,
        first: at(0),
        last: at(29_000),
        reason: { kind: "wrong_password", sentence: "wrong password for user meter", hint: "Set a new password." },
        action: { label: "new_password", route: "#/access/users?user=meter" },
      },
    ]);
    expect(problems.perClient()).toEqual(new Map([["esp-1", 1]]));
  });

  test.each([
    ["no_credentials", "warning", { label: "add_login", route: "#/access/users?new=meter" }],
    ["unknown_user", "warning", { label: "create_user", route: "#/access/users?new=meter" }],
    ["auth_unavailable", "error", { label: "show_backends", route: "#/access/backends" }],
    ["cert_missing", "warning", { label: "show_certificates", route: "#/system/certificates" }],
    ["protocol_refused", "warning", undefined],
    ["tls_on_plain", "warning", { label: "show_listeners", route: "#/system/listeners" }],
    ["banned", "info", { label: "unblock", route: "#/devices/hall%2F1" }],
    ["too_many_connections", "warning", { label: "show_limits", route: "#/system/config" }],
  ] as const)("because of %s is told where to mend it", async (kind, severity, action) => {
    const { problems } = await look();
    problems.record(refused(named("hall/1"), { kind, sentence: "why" }));
    expect(problems.list()).toMatchObject([{ kind, severity, reason: { sentence: "why" } }]);
    expect(problems.list()[0]?.action).toEqual(action);
  });

  test("that is called nearly like a user is told whom it may mean", async () => {
    const { problems } = await look();
    problems.record(refused(named("esp-1", "192.0.2.7", "kitchen-plgu"), lost("unknown_user", "nobody is called so")));
    problems.record(refused(named("esp-2", "192.0.2.7", "kitchen-plgu"), lost("wrong_password", "wrong password")));
    problems.record(refused(named("esp-3", "192.0.2.8", "garage"), lost("unknown_user", "nobody is called so")));
    const hints = problems.list().map(({ subject, reason }) => [subject, reason.hint]);
    expect(Object.fromEntries(hints)).toEqual({ "esp-1": 'did you mean "kitchen-plug"?' });
  });

  test.each(["silent", "shutting_down"] as const)("has no card because of %s", async (kind) => {
    const { problems } = await look();
    problems.record(refused(named("esp-1"), { kind, sentence: "why" }));
    expect(problems.list()).toEqual([]);
  });

  test("has its card until it comes in, or has not tried for a day", async () => {
    const { problems, pass } = await look();
    problems.record(refused(named("one")));
    problems.record(refused(named("two")));
    problems.record(refused(named("", "192.0.2.9", null), lost("tls_on_plain", "speaks TLS on a plain port")));
    problems.record(connected(named("one")));
    // somebody else came in under the name
    problems.record(connected(named("two", "192.0.2.66", "thief")));
    expect(problems.list().map(({ subject }) => subject)).toEqual(["two", "192.0.2.9"]);
    problems.record(connected(named("three", "192.0.2.9")));
    expect(problems.list().map(({ subject }) => subject)).toEqual(["two"]);
    pass(24 * HOUR);
    expect(problems.list()).toHaveLength(1);
    pass(MINUTE);
    expect(problems.list()).toEqual([]);
  });

  test("that names itself anew at each try gets one card for all", async () => {
    const { problems } = await look();
    for (let tries = 0; tries < 100; tries++) problems.record(refused(named(`x${tries}`)));
    problems.record(refused(named("other", "192.0.2.8")));
    const list = problems.list();
    expect(list).toHaveLength(7);
    expect(list.find(({ subject }) => subject === "192.0.2.7")).toMatchObject({
      user: null,
      count: 95,
      reason: { sentence: "many logins from 192.0.2.7 were refused, the latest: wrong password for user meter" },
    });
  });

  test("that is banned has its card until it is not banned any more", async () => {
    const { problems, blocked, pass } = await look();
    blocked.add("esp-1");
    problems.record(refused(named("esp-1"), lost("banned", "the client id esp-1 is banned")));
    pass(MINUTE);
    expect(problems.list()).toHaveLength(1);
    blocked.clear();
    pass(10_000);
    expect(problems.list()).toEqual([]);
  });
});

describe("a denied action", () => {
  test("is told with topic and rule, and can be explained", async () => {
    const { problems } = await look();
    problems.record(denied(named("m/1"), "publish", "lights/x"));
    problems.record(denied(named("m/1"), "publish", "lights/x"));
    expect(problems.list()).toMatchObject([
      {
        kind: "publish_denied",
        subject: "m/1",
        count: 2,
        reason: { sentence: "may not publish to lights/x: no rule of user meter matches" },
        denied: { action: "publish", topic: "lights/x" },
        action: {
          label: "explain",
          route: "#/access/test?user=meter&client=m%2F1&action=publish&topic=lights%2Fx",
        },
      },
    ]);
  });

  test("is over when the rules allow it", async () => {
    const { problems, decisions, pass } = await look();
    problems.record(denied(named("m"), "publish", "lights/x"));
    problems.record(denied(named("m"), "subscribe", "#"));
    pass(10_000);
    expect(problems.list()).toHaveLength(2);
    decisions.set("lights/x", allow("acl", undefined));
    pass(10_000);
    expect(problems.list().map(({ kind }) => kind)).toEqual(["subscribe_denied"]);
  });

  test("of a subscriber of much is one for information, whatever the topics", async () => {
    const { problems } = await look();
    for (const topic of ["a", "b", "c"]) problems.record(denied(named("m"), "receive", topic));
    expect(problems.list()).toMatchObject([
      { kind: "receive_denied", severity: "info", count: 3, denied: { action: "receive", topic: "c" } },
    ]);
  });

  test("on many topics is one card past some of them", async () => {
    const { problems } = await look();
    for (let topic = 0; topic < 50; topic++) problems.record(denied(named("m"), "publish", `t/${topic}`));
    const list = problems.list();
    expect(list).toHaveLength(6);
    expect(list.map(({ reason }) => reason.sentence)).toContain(
      "may not use many topics, the latest: may not publish to t/49: no rule of user meter matches",
    );
  });

  test("by a limit of its roles leads to the role", async () => {
    const { problems } = await look();
    const reason = lost("publish_denied", "faster than 5 messages a second");
    const decision = { verdict: "deny", by: "limits", reason } as const;
    problems.record({ kind: "denied", client: named("m"), action: "publish", topic: "a", decision });
    expect(problems.list()).toMatchObject([{ action: { label: "show_role", route: "#/access/roles?user=meter" } }]);
    expect(problems.list()[0]).not.toHaveProperty("denied");
  });
});

describe("two devices with one client id", () => {
  test("are one card with both addresses, which closes itself", async () => {
    const { problems, pass } = await look();
    const [one, other] = [named("esp-1", "192.0.2.5"), named("esp-1", "192.0.2.9")];
    const taken = lost("taken_over", "replaced by a new connection");
    problems.record(connected(one));
    problems.record(disconnected(one, taken));
    problems.record(connected(other));
    problems.record(disconnected(other, taken));
    problems.record(connected(one));
    pass(5_000);
    expect(problems.list()).toEqual([]);
    for (let round = 0; round < 2; round++) {
      problems.record(disconnected(one, taken));
      problems.record(connected(other));
      problems.record(disconnected(other, taken));
      problems.record(connected(one));
      pass(5_000);
    }
    expect(problems.list()).toMatchObject([
      {
        kind: "loop",
        subject: "esp-1",
        ips: ["192.0.2.5", "192.0.2.9"],
        count: 6,
        reason: {
          sentence: "two devices use client id esp-1: 192.0.2.5 and 192.0.2.9",
          hint: "Give each device a client id of its own.",
        },
        action: { label: "show_device", route: "#/devices/esp-1" },
      },
    ]);
    pass(80_000);
    expect(problems.list()).toHaveLength(1);
    pass(2 * MINUTE - 80_000);
    expect(problems.list()).toEqual([]);
  });

  test("are none when one takes its own place now and then", async () => {
    const { problems, pass } = await look();
    for (let round = 0; round < 10; round++) {
      problems.record(disconnected(named("esp-1"), lost("taken_over", "replaced")));
      pass(MINUTE);
    }
    expect(problems.list()).toEqual([]);
  });
});

describe("a connection", () => {
  test("that breaks three times within an hour is a problem", async () => {
    const { problems, pass } = await look();
    const silent = lost("keepalive", "no sign of life for 45 s");
    for (const minutes of [0, 90, 20]) {
      pass(minutes * MINUTE);
      problems.record(disconnected(named("c"), silent));
    }
    expect(problems.list()).toEqual([]);
    pass(MINUTE);
    problems.record(disconnected(named("c"), silent));
    expect(problems.list()).toMatchObject([{ kind: "keepalive", severity: "info", count: 3 }]);
    problems.record(disconnected(named("c"), silent));
    expect(problems.list()).toMatchObject([{ count: 4 }]);
  });

  test("that ends as it should, or because its owner wished it, is none", async () => {
    const { problems } = await look();
    problems.record(disconnected(named("c")));
    problems.record(disconnected(named("c"), lost("not_allowed", "disconnected in the panel by Ada")));
    problems.record(disconnected(named("c"), lost("banned", "the client id c is banned")));
    expect(problems.list()).toEqual([]);
  });

  test("that is too slow, too fast or too large is one, until it is quiet", async () => {
    const { problems, pass } = await look();
    const client = named("c");
    problems.record({ kind: "dropped", client, reason: lost("queue_dropped", "it is away"), count: 12 });
    problems.record({ kind: "slowed", client, reason: lost("rate_limited", "it is too fast") });
    problems.record(disconnected(client, lost("oversize", "message of 21.3 MB; the limit is 16 MB")));
    expect(problems.list()).toMatchObject([
      { kind: "queue_dropped", count: 12, action: { label: "show_session", route: "#/devices/c" } },
      { kind: "rate_limited", count: 1 },
      { kind: "oversize", count: 1 },
    ]);
    pass(11 * MINUTE);
    expect(problems.list().map(({ kind }) => kind)).toEqual(["queue_dropped", "oversize"]);
  });
});

test("there are never more cards than can be looked at", async () => {
  const { problems } = await look();
  for (let device = 0; device < 600; device++) problems.record(refused(named(`c${device}`, `192.0.2.${device}`)));
  const list = problems.list();
  expect(list).toHaveLength(500);
  expect(list.some(({ subject }) => subject === "c99")).toBe(false);
});

test("what stands comes with the rest, the worst first", async () => {
  const { problems, standing } = await look();
  problems.record(refused(named("c")));
  problems.record(denied(named("c"), "receive", "a"));
  standing.push(...bridgeCards([bridgeWith("stopped")], START));
  expect(problems.list().map(({ severity, kind }) => [severity, kind])).toEqual([
    ["error", "bridge"],
    ["warning", "wrong_password"],
    ["info", "receive_denied"],
  ]);
});

describe("what is muted", () => {
  test("is told with until when, and counts for no device", async () => {
    const { problems, pass } = await look();
    problems.record(refused(named("c")));
    const id = problems.list()[0]?.id ?? "";
    expect(problems.mute("nothing", START)).toBe(false);
    expect(problems.unmute("nothing")).toBe(false);
    expect(problems.mute(id, START + HOUR)).toBe(true);
    expect(problems.list()).toMatchObject([{ mutedUntil: at(HOUR) }]);
    expect(problems.perClient()).toEqual(new Map());
    pass(HOUR);
    expect(problems.list()[0]).not.toHaveProperty("mutedUntil");
    problems.mute(id, START + 2 * HOUR);
    expect(problems.unmute(id)).toBe(true);
    expect(problems.list()[0]).not.toHaveProperty("mutedUntil");
  });

  test("stays so after a restart", async () => {
    const file = join(layOut().data, "panel-mutes.json");
    const first = await openMutes(file, NO_LOG);
    first.set("x1", START + HOUR);
    first.set("x2", START + HOUR);
    first.set("x2", null);
    await first.close();
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ x1: at(HOUR) });
    const again = await openMutes(file, NO_LOG);
    expect([again.untilOf("x1", START), again.untilOf("x1", START + HOUR), again.untilOf("x2", START)]).toEqual([
      START + HOUR,
      null,
      null,
    ]);
  });

  test.each(["", "{", "[1]", '{"x1":5,"x2":"soon"}'])("is nothing where the file says %j", async (text) => {
    const file = join(layOut().data, "panel-mutes.json");
    writeFileSync(file, text);
    const mutes = await openMutes(file, NO_LOG);
    expect([mutes.untilOf("x1", START), mutes.untilOf("x2", START)]).toEqual([null, null]);
  });
});

function bridgeWith(state: BridgeInfo["state"], lastError?: string): BridgeInfo {
  return {
    name: "a/b",
    address: "cabin.lan:1883",
    state,
    since: at(0),
    topics: [],
    in: 0,
    out: 0,
    writable: false,
    lastError: lastError ?? "refused",
  };
}

test("a bridge has a card while it is away because something is wrong", () => {
  expect(bridgeCards([bridgeWith("connected")], START)).toEqual([]);
  const { lastError: _, ...fresh } = bridgeWith("connecting");
  expect(bridgeCards([fresh], START)).toEqual([]);
  expect(bridgeCards([bridgeWith("waiting", "was refused: not authorised")], START)).toEqual([
    {
      id: "bridge-a/b",
      kind: "bridge",
      severity: "warning",
      subject: "a/b",
      user: null,
      ips: [],
      count: 1,
      first: at(0),
      last: at(0),
      reason: { kind: "bridge", sentence: "bridge to cabin.lan:1883: was refused: not authorised" },
      action: { label: "show_bridge", route: "#/bridges/a%2Fb" },
    },
  ]);
  expect(bridgeCards([bridgeWith("stopped")], START)).toMatchObject([{ severity: "error" }]);
});

test.each([
  [22, null, ""],
  [21, "warning", "the certificate for home.example.org ends in 21 days"],
  [6, "error", "the certificate for home.example.org ends in 6 days"],
  [1, "error", "the certificate for home.example.org ends in 1 day"],
  [0, "error", "the certificate for home.example.org ends in less than a day"],
  [-1, null, ""],
] as const)("a certificate with %s days left", (daysLeft, severity, sentence) => {
  const certificate: CertificateInfo = {
    file: "fullchain.pem",
    names: ["home.example.org"],
    issuer: "CA",
    serial: "4711",
    validTo: at(0),
    daysLeft,
    listeners: ["8883"],
  };
  const cards = certificateCards([certificate], START);
  const expected = {
    severity,
    subject: "fullchain.pem",
    reason: { sentence, hint: "Renew it; no restart is needed." },
  };
  expect(cards).toMatchObject(severity === null ? [] : [expected]);
  expect(cards).toHaveLength(severity === null ? 0 : 1);
});

test("names as long as the network lets them be are not kept whole", async () => {
  const { problems, decisions } = await look();
  const long = "x".repeat(60_000);
  problems.record(refused(named(long, "192.0.2.7", long)));
  problems.record(denied(named(long), "publish", long));
  problems.record(denied(named("m"), "subscribe", long));
  expect(JSON.stringify(problems.list()).length).toBeLessThan(10_000);
  // a part of a topic is another topic: it is neither asked about nor offered to be allowed
  const [card] = problems.list().filter(({ subject }) => subject === "m");
  expect(card).not.toHaveProperty("denied");
  expect(card?.action?.route).not.toContain("x");
  decisions.set(`${long.slice(0, 300)}…`, allow("acl", undefined));
  vi.advanceTimersByTime(MINUTE);
  expect(problems.list()).toHaveLength(3);
});

test("a card keeps no key of long names", () => {
  const long = "x".repeat(60_000);
  const cards = createCards();
  const sighting = sightingOf(denied(named(long), "publish", long));
  if (sighting !== null) cards.add(sighting, START);
  expect(JSON.stringify([...cards.all()])).toMatch(/^.{100,5000}$/);
});
