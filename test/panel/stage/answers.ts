import type { AuditRecord, Page } from "../../../src/core/api/common.ts";
import type { BackendInfo, GroupInfo, RoleInfo, RuleInfo, UserInfo } from "../../../src/core/api/access.ts";
import type { FiguresInfo } from "../../../src/core/api/figures.ts";
import type { BridgeInfo } from "../../../src/core/api/bridges.ts";
import type { CertificateInfo, ConfigInfo, ListenerInfo, LogLine } from "../../../src/core/api/system.ts";
import type { TraceFile, TraceInfo } from "../../../src/core/api/traces.ts";
import type {
  DiscoveryInfo,
  IndexInfo,
  JobInfo,
  RetainedInfo,
  TopicFound,
  TopicInfo,
  TopicLevel,
  TrashInfo,
} from "../../../src/core/api/topics.ts";
import type { Told } from "./fake-api.ts";

const AT = "2026-05-03T09:10:00Z";

const JSON_VALUE = { kind: "json", text: '{"state":"ON"}', truncated: false } as const;
const BYTES_VALUE = { kind: "binary", text: "deadbeef", truncated: true } as const;

/** A bridge that waits. */
export const BRIDGES: readonly BridgeInfo[] = [
  {
    name: "cloud",
    address: "example.org:8883",
    state: "waiting",
    since: AT,
    lastError: "the remote broker answered: not authorised",
    topics: ["sensor/# out"],
    in: 3,
    out: 4,
    writable: true,
  },
];

/** A certificate that ends soon. */
export const CERTIFICATES: readonly CertificateInfo[] = [
  {
    file: "fullchain.pem",
    names: ["home.example.org"],
    issuer: "Example CA",
    serial: "4711",
    validTo: "2026-05-09T00:00:00Z",
    daysLeft: 6,
    listeners: ["8883"],
  },
];

