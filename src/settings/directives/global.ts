import { resolvePath } from "../paths.ts";
import { faulty, used, type Draft, type Line, type Outcome } from "./draft.ts";
import {
  accepted,
  bool,
  fileReference,
  firstWord,
  ignored,
  int,
  oneOf,
  refused,
  row,
  wordsOf,
  wrongValue,
  type DirectiveRow,
} from "./row.ts";

const LOG_TYPES = [
  "none",
  "information",
  "notice",
  "warning",
  "error",
  "debug",
  "subscribe",
  "unsubscribe",
  "websockets",
  "internal",
  "all",
] as const;

/** Directives that belong to no listener, bridge or plugin. */
export const globalDirectives: readonly DirectiveRow[] = [
  {
    ...bool("allow_duplicate_messages", (draft, isOn) => (isOn ? faulty(draft, NO_DUPLICATES) : used(draft))),
    fate: "ignored",
  },
  int("autosave_interval", { min: 0, max: 0x7f_ff_ff_ff }, (draft, autosaveIntervalS) =>
    used({ ...draft, autosaveIntervalS }),
  ),
  ignored("autosave_on_changes", "changes are not counted"),
  bool("check_retain_source", (draft, checksRetainSource) => used({ ...draft, checksRetainSource })),
  bool("connection_messages", (draft, connectionMessages) => used({ ...draft, connectionMessages })),
  ignored("dhparamfile", "the parameters of the key exchange are chosen automatically"),
  // The files it brings in are read with the file it stands in.
  row("include_dir", used),
  row("log_dest", logDest),
  ignored("log_facility", "nothing is written to syslog"),
  bool("log_timestamp", (draft, logTimestamp) => used({ ...draft, logTimestamp })),
  row("log_timestamp_format", (draft, line) =>
    line.value === ""
      ? wrongValue(draft, line, "", 'Write a format, for example "log_timestamp_format %Y-%m-%d %H:%M:%S".')
      : used({ ...draft, logTimestampFormat: line.value }),
  ),
  oneOf("log_type", LOG_TYPES, (draft, type) => used({ ...draft, logTypes: [...(draft.logTypes ?? []), type] })),
  ignored("packet_buffer_size", "buffers grow and shrink by themselves"),
  bool("persistence", persistence),
  // Another program's format belongs to that name: the store is always culex.db beside it.
  accepted("persistence_file"),
  row("persistence_location", (draft, { value, folders }) =>
    used({ ...draft, persistenceLocation: resolvePath(value, folders) }),
  ),
  ignored("pid_file", "no file with the process number is written"),
  refused("psk_file", "asks for pre-shared keys, which are not offered", "Use certfile, keyfile and cafile instead."),
  // An expired message is removed in the second in which it expires.
  accepted("retain_expiry_interval"),
  bool("retained_persistence", persistence),
  ignored("retry_interval", "messages are sent again when a client reconnects, as MQTT demands"),
  // Small packets are always sent at once.
  accepted("set_tcp_nodelay"),
  int("sys_interval", { min: 0, max: 65_535 }, (draft, sysIntervalS) => used({ ...draft, sysIntervalS })),
  { ...row("user", systemAccount), fate: "ignored" },
  ignored("websockets_headers_size", "buffers grow and shrink by themselves"),
  ignored("websockets_log_level", "WebSocket lines are part of the other log types"),
];

const NO_DUPLICATES = {
  what: '"allow_duplicate_messages true" has no effect here: a client gets each message once, however many of its subscriptions match.',
  fix: "Remove the line.",
};

function logDest(draft: Draft, line: Line): Outcome {
  const kind = firstWord(line.value);
  const earlier = draft.logDestinations ?? [];
  switch (kind) {
    case "none":
      return used({ ...draft, logDestinations: [] });
    case "stdout":
    case "stderr":
    case "topic":
      return used({ ...draft, logDestinations: [...earlier, { kind }] });
    case "file": {
      const shown = line.value.slice(kind.length).trim();
      if (shown === "") return wrongValue(draft, line, "names no file", 'Write "log_dest file <path>".');
      const { path } = fileReference(shown, line);
      return used({ ...draft, logDestinations: [...earlier, { kind, path }] });
    }
    case "syslog":
      return faulty(draft, {
        what: '"log_dest syslog": this broker does not write to syslog.',
        now: "Lines go to the other destinations of these files, or to the usual one if there is none",
        fix: 'Use "log_dest stderr", which a service manager hands to the system\'s log, or "log_dest file <path>".',
      });
    default:
      return wrongValue(draft, line, "is not offered here", "Use one of: none, stdout, stderr, topic, file <path>.");
  }
}

function persistence(draft: Draft, isOn: boolean, { origin }: Line): Outcome {
  return used({ ...draft, persistence: { isOn, origin } });
}

/** In mosquitto.conf `user` is an account of the system, in an ACL file it heads the rules of a client. */
function systemAccount(draft: Draft, { value }: Line): Outcome {
  if (draft.current.hasAccessRules) return { draft, isUsed: false, fault: null };
  return faulty(draft, {
    what: `"user ${wordsOf(value).join(" ")}" names the account that Mosquitto runs as and has no effect here.`,
    fix: "Remove the line. If an access rule was meant, move it to the file that acl_file names.",
  });
}
