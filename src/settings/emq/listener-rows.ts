import { isIP } from "node:net";
import { faulty, used, type Draft, type EmqLine, type Outcome } from "../directives/draft.ts";
import { findDirective } from "../directives.ts";
import { shut, shutting } from "../directives/listener.ts";
import { accepted, ignored, refused, type WhenWrong } from "../directives/row.ts";
import { emqRow, like, unreadable, type EmqRow } from "./row.ts";
import { flagOf, pathInEtc } from "./values.ts";

const FILE = { read: pathInEtc, fix: 'Name the file, for example "etc/certs/cert.pem".' };
const SWITCH = { read: (value: string) => flagText(value), fix: "Write true or false." };
const NOT_TUNED = "the system and this broker tune connections by themselves";

/** `listener.<kind>.<name>` and what belongs to it. The name is free: two of one kind need two. */
export const listenerRows: readonly EmqRow[] = [
  emqRow("listener.tcp.*", opens("mqtt", false)),
  emqRow("listener.ssl.*", opens("mqtt", true)),
  emqRow("listener.ws.*", opens("websockets", false)),
  emqRow("listener.wss.*", opens("websockets", true)),
  emqRow("listener.api.*", opensApi),
  ignored("listener.api.*.*", "the port for publishing over HTTP is told nothing more by lines of EMQ"),
  like("listener.*.*.max_clients", "max_connections"),
  like("listener.*.*.mountpoint", "mount_point", {
    read: (value) => (/%[uc]/.test(value) ? null : value),
    fix: "Write the beginning of a topic, without %u and %c, which this broker does not put there.",
  }),
  like("listener.*.*.certfile", "certfile", FILE),
  like("listener.*.*.keyfile", "keyfile", FILE),
  like("listener.*.*.cacertfile", "cafile", FILE),
  like("listener.*.*.fail_if_no_peer_cert", "require_certificate", SWITCH),
  emqVerify("listener.*.*.verify"),
  like("listener.*.*.ciphers", "ciphers", { read: (value) => value.replaceAll(/\s*,\s*/g, ":"), fix: "Name ciphers." }),
  emqRow("listener.*.*.tls_versions", tlsVersions, shut),
  emqRow("listener.*.*.peer_cert_as_username", certificateName, shut),
  emqRow("listener.*.*.access.*", addresses, shut),
  emqRow("listener.*.*.proxy_protocol", proxyProtocol, shut),
  ignored("listener.*.*.proxy_protocol_timeout", "a proxy has as long as a client has for its login"),
  shutting(
    refused(
      "listener.*.*.psk_ciphers",
      "asks for pre-shared keys, which are not offered",
      "Use certfile and keyfile, and remove the line.",
    ),
  ),
  like("listener.*.*.rate_limit", "max_byte_rate", {
    read: bytesPerSecond,
    fix: "Write burst and rate in KB: 1024,4096.",
  }),
  ignored("listener.*.*.acceptors", NOT_TUNED),
  ignored("listener.*.*.backlog", NOT_TUNED),
  ignored("listener.*.*.send_timeout", NOT_TUNED),
  ignored("listener.*.*.send_timeout_close", NOT_TUNED),
  ignored("listener.*.*.recbuf", NOT_TUNED),
  ignored("listener.*.*.sndbuf", NOT_TUNED),
  ignored("listener.*.*.buffer", NOT_TUNED),
  ignored("listener.*.*.tune_buffer", NOT_TUNED),
  ignored("listener.*.*.reuseaddr", NOT_TUNED),
  // Small packets are always sent at once.
  accepted("listener.*.*.nodelay"),
  ignored("listener.*.*.handshake_timeout", NOT_TUNED),
  ignored("listener.*.*.reuse_sessions", NOT_TUNED),
  ignored("listener.*.*.secure_renegotiate", "a connection keeps the keys that it began with"),
  ignored("listener.*.*.honor_cipher_order", "the order of the ciphers is this broker's"),
  ignored("listener.*.*.dhfile", "the parameters of the key exchange are chosen automatically"),
  ignored("listener.*.*.proxy_address_header", "headers of a web page name nobody's address"),
  ignored("listener.*.*.proxy_port_header", "headers of a web page name nobody's address"),
];

const ADDRESS = /^(?:(?<host>\[[^\]]+\]|[^\s[\]]+):)?(?<port>\d{1,5})$/;

/** The files that come with EMQ, where no line names others. */
const SHIPPED = [
  ["certfile", "certs/cert.pem"],
  ["keyfile", "certs/key.pem"],
] as const;

/** `listener.tcp.external = 1883`, `127.0.0.1:1883`, `::1:1883`. */
function opens(protocol: "mqtt" | "websockets", isTls: boolean): EmqRow["run"] {
  return (draft, line) => {
    const where = addressOf(line.value);
    if (where === null) return unreadable(refusing(draft), line, WHERE, notOpened);
    const opened = follow(draft, line, "listener", where);
    if (opened.fault?.severity === "error") return opened;
    const speaking = follow(opened.draft, line, "protocol", protocol);
    if (speaking.fault !== null || !isTls) return firstFault(opened, speaking);
    // without a certificate it must not speak in plain instead; the app's own ports have theirs from the options
    const { listener } = speaking.draft.current;
    const isOwn = typeof listener !== "number" || speaking.draft.listeners[listener]?.builtIn?.isTls === true;
    const secured = isOwn
      ? speaking
      : SHIPPED.reduce((outcome, [name, path]) => follow(outcome.draft, line, name, path), speaking);
    return firstFault(opened, secured);
  };
}

