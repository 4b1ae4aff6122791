import type { BridgeAddress, BridgeSettings } from "../types.ts";
import { parseBridgeTopic, secondWord } from "./bridge-topic.ts";
import { faulty, swallowed, used, type BridgeDraft, type Draft, type Line, type Outcome } from "./draft.ts";
import {
  bool,
  fileReference,
  firstWord,
  ignored,
  int,
  oneOf,
  parseInteger,
  row,
  wordsOf,
  wrongValue,
  type DirectiveRow,
  type WhenWrong,
} from "./row.ts";

const MAX = 0x7f_ff_ff_ff;
const TLS = ["tlsv1.2", "tlsv1.3"] as const;
const VERSIONS = ["mqttv31", "mqttv311", "mqttv50"] as const;

/** Directives of connections to other brokers, and access rules that were put beside them by mistake. */
export const bridgeDirectives: readonly DirectiveRow[] = [
  row("connection", startConnection),
  row("topic", topic),
  { ...row("pattern", accessRule), fate: "refused" },
  row("address", addresses),
  row("addresses", addresses),
  ...text(["remote_username", "username"], (bridge, username) => ({ ...bridge, username })),
  ...text(["remote_password", "password"], (bridge, password) => ({ ...bridge, password })),
  ...text(["remote_clientid", "clientid"], (bridge, remoteClientId) => ({ ...bridge, remoteClientId })),
  ...text(["local_clientid"], (bridge, localClientId) => ({ ...bridge, localClientId })),
  ...text(["notification_topic"], (bridge, notificationTopic) => ({ ...bridge, notificationTopic })),
  ...text(["bridge_bind_address"], (bridge, bindAddress) => ({ ...bridge, bindAddress })),
  flag("cleansession", (bridge, cleanSession) => ({ ...bridge, cleanSession })),
  flag("local_cleansession", (bridge, localCleanSession) => ({ ...bridge, localCleanSession })),
  flag("notifications", (bridge, isNotifying) => ({ ...bridge, isNotifying })),
  flag("notifications_local_only", (bridge, isNotifyingLocalOnly) => ({ ...bridge, isNotifyingLocalOnly })),
  flag("try_private", (bridge, tryPrivate) => ({ ...bridge, tryPrivate })),
  flag("round_robin", (bridge, roundRobin) => ({ ...bridge, roundRobin })),
  flag("bridge_attempt_unsubscribe", (bridge, attemptUnsubscribe) => ({ ...bridge, attemptUnsubscribe })),
  flag("bridge_outgoing_retain", (bridge, outgoingRetain) => ({ ...bridge, outgoingRetain })),
  word("start_type", ["automatic", "lazy", "once"], (bridge, startType) => ({ ...bridge, startType })),
  word("bridge_reload_type", ["lazy", "immediate"], (bridge, reload) => ({ ...bridge, reload })),
  word("bridge_protocol_version", VERSIONS, (bridge, name) => ({
    ...bridge,
    version: name === "mqttv50" ? 5 : name === "mqttv31" ? 3 : 4,
  })),
  row("restart_timeout", restartTimeout),
  number("threshold", 1, MAX, (bridge, threshold) => ({ ...bridge, threshold })),
  // below 5 counts as 5, as in mosquitto
  number("keepalive_interval", 0, 65_535, (bridge, value) => ({ ...bridge, keepaliveS: Math.max(5, value) })),
  number("bridge_max_packet_size", 0, MAX, (bridge, value) => ({
    ...bridge,
    maxPacketSize: value === 0 ? null : value,
  })),
  number("bridge_receive_maximum", 1, 65_535, (bridge, receiveMaximum) => ({ ...bridge, receiveMaximum })),
  number("bridge_session_expiry_interval", 0, MAX, (bridge, sessionExpiryS) => ({ ...bridge, sessionExpiryS })),
  ...text(["bridge_cafile"], (bridge, value, line) => withTls(bridge, { cafile: fileReference(value, line) }), shut),
  ...text(
    ["bridge_capath"],
    (bridge, value, line) => withTls(bridge, { capath: fileReference(value, line).path }),
    shut,
  ),
  flag("bridge_tls_use_os_certs", (bridge, usesSystemCas) => withTls(bridge, { usesSystemCas }), shut),
  ...text(
    ["bridge_certfile"],
    (bridge, value, line) => withTls(bridge, { certfile: fileReference(value, line) }),
    shut,
  ),
  ...text(["bridge_keyfile"], (bridge, value, line) => withTls(bridge, { keyfile: fileReference(value, line) }), shut),
  flag("bridge_insecure", (bridge, isInsecure) => withTls(bridge, { isInsecure })),
  word(
    "bridge_tls_version",
    TLS,
    (bridge, name) => withTls(bridge, { minVersion: name === "tlsv1.3" ? "TLSv1.3" : "TLSv1.2" }),
    shut,
  ),
  ...text(["bridge_alpn"], (bridge, alpn) => withTls(bridge, { alpn })),
  ...["bridge_identity", "bridge_psk"].map((name) => ({ ...row(name, preSharedKey), fate: "refused" as const })),
  ...["local_username", "local_password"].map((name) =>
    inConnection(ignored(name, "a bridge needs no login at this broker")),
  ),
  inConnection(ignored("idle_timeout", "a lazy bridge stays connected, as in Mosquitto")),
  inConnection(ignored("bridge_max_topic_alias", "bridges send whole topic names")),
  ...["bridge_tcp_keepalive", "bridge_tcp_user_timeout"].map((name) =>
    inConnection(ignored(name, "a connection that died is found by keepalive_interval")),
  ),
  ...["bridge_ciphers", "bridge_ciphers_tls1.3"].map((name) =>
    inConnection(ignored(name, "the ciphers that OpenSSL holds safe are used")),
  ),
  inConnection(ignored("bridge_require_ocsp", "stapled answers about certificates are not asked for")),
];

