import type { ClientInfo } from "../../../src/core/api/clients.ts";
import type { ProblemInfo } from "../../../src/core/api/problems.ts";
import type { Overview } from "../../../src/core/api/system.ts";
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
    retained: { count: 1204, bytes: 800_000, probablyUnused: 24 },
    problems: { total: 0, top: [] },
    bridges: [],
    certificates: [],
    memoryBytes: 96_000_000,
    writesPerHour: 14,
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
export const CALM: Told = { overview: overviewWith(), clients: [clientWith({ id: "meter-1" })], problems: [] };
