import { faulty, used, type AnonymousLine, type Draft, type EmqLine, type Outcome } from "../directives/draft.ts";
import { accepted, ignored, type WhenWrong } from "../directives/row.ts";
import { emqRow, like, unreadable, type EmqRow } from "./row.ts";
import { bytesOf, flagOf, pathInEtc, secondsOf } from "./values.ts";

const SIZE = { read: (value: string) => asText(bytesOf(value)), fix: "Write a size, for example 64KB." };
const TIME = { read: (value: string) => asWhole(secondsOf(value)), fix: "Write a time, for example 60 or 1m." };
const FLAG = { read: (value: string) => asText(flagOf(value)), fix: "Write on or off." };
const MILLISECONDS = {
  read: (value: string) =>
    flagOf(value) === false ? "0" : (/^(?<ms>\d+)(?:ms)?$/.exec(value)?.groups?.["ms"] ?? null),
  fix: "Write a number of milliseconds, or false.",
};
/** 0 is no limit, which here is the most there can be. */
const AT_LEAST_ONE = { read: (value: string) => (value === "0" ? "65535" : value) };

/** Names of emq.conf and of EMQ's own plugins that are about neither listeners nor logins. */
export const mqttRows: readonly EmqRow[] = [
  emqRow("mqtt.allow_anonymous", allowAnonymous, staysOut),
  emqRow("mqtt.acl_nomatch", aclNomatch, denied),
  emqRow("mqtt.acl_deny_action", aclDenyAction),
  like("mqtt.acl_file", "acl_file", { read: pathInEtc, fix: 'Name the file, for example "etc/acl.conf".' }),
  like("mqtt.broker.sys_interval", "sys_interval", TIME),
  like("mqtt.max_packet_size", "max_packet_size", SIZE),
  like("mqtt.session.max_subscriptions", "max_subscriptions"),
  like("mqtt.session.upgrade_qos", "upgrade_outgoing_qos", FLAG),
  like("mqtt.session.max_inflight", "max_inflight_messages"),
  like("mqtt.session.max_awaiting_rel", "max_inbound_qos2", AT_LEAST_ONE),
  emqRow("mqtt.session.expiry_interval", expiryInterval),
  like("mqtt.mqueue.max_length", "max_queued_messages"),
  like("mqtt.mqueue.store_qos0", "queue_qos0_messages", FLAG),
  like("retainer.max_message_num", "max_retained_messages"),
  // Rules are asked from memory: there is nothing to cache.
  accepted("mqtt.cache_acl"),
  // What the bytes say is taken at its word either way.
  accepted("mqtt.websocket_protocol_header"),
  // Clients that come and go are told of below $SYS/brokers in any case.
  accepted("module.presence"),
  accepted("module.presence.**"),
  // Both are read with the file that they stand in.
  emqRow("mqtt.plugins.etc_dir", pluginFolder),
  emqRow("mqtt.plugins.loaded_file", used),
  ignored("mqtt.max_clientid_len", "a client id may have 1024 bytes"),
  ignored("mqtt.keepalive_backoff", "a client is closed after one and a half times its keep alive, as MQTT demands"),
  ignored("mqtt.client.**", "connections that do not log in are closed in time, and figures are always kept"),
  ignored("mqtt.conn.**", "memory is given back by itself"),
  ignored("mqtt.session.retry_interval", "messages are sent again when a client reconnects, as MQTT demands"),
  ignored("mqtt.session.await_rel_timeout", "a message of QoS 2 waits as long as the session lives, as MQTT demands"),
  ignored("mqtt.session.enable_stats", "figures are always kept"),
  ignored("mqtt.session.ignore_loop_deliver", "MQTT 5 has the option No Local for it"),
  ignored("mqtt.mqueue.**", "messages wait in the order in which they came, up to mqtt.mqueue.max_length"),
  ignored("mqtt.pubsub.**", "one process delivers all messages"),
  ignored("mqtt.bridge.**", "bridges are lines of Mosquitto"),
  ignored("retainer.**", "retained messages are kept on disk, up to retainer.max_message_num"),
  ignored("module.subscription", "clients subscribe for themselves"),
  ignored("module.subscription.**", "clients subscribe for themselves"),
  ignored("module.rewrite", "topics stay as clients write them"),
  ignored("module.rewrite.**", "topics stay as clients write them"),
  ignored("node.**", "there is no Erlang node"),
  ignored("cluster.**", "there is no cluster"),
  ignored("rpc.**", "there is no cluster"),
  ignored("vm_args.**", "there is no Erlang node"),
  ignored("log.**", "log_type and log_dest of a conf file of Mosquitto, or the options, say what is written"),
  like("sysmon.long_gc", "sysmon_long_gc", MILLISECONDS),
  like("sysmon.long_schedule", "sysmon_long_schedule", MILLISECONDS),
  like("sysmon.busy_port", "sysmon_busy_port", {
    // EMQ names no number of bytes
    read: (value) => (flagOf(value) === null ? null : flagOf(value) === true ? "1048576" : "0"),
    fix: "Write true or false.",
  }),
  ignored("sysmon.large_heap", "there is one heap for all, which sysmon_large_heap is about"),
  ignored("sysmon.**", "there is no Erlang node to watch"),
  ignored("dashboard.**", "there is no such dashboard"),
  ignored("management.**", "there is no such API"),
];

