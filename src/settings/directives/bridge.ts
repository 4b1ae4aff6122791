import { faulty, swallowed, type Draft, type Line, type Outcome } from "./draft.ts";
import { firstWord, row, wordsOf, type DirectiveRow } from "./row.ts";

/** Directives of connections to other brokers, and access rules that were put beside them by mistake. */
export const bridgeDirectives: readonly DirectiveRow[] = [
  row("connection", startConnection),
  row("topic", topic),
  row("pattern", accessRule),
  ...[
    "address",
    "addresses",
    "bridge_alpn",
    "bridge_attempt_unsubscribe",
    "bridge_bind_address",
    "bridge_cafile",
    "bridge_capath",
    "bridge_certfile",
    "bridge_ciphers",
    "bridge_ciphers_tls1.3",
    "bridge_identity",
    "bridge_insecure",
    "bridge_keyfile",
    "bridge_max_packet_size",
    "bridge_max_topic_alias",
    "bridge_outgoing_retain",
    "bridge_protocol_version",
    "bridge_psk",
    "bridge_receive_maximum",
    "bridge_reload_type",
    "bridge_require_ocsp",
    "bridge_session_expiry_interval",
    "bridge_tcp_keepalive",
    "bridge_tcp_user_timeout",
    "bridge_tls_use_os_certs",
    "bridge_tls_version",
    "cleansession",
    "clientid",
    "idle_timeout",
    "keepalive_interval",
    "local_cleansession",
    "local_clientid",
    "local_password",
    "local_username",
    "notification_topic",
    "notifications",
    "notifications_local_only",
    "password",
    "remote_clientid",
    "remote_password",
    "remote_username",
    "restart_timeout",
    "round_robin",
    "start_type",
    "threshold",
    "try_private",
    "username",
  ].map((name) => row(name, partOfConnection)),
];

function startConnection(draft: Draft, { value }: Line): Outcome {
  return faulty(
    { ...draft, current: { ...draft.current, isInConnection: true } },
    {
      what: `the bridge "${firstWord(value)}" cannot be started, bridges are not supported yet.`,
      now: "The connection is not made",
      fix: "Leave its lines for a later version, or remove them.",
    },
  );
}

function partOfConnection(draft: Draft, { name }: Line): Outcome {
  if (draft.current.isInConnection) return swallowed(draft);
  return faulty(draft, {
    what: `"${name}" belongs below a "connection" line, and there is none above it.`,
    fix: 'Put "connection <name>" above it, or remove it.',
  });
}

/** A bridge's topic has a direction, an access rule an access type: `topic a/# in 0`, `topic read a/#`. */
function topic(draft: Draft, line: Line): Outcome {
  const direction = wordsOf(line.value)[1]?.toLowerCase() ?? "";
  const isBridgeTopic = draft.current.isInConnection || ["in", "out", "both"].includes(direction);
  return isBridgeTopic ? partOfConnection(draft, line) : accessRule(draft, line);
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