type Change<T> = (bridge: BridgeDraft, value: T, line: Line) => BridgeDraft;

function startConnection(draft: Draft, line: Line): Outcome {
  const name = firstWord(line.value);
  const lost: Draft = { ...draft, current: { ...draft.current, bridge: "refused" } };
  const notMade = { severity: "error", now: "This connection is not made" } as const;
  if (name === "") {
    const what = '"connection" needs a name for the bridge.';
    return faulty(lost, { ...notMade, what, fix: "Write connection <name>." });
  }
  if (draft.bridges.some((bridge) => bridge.name === name)) {
    const what = `"connection ${name}": there is a bridge of this name already.`;
    return faulty(lost, { ...notMade, what, fix: "Give each connection a name of its own." });
  }
  const bridges = [...draft.bridges, newBridge(name, line)];
  return used({ ...draft, bridges, current: { ...draft.current, bridge: bridges.length - 1 } });
}

function newBridge(name: string, { origin }: Line): BridgeDraft {
  return {
    name,
    addresses: [],
    topics: [],
    username: null,
    password: null,
    remoteClientId: null,
    localClientId: null,
    cleanSession: false,
    localCleanSession: null,
    startType: "automatic",
    threshold: 10,
    restart: { baseS: 5, capS: 30, stableS: 0 },
    keepaliveS: 60,
    isNotifying: true,
    isNotifyingLocalOnly: false,
    notificationTopic: null,
    tryPrivate: true,
    roundRobin: false,
    attemptUnsubscribe: true,
    version: 4,
    maxPacketSize: null,
    outgoingRetain: true,
    receiveMaximum: null,
    sessionExpiryS: null,
    bindAddress: null,
    reload: "immediate",
    tls: {
      cafile: null,
      capath: null,
      usesSystemCas: false,
      certfile: null,
      keyfile: null,
      isInsecure: false,
      minVersion: "TLSv1.2",
      alpn: null,
    },
    isShut: false,
    origin,
  };
}

function withTls(bridge: BridgeDraft, change: Partial<BridgeDraft["tls"]>): BridgeDraft {
  return { ...bridge, tls: { ...bridge.tls, ...change } };
}

/** Carries out a line on the bridge it belongs to. */
function onBridge(draft: Draft, line: Line, change: (bridge: BridgeDraft) => BridgeDraft): Outcome {
  const { bridge: current } = draft.current;
  if (current === "refused") return swallowed(draft);
  if (current === null) {
    return faulty(draft, {
      what: `"${line.name}" belongs below a "connection" line, and there is none above it.`,
      fix: 'Put "connection <name>" above it, or remove it.',
    });
  }
  return used(replaceBridge(draft, current, change));
}

function replaceBridge(draft: Draft, at: number, change: (bridge: BridgeDraft) => BridgeDraft): Draft {
  return { ...draft, bridges: draft.bridges.map((bridge, index) => (index === at ? change(bridge) : bridge)) };
}

/** A row with the place checked before its value. */
function inConnection(inner: DirectiveRow): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) =>
    typeof draft.current.bridge === "number" ? inner.run(draft, line) : onBridge(draft, line, (bridge) => bridge);
  return { ...inner, run };
}

/** Rows that take the whole rest of the line; under the second name it is the same. */
function text(names: readonly string[], change: Change<string>, whenWrong?: WhenWrong): DirectiveRow[] {
  return names.map((name) => ({
    ...inConnection(
      row(name, (draft, line) =>
        line.value === ""
          ? wrongValue(draft, line, "", `Write ${name} <value>.`, whenWrong)
          : onBridge(draft, line, (bridge) => change(bridge, line.value, line)),
      ),
    ),
    whenMisspelt: whenWrong ?? null,
  }));
}

function flag(name: string, change: Change<boolean>, whenWrong?: WhenWrong): DirectiveRow {
  return inConnection(
    bool(name, (draft, value, line) => onBridge(draft, line, (bridge) => change(bridge, value, line)), whenWrong),
  );
}