function allowAnonymous(draft: Draft, line: EmqLine): Outcome {
  const allowed = flagOf(line.value);
  if (allowed === null) return unreadable(draft, line, "Write true or false.", staysOut);
  return used(withAnonymous(draft, { allowed, origin: line.origin, emq: `${line.name} = ${line.value}` }));
}

function staysOut(...[draft, { origin }]: Parameters<WhenWrong>): ReturnType<WhenWrong> {
  return {
    draft: withAnonymous(draft, { allowed: false, origin }),
    severity: "error",
    now: "Clients without a user name stay shut out",
  };
}

function withAnonymous(draft: Draft, allowAnonymous: AnonymousLine): Draft {
  return { ...draft, emq: { ...draft.emq, allowAnonymous } };
}

/** In the folder of the app files of plugins lie beside this one, and the line leads nowhere. */
function pluginFolder(draft: Draft, line: EmqLine): Outcome {
  if (line.text !== null) return used(draft);
  return faulty(
    { ...draft, emq: { ...draft.emq, pluginsMissing: line } },
    {
      what: `"${line.name}": there is no folder "${line.value}".`,
      now: "Files of plugins count where they are read by themselves, and no others",
      fix: "Remove the line, or copy the folder.",
    },
  );
}

function aclNomatch(draft: Draft, line: EmqLine): Outcome {
  const { value, origin } = line;
  if (value !== "allow" && value !== "deny") return unreadable(draft, line, "Write allow or deny.", denied);
  return used({ ...draft, emq: { ...draft.emq, noMatch: { value, origin } } });
}

function aclDenyAction(draft: Draft, line: EmqLine): Outcome {
  const { value } = line;
  if (value !== "ignore" && value !== "disconnect") return unreadable(draft, line, "Write ignore or disconnect.", null);
  return used({ ...draft, emq: { ...draft.emq, denyAction: value } });
}

function denied(...[draft, { origin }]: Parameters<WhenWrong>): ReturnType<WhenWrong> {
  return {
    draft: { ...draft, emq: { ...draft.emq, noMatch: { value: "deny", origin } } },
    severity: "error",
    now: "What no rule allows is denied",
  };
}

/** Sessions of clients that are away; 0 is none that outlives its connection. */
function expiryInterval(draft: Draft, line: EmqLine): Outcome {
  const seconds = secondsOf(line.value);
  if (seconds === null)
    return faulty(draft, { what: `"${line.name} = ${line.value}" is not understood.`, fix: TIME.fix });
  return used({ ...draft, limits: { ...draft.limits, expirationS: Math.floor(seconds) } });
}

function asText(value: number | boolean | null): string | null {
  return value === null ? null : String(value);
}

function asWhole(value: number | null): string | null {
  return value === null ? null : String(Math.ceil(value));
}