const WHERE = "Write a port, or an address and a port: 1883, 127.0.0.1:1883 or [::1]:1883.";

function notOpened(draft: Draft): ReturnType<WhenWrong> {
  return { draft, severity: "error", now: "No listener is opened for it" };
}

/** A listener that is not opened: nothing more is said about its lines. */
function refusing(draft: Draft): Draft {
  return { ...draft, namesListener: true, current: { ...draft.current, listener: "refused" } };
}

function follow(draft: Draft, line: EmqLine, directive: string, value: string): Outcome {
  return findDirective(directive)?.run(draft, { ...line, value }) ?? used(draft);
}

function firstFault(first: Outcome, last: Outcome): Outcome {
  return { ...last, isUsed: first.isUsed && last.isUsed, fault: first.fault ?? last.fault };
}

/** Of EMQ's HTTP API there is what publishes. */
function opensApi(draft: Draft, line: EmqLine): Outcome {
  const where = addressOf(line.value);
  const next: Draft = { ...draft, current: { ...draft.current, listener: null } };
  return where === null ? unreadable(next, line, WHERE, notOpened) : follow(next, line, "http_publish", where);
}

/** The port, and the address if there is one, as Mosquitto has them: "1883 127.0.0.1". null: it is neither. */
function addressOf(value: string): string | null {
  const { host, port } = ADDRESS.exec(value)?.groups ?? {};
  if (port === undefined || host === undefined) return port ?? null;
  const address = host.replace(/^\[|\]$/g, "");
  return isIP(address) !== 0 || /^[\w.-]+$/.test(address) ? `${port} ${address}` : null;
}

/** `burst,rate` in KB; what may come at once is what one second allows. */
function bytesPerSecond(value: string): string | null {
  const { rate } = /^\d{1,6}\s*,\s*(?<rate>\d{1,6})$/.exec(value)?.groups ?? {};
  return rate === undefined ? null : String(Number(rate) * 1024);
}

function flagText(value: string): string | null {
  const flag = flagOf(value);
  return flag === null ? null : String(flag);
}

/** What a client without a certificate may, `fail_if_no_peer_cert` says; a wrong one names nobody here. */
function emqVerify(name: string): EmqRow {
  return emqRow(
    name,
    (draft, line) => {
      if (line.value === "verify_peer" || line.value === "verify_none") return used(draft);
      return unreadable(draft, line, "Write verify_peer or verify_none.", shut);
    },
    shut,
  );
}

function tlsVersions(draft: Draft, line: EmqLine): Outcome {
  const versions = line.value.split(/[\s,]+/).filter((word) => word !== "");
  const offered = versions.filter((version) => version === "tlsv1.2" || version === "tlsv1.3");
  const [lowest] = offered.toSorted();
  if (lowest === undefined) return unreadable(draft, line, "Write tlsv1.2, tlsv1.3 or both.", shut);
  const outcome = follow(draft, line, "tls_version", lowest);
  if (outcome.fault !== null || offered.length === versions.length) return outcome;
  return faulty(outcome.draft, {
    what: `"${line.name} = ${line.value}" names versions that are not safe any more.`,
    now: "The listener speaks TLS 1.2 and 1.3 only",
    fix: `Write "${line.name} = ${offered.join(",")}", and renew devices that cannot speak it.`,
  });
}

const NAMINGS: ReadonlyMap<string, string> = new Map([
  ["cn", "use_identity_as_username"],
  ["dn", "use_subject_as_username"],
]);

function certificateName(draft: Draft, line: EmqLine): Outcome {
  const directive = NAMINGS.get(line.value);
  if (directive === undefined) return unreadable(draft, line, "Write cn or dn.", shut);
  const outcome = follow(draft, line, directive, "true");
  const { listener } = outcome.draft.current;
  if (typeof listener !== "number") return outcome;
  const { emq } = outcome.draft;
  const certificateNames = [...emq.certificateNames, { listener, line }];
  return { ...outcome, draft: { ...outcome.draft, emq: { ...emq, certificateNames } } };
}

function addresses(draft: Draft, line: EmqLine): Outcome {
  if (line.value === "allow all") return used(draft);
  const { draft: closed, ...fault } = shut(draft, line);
  return faulty(closed, {
    what: `"${line.name} = ${line.value}" keeps addresses out, which a listener here does not do.`,
    fix: 'Keep them out with a firewall, or deny them all topics with {deny, {ipaddr, "..."}, pubsub, ["#"]} in acl.conf, and remove the line.',
    ...fault,
  });
}

function proxyProtocol(draft: Draft, line: EmqLine): Outcome {
  const isOn = flagOf(line.value);
  if (isOn === false) return used(draft);
  if (isOn === null) return unreadable(draft, line, "Write on or off.", shut);
  const { draft: closed, ...fault } = shut(draft, line);
  return faulty(closed, {
    what: `"${line.name} = ${line.value}" does not say which version of the PROXY protocol the proxy sends.`,
    fix: 'Move the listener to a conf file of Mosquitto, with "enable_proxy_protocol 1" or "enable_proxy_protocol 2" below it.',
    ...fault,
  });
}