function number(name: string, min: number, max: number, change: Change<number>): DirectiveRow {
  return inConnection(
    int(name, { min, max }, (draft, value, line) => onBridge(draft, line, (bridge) => change(bridge, value, line))),
  );
}

function word<T extends string>(
  name: string,
  words: readonly T[],
  change: Change<T>,
  whenWrong?: WhenWrong,
): DirectiveRow {
  return inConnection(
    oneOf(
      name,
      words,
      (draft, value, line) => onBridge(draft, line, (bridge) => change(bridge, value, line)),
      whenWrong,
    ),
  );
}

/** Without this line the connection would be open to read, or to the wrong broker: it is not made. */
function shut(draft: Draft): ReturnType<WhenWrong> {
  const { bridge } = draft.current;
  if (typeof bridge !== "number") return { draft };
  return {
    draft: replaceBridge(draft, bridge, (open) => ({ ...open, isShut: true })),
    severity: "error",
    now: "This connection is not made",
  };
}

function preSharedKey(draft: Draft, line: Line): Outcome {
  if (typeof draft.current.bridge !== "number") return onBridge(draft, line, (bridge) => bridge);
  const { draft: closed, ...fault } = shut(draft);
  const what = `"${line.name}" asks for a pre-shared key, which is not offered.`;
  return faulty(closed, { what, fix: "Use bridge_cafile, and bridge_certfile with bridge_keyfile.", ...fault });
}

/** `address 192.168.7.20:1883 backup.lan`: the port stands behind the last colon, and is 1883 without one. */
function addresses(draft: Draft, line: Line): Outcome {
  if (typeof draft.current.bridge !== "number") return onBridge(draft, line, (bridge) => bridge);
  const words = wordsOf(line.value);
  const found = words.map(addressOf);
  const wrong = words[found.indexOf(null)];
  if (words.length === 0 || wrong !== undefined) {
    const what =
      wrong === undefined ? '"address" names no broker.' : `"address ${line.value}": "${wrong}" is not an address.`;
    return faulty(draft, { what, fix: "Write host or host:port, with a port from 1 to 65535." });
  }
  const added = found.filter((address) => address !== null);
  return onBridge(draft, line, (bridge) => ({ ...bridge, addresses: [...bridge.addresses, ...added] }));
}

function addressOf(word: string): BridgeAddress | null {
  const colon = word.lastIndexOf(":");
  const host = (colon === -1 ? word : word.slice(0, colon)).replace(/^\[(.*)\]$/, "$1");
  const port = colon === -1 ? 1883 : parseInteger(word.slice(colon + 1));
  return host === "" || port === null || port < 1 || port > 65_535 ? null : { host, port };
}

/** `restart_timeout 10`, or `restart_timeout 5 30 [60]`: the first wait, the longest one, and what counts as stable. */
function restartTimeout(draft: Draft, line: Line): Outcome {
  if (typeof draft.current.bridge !== "number") return onBridge(draft, line, (bridge) => bridge);
  const [baseS = null, capS = baseS, stableS = 0] = wordsOf(line.value).map(parseInteger);
  const isRight = baseS !== null && capS !== null && stableS !== null && isRestart({ baseS, capS, stableS });
  if (!isRight) {
    const fix = "Write seconds: one number up to 3600, or the shortest wait and the longest one up to 7200.";
    return wrongValue(draft, line, "is not a time to wait", fix);
  }
  return onBridge(draft, line, (bridge) => ({ ...bridge, restart: { baseS, capS, stableS } }));
}

function isRestart({ baseS, capS, stableS }: BridgeSettings["restart"]): boolean {
  return baseS >= 1 && baseS <= 3600 && capS >= baseS && capS <= 7200 && stableS >= 0;
}

/** A bridge's topic has a direction, an access rule an access type: `topic a/# in 0`, `topic read a/#`. */
function topic(draft: Draft, line: Line): Outcome {
  const direction = secondWord(line.value).toLowerCase();
  const { bridge: current } = draft.current;
  if (current === null && !["in", "out", "both"].includes(direction)) return accessRule(draft, line);
  if (typeof current !== "number") return onBridge(draft, line, (bridge) => bridge);
  const found = parseBridgeTopic(line.value);
  if ("what" in found) return faulty(draft, found);
  return onBridge(draft, line, (bridge) => ({ ...bridge, topics: [...bridge.topics, found] }));
}

function accessRule(draft: Draft, { name, value }: Line): Outcome {
  if (draft.current.hasAccessRules) return swallowed(draft);
  return faulty(
    { ...draft, current: { ...draft.current, hasAccessRules: true } },
    {
      severity: "error",
      what: `"${name} ${value}" is an access rule, and access rules do not work in a conf file.`,
      now: "The access rules in this file are not in force",
      fix: 'Move them to a file without ".conf" at the end and name it here: acl_file <path of that file>',
    },
  );
}
