import type { DiscoveryInfo } from "../../../src/core/api/topics.ts";
import type { ClientEvent, ClientInfo, ClientTopics } from "../../../src/core/api/clients.ts";
import type { Page } from "../../../src/core/api/common.ts";
import type { ProblemInfo } from "../../../src/core/api/problems.ts";
import type { Overview } from "../../../src/core/api/system.ts";
import { ANSWERS, BRIDGES, CERTIFICATES } from "./answers.ts";
import type { Told } from "./fake-api.ts";

const NONE = { perMin: 0, total: 0, bytes: 0 };

/** An overview where all is well, changed as a test needs it. */
export function overviewWith(changes: Partial<Overview> = {}): Overview {
  return {
    version: "0.1.0",
    startedAt: "2026-05-03T06:00:00Z",
    homeAssistant: { connected: true, since: "2026-05-03T06:00:02Z", user: "homeassistant", protocol: 5, perMin: 31 },
    devices: { connected: 38, asleep: 5, overdue: 0, refused: 0 },
    messages: {
      in: { perMin: 412, total: 90_000, bytes: 9_000_000 },
      out: { perMin: 1020, total: 200_000, bytes: 21_000_000 },
      history: Array.from({ length: 60 }, (_, minute) => ({
        at: new Date(Date.UTC(2026, 4, 3, 7, minute)).toISOString(),
        in: 400 + minute,
        out: 1000 - minute,
      })),
    },
    talkers: [{ client: "meter-1", perMin: 300 }],
    retained: { count: 1204, bytes: 800_000, probablyUnused: 24 },
    problems: { total: 0, top: [] },
    bridges: [],
    certificates: [],
    memoryBytes: 96_000_000,
    writesPerHour: 14,
    rules: { loadedAt: "2026-05-03T06:00:01Z", files: ["acl"] },
    checklist: [],
    ...changes,
  };
}

/** A device that is connected, changed as a test needs it. */
export function clientWith(changes: Partial<ClientInfo> & { readonly id: string }): ClientInfo {
  return {
    user: "meter",
    source: "option",
    state: "connected",
    since: "2026-05-03T07:12:00Z",
    ip: "192.0.2.7",
    listener: "1883",
    tls: false,
    protocol: 4,
    keepalive: 60,
    clean: true,
    expiry: 0,
    in: { ...NONE, perMin: 12, total: 300 },
    out: NONE,
    queued: { count: 0, bytes: 0 },
    problems: 0,
    ...changes,
  };
}

/** A refused login, changed as a test needs it. */
export function problemWith(changes: Partial<ProblemInfo> & { readonly id: string }): ProblemInfo {
  return {
    kind: "wrong_password",
    severity: "warning",
    subject: "esp-1",
    user: "kitchen-plug",
    ips: ["192.0.2.7"],
    count: 14,
    first: "2026-05-03T09:10:00Z",
    last: "2026-05-03T09:24:00Z",
    reason: {
      kind: "wrong_password",
      sentence: "wrong password for user kitchen-plug",
      hint: "Set a new password, and enter it in the device.",
    },
    action: { label: "new_password", route: "#/access/users?user=kitchen-plug" },
    ...changes,
  };
}

/** All is well. */
export const CALM: Told = {
  overview: overviewWith(),
  clients: [clientWith({ id: "meter-1" })],
  problems: [],
  others: ANSWERS,
};

const AT = "2026-05-03T09:10:00Z";
const SUBSCRIBES: ClientTopics["subscribes"] = [{ filter: "#", qos: 0, isSuspended: true }];
const REFUSED = problemWith({ id: "p1" });
const LINE = {
  at: AT,
  qos: 0,
  retain: true,
  bytes: 2,
  preview: { kind: "text", text: "22", truncated: false },
} as const;

/** Something of everything. */
export const BUSY: Told = {
  tail: {
    t: "tail",
    data: [
      { ...LINE, topic: "meters/1", client: "meter-1" },
      { ...LINE, topic: "$SYS/broker/version", client: null },
    ],
    skipped: 195,
  },
  overview: overviewWith({
    devices: { connected: 38, asleep: 5, overdue: 1, refused: 1 },
    problems: { total: 2, top: [REFUSED] },
    bridges: BRIDGES,
    certificates: CERTIFICATES,
    checklist: [
      { step: "ha", done: true },
      { step: "device", done: false },
    ],
  }),
  clients: [
    clientWith({ id: "meter-1", lastTopic: "meters/1" }),
    clientWith({ id: "kitchen-plug", user: "kitchen-plug", state: "refused", protocol: null, problems: 1 }),
    clientWith({
      id: "battery",
      user: null,
      source: null,
      state: "asleep",
      expectedBy: "2026-05-03T14:05:00Z",
      tls: true,
    }),
    clientWith({ id: "late", state: "overdue", clean: false, expiry: 3600 }),
    clientWith({ id: "gone", state: "gone", blockedBy: "klaus" }),
  ],
  problems: [
    REFUSED,
    problemWith({
      id: "p2",
      kind: "publish_denied",
      severity: "error",
      subject: "meter",
      user: "meter",
      count: 1,
      denied: { action: "publish", topic: "lights/x" },
      reason: {
        kind: "publish_denied",
        sentence: "no rule of user meter matches lights/x, and the default is deny",
        where: { file: "accesscontrollist", line: 2 },
      },
      action: { label: "explain", route: "#/access/test?user=meter&action=publish&topic=lights%2Fx" },
    }),
    problemWith({ id: "p3", severity: "info", mutedUntil: "2026-05-10T09:24:00Z" }),
  ],
  others: {
    ...ANSWERS,
    "clients/meter-1/events": {
      items: [
        { at: AT, kind: "connected", ip: "192.0.2.7" },
        {
          at: AT,
          kind: "refused",
          ip: "192.0.2.7",
          count: 30,
          reason: { kind: "wrong_password", sentence: "wrong password for user meter" },
        },
        { at: AT, kind: "denied", topic: "lights/x", reason: { kind: "publish_denied", sentence: "no rule matches" } },
      ],
      total: 3,
      next: null,
    } satisfies Page<ClientEvent>,
    "clients/meter-1/subscriptions": SUBSCRIBES,
    "clients/meter-1/discovery": {
      items: [
        {
          id: "plug",
          name: "Kitchen plug",
          topics: ["homeassistant/sensor/plug/power/config"],
          probablyUnused: false,
          reasons: [],
          publisher: "meter-1",
        },
      ],
      total: 1,
      next: null,
    } satisfies Page<DiscoveryInfo>,
    "clients/meter-1/publishes": {
      items: [{ topic: "meters/1", at: AT, count: 300 }],
      total: 1,
      next: null,
    } satisfies Page<ClientTopics["publishes"][number]>,
  },
};