/** What the pages ask for besides what they are told. */
export const ANSWERS: NonNullable<Told["others"]> = {
  users: {
    items: [
      {
        name: "meter",
        source: "option",
        passwordSet: true,
        disabled: false,
        roles: [],
        groups: [],
        where: { file: "options.json" },
        writable: true,
      },
      {
        name: "plug",
        source: "dynsec",
        passwordSet: false,
        disabled: true,
        roles: ["plug"],
        groups: ["house"],
        writable: false,
      },
    ],
    total: 300,
    next: "200",
  } satisfies Page<UserInfo>,
  rules: {
    items: [
      {
        source: "acl",
        text: "topic write meters/#",
        who: "user meter",
        effect: "allow",
        where: { file: "acl", line: 2 },
      },
      { source: "default", text: "deny", who: "everybody", effect: "deny" },
    ],
    total: 2,
    next: null,
  } satisfies Page<RuleInfo>,
  roles: {
    items: [
      {
        name: "plug",
        acls: [{ type: "publishClientSend", topic: "plug/#", priority: -1, allow: true }],
        users: 1,
        groups: ["house"],
        where: { file: "dynamic-security.json" },
        writable: true,
      },
      {
        name: "water",
        acls: Array.from({ length: 9 }, () => ({ type: "read", topic: "water/#", priority: 0, allow: true })),
        users: 2,
        groups: [],
        where: { file: "auth.yaml", line: 6 },
        writable: false,
      },
    ],
    total: 2,
    next: null,
  } satisfies Page<RoleInfo>,
  groups: {
    items: [{ name: "house", roles: ["plug"], users: 3, writable: true }],
    total: 1,
    next: null,
  } satisfies Page<GroupInfo>,
  backends: [
    {
      name: "home-assistant",
      type: "home-assistant",
      asked: 3,
      allowed: 1,
      refused: 1,
      failed: 1,
      state: "failing",
      lastError: "no answer within 10 s",
      latencyMs: 12.5,
    },
    { name: "house", type: "http", asked: 0, allowed: 0, refused: 0, failed: 0, state: "unused" },
  ] satisfies readonly BackendInfo[],
  bridges: BRIDGES,
  certificates: CERTIFICATES.map((certificate) => ({
    ...certificate,
    problem: "keyfile privkey.pem does not match certfile fullchain.pem",
  })),
  listeners: [
    {
      name: "1883",
      url: "mqtt://HOST:1883",
      open: true,
      tls: false,
      anonymous: false,
      connections: 38,
      tryIt: "mosquitto_pub -h HOST -p 1883 -u USER -P PASSWORD -t test -m hello",
    },
    { name: "8883", url: "mqtts://HOST:8883", open: false, tls: true, anonymous: true, connections: 0, tryIt: "" },
  ] satisfies readonly ListenerInfo[],
  config: {
    loadedAt: AT,
    files: [{ file: "acl.conf", loadedAt: AT, ok: true, canBeChecked: true }],
    settings: [
      { name: "anonymous", value: "true", isDefault: false, default: "false", where: { file: "options.json" } },
    ],
    problems: [
      {
        severity: "error",
        what: "acl line 2: x.",
        now: "It is left out.",
        fix: "Mend it.",
        where: { file: "acl", line: 2 },
      },
    ],
  } satisfies ConfigInfo,
  log: {
    items: [
      { at: AT, level: "error", text: "acl line 2: x.", count: 3 },
      { at: AT, level: "info", text: "meter-1 subscribed", count: 1 },
    ],
    total: 300,
    next: "200",
  } satisfies Page<LogLine>,
  traces: {
    items: [{ kind: "client", value: "meter-1", file: "meter-1.log", bytes: 4711, until: AT, payload: "text" }],
    total: 1,
    next: null,
  } satisfies Page<TraceInfo>,
  "trace-files": {
    items: [{ file: "meter-1.log", bytes: 4711, at: AT }],
    total: 1,
    next: null,
  } satisfies Page<TraceFile>,
  figures: {
    sensors: { active: true, name: "Culex", devices: ["meter-1"] },
    metrics: {
      active: false,
      needsToken: false,
      paste: { to: "mosquitto.conf", lines: ["metrics 9234"] },
    },
  } satisfies FiguresInfo,
  audit: {
    items: [{ at: AT, by: "Kläus Müller", what: "disconnected meter-1" }],
    total: 1,
    next: null,
  } satisfies Page<AuditRecord>,
  retained: {
    items: [
      { topic: "state", qos: 1, bytes: 12, at: AT, publisher: "meter-1", preview: JSON_VALUE },
      { topic: "raw", qos: 0, bytes: 4000, publisher: null, preview: BYTES_VALUE },
    ],
    total: 300,
    next: "100",
  } satisfies Page<RetainedInfo>,
  trash: {
    items: [
      { id: "t1", topic: "ghost/1", bytes: 3, deletedAt: AT, deletedBy: "Kläus Müller", until: "2026-06-02T09:10:00Z" },
    ],
    total: 1,
    next: null,
  } satisfies Page<TrashInfo>,
  discovery: {
    items: [
      {
        id: "plug",
        name: "Kitchen plug",
        topics: ["homeassistant/sensor/plug/power/config"],
        probablyUnused: true,
        reasons: [
          { sentence: "nothing says whether it is there", holds: true },
          { sentence: "no connected device has announced it since 2026-05-03T06:00:00.000Z", holds: true },
        ],
        publisher: null,
      },
      {
        id: "lamp",
        name: "Lamp",
        topics: ["homeassistant/light/lamp/config"],
        probablyUnused: false,
        reasons: [{ sentence: "topic lamp/LWT says that it is there", holds: false }],
        publisher: "lamp",
      },
    ],
    total: 2,
    next: null,
  } satisfies Page<DiscoveryInfo>,
  jobs: [
    { id: "j1", what: "delete 5000 retained messages", done: 1200, total: 5000, state: "running" },
    { id: "j0", what: "restore 3 retained messages", done: 3, total: 3, state: "finished" },
  ] satisfies readonly JobInfo[],
  "topics/index": {
    enabled: true,
    topics: 20_000,
    bytes: 30_000_000,
    maxTopics: 20_000,
    maxBytes: null,
    forgotten: 7,
  } satisfies IndexInfo,
  topics: {
    parent: "",
    children: [
      { name: "meters", topic: "meters", below: 2, retained: false },
      { name: "", topic: "", below: 1, retained: false },
      { name: "state", topic: "state", below: 0, retained: true, preview: JSON_VALUE },
      { name: "raw", topic: "raw", below: 1, retained: false, preview: BYTES_VALUE },
    ],
    more: 3,
  } satisfies TopicLevel,
  "topics/search": {
    items: [{ topic: "state", retained: true, at: AT, preview: JSON_VALUE }],
    total: 300,
    next: null,
  } satisfies Page<TopicFound>,
  topic: {
    topic: "state",
    retained: true,
    qos: 1,
    bytes: 12,
    at: AT,
    expiresAt: "2026-05-04T09:10:00Z",
    preview: JSON_VALUE,
    publishers: [{ client: "meter-1", user: "meter", ip: "192.0.2.7", at: AT, count: 3 }],
    subscribers: 2,
    numbers: [
      { at: AT, value: 1 },
      { at: "2026-05-03T09:11:00Z", value: -2.5 },
    ],
  } satisfies TopicInfo,
};
