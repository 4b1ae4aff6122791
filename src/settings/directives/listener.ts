import {
  faulty,
  listenerName,
  newListener,
  swallowed,
  used,
  type Draft,
  type Line,
  type ListenerDraft,
  type Outcome,
} from "./draft.ts";
import {
  bool,
  file,
  firstWord,
  int,
  oneOf,
  parseInteger,
  refused,
  row,
  wordsOf,
  wrongValue,
  type CarryOut,
  type DirectiveRow,
  type WhenWrong,
} from "./row.ts";

/** Directives of a listener. In a file without a `listener` line they belong to the default listener. */
export const listenerDirectives: readonly DirectiveRow[] = [
  row("listener", startListener),
  row("port", defaultPort),
  { ...row("bind_address", defaultAddress), whenMisspelt: shut },
  oneOf("protocol", ["mqtt", "websockets"], onListener(setProtocol), shut),
  file(
    "certfile",
    onTlsListener((listener, certfile) => ({ ...listener, certfile })),
    shut,
  ),
  file(
    "keyfile",
    onTlsListener((listener, keyfile) => ({ ...listener, keyfile })),
    shut,
  ),
  file(
    "cafile",
    onTlsListener((listener, cafile) => ({ ...listener, cafile })),
    // a listener that requires certificates stays closed without it anyway
    null,
  ),
  bool(
    "require_certificate",
    onTlsListener((listener, requireCertificate) => ({ ...listener, requireCertificate })),
    shut,
  ),
  int(
    "max_connections",
    { min: -0x7f_ff_ff_ff, max: 0x7f_ff_ff_ff },
    onListener((draft, index, value) => {
      // Below one means no limit, as in mosquitto.
      return used(
        replaceListener(draft, index, (listener) => ({ ...listener, maxConnections: value > 0 ? value : null })),
      );
    }),
  ),
  ofListener(refused("http_dir", "asks for a web server, which a listener is not here", "Remove the line.")),
  shutting(refused("psk_hint", "asks for pre-shared keys, which are not offered", "Use certfile and keyfile instead.")),
];

/** `listener <port> [<address>]`. A port of the add-on's own stands for that listener. */
function startListener(draft: Draft, line: Line): Outcome {
  const [first = "", host = null] = wordsOf(line.value);
  const next = { ...draft, namesListener: true };
  const lost = { ...next, current: { ...draft.current, listener: "refused" } } as const;
  if (first === "0" && host !== null) {
    return faulty(lost, {
      severity: "error",
      what: `"listener ${line.value}" asks for a Unix socket, which is not offered here.`,
      now: "No listener is opened for it",
      fix: "Use a TCP port: listener 1883 127.0.0.1",
    });
  }
  const port = portOf(first);
  if (port === null) return wrongValue(lost, line, ...NOT_A_PORT, () => ({ draft: lost, ...NO_LISTENER }));
  return openListener(next, port, host, line);
}

const NOT_A_PORT = ["is not a port", "Write a port from 1 to 65535."] as const;
const NO_LISTENER = { severity: "error", now: "No listener is opened for it" } as const;

function portOf(word: string): number | null {
  const port = parseInteger(word);
  return port !== null && port >= 1 && port <= 65_535 ? port : null;
}

function openListener(draft: Draft, port: number, host: string | null, { origin }: Line): Outcome {
  const own = draft.listeners.findIndex(({ builtIn, port: taken }) => {
    return builtIn !== null && (taken === port || builtIn.name === String(port));
  });
  if (own === -1) {
    const listeners = [...draft.listeners, newListener(port, host, origin)];
    return used(withCurrent({ ...draft, listeners }, listeners.length - 1));
  }
  const merged = withCurrent(
    replaceListener(draft, own, (listener) => ({ ...listener, origin })),
    own,
  );
  return host === null ? used(merged) : keepsItsAddress(merged, String(port), host);
}

function keepsItsAddress(draft: Draft, name: string, host: string): Outcome {
  return faulty(draft, {
    what: `listener ${name} is the add-on's own, and its address cannot be set to "${host}".`,
    now: "It keeps its address",
    fix: "Use another port for a listener with an address of its own.",
  });
}

/** `port` moves the default listener; in the add-on, where that one stays, it is `listener` by another name. */
function defaultPort(draft: Draft, line: Line): Outcome {
  const port = portOf(firstWord(line.value));
  const named = { ...draft, namesListener: true };
  if (port === null) return wrongValue(named, line, ...NOT_A_PORT, () => ({ draft: named, ...NO_LISTENER }));
  if (draft.listeners.some(({ builtIn }) => builtIn !== null)) return openListener(named, port, null, line);
  const [next, index] = withDefaultListener(named, line);
  return used(
    withCurrent(
      replaceListener(next, index, (listener) => ({ ...listener, port })),
      index,
    ),
  );
}

function defaultAddress(draft: Draft, line: Line): Outcome {
  const host = firstWord(line.value);
  if (host === "") return wrongValue(draft, line, "", "Write an address.", () => shut(draft, line));
  const [next, index] = withDefaultListener(draft, line);
  const own = next.listeners[index]?.builtIn ?? null;
  if (own !== null) return keepsItsAddress(next, own.name, host);
  return used(replaceListener(next, index, (listener) => ({ ...listener, host })));
}

/** The default listener, made when there is none: mosquitto opens 1883 for it. */
function withDefaultListener(draft: Draft, { origin }: Line): readonly [Draft, number] {
  const index = draft.listeners.findIndex(({ isDefault }) => isDefault);
  if (index !== -1) return [draft, index];
  const listeners = [...draft.listeners, { ...newListener(1883, null, origin), isDefault: true }];
  return [{ ...draft, namesListener: true, listeners }, listeners.length - 1];
}

/** The listener that a line belongs to; null for the lines of one that was refused. */
function listenerOf(draft: Draft, line: Line): readonly [Draft, number] | null {
  const { listener } = draft.current;
  if (listener === "refused") return null;
  if (listener !== null) return [draft, listener];
  const [next, index] = withDefaultListener(draft, line);
  return [withCurrent(next, index), index];
}

function withCurrent(draft: Draft, listener: number): Draft {
  return { ...draft, current: { ...draft.current, listener } };
}

/** Changes one listener of a draft. */
export function replaceListener(
  draft: Draft,
  index: number,
  change: (listener: ListenerDraft) => ListenerDraft,
): Draft {
  return { ...draft, listeners: draft.listeners.map((listener, at) => (at === index ? change(listener) : listener)) };
}

/** Carries out a line of a listener on the one it belongs to, by its index. */
export function onListener<T>(carryOut: (draft: Draft, index: number, value: T, line: Line) => Outcome): CarryOut<T> {
  return (draft, value, line) => {
    const found = listenerOf(draft, line);
    return found === null ? swallowed(draft) : carryOut(...found, value, line);
  };
}

/** onListener() for what only a listener with TLS can do. */
export function onTlsListener<T>(change: (listener: ListenerDraft, value: T) => ListenerDraft): CarryOut<T> {
  return onListener((draft, index, value, line) => {
    const own = draft.listeners[index]?.builtIn ?? null;
    if (own === null || own.isTls) return used(replaceListener(draft, index, (listener) => change(listener, value)));
    return faulty(draft, {
      what: `"${line.name}" asks for TLS on port ${own.name}, which is the add-on's own port without TLS.`,
      fix: "Set the certificate in the options, or put the line below a listener with a port of its own.",
    });
  });
}

function setProtocol(draft: Draft, index: number, protocol: ListenerDraft["protocol"]): Outcome {
  const listener = draft.listeners[index];
  if (listener?.builtIn === null || listener?.protocol === protocol) {
    return used(replaceListener(draft, index, (listener) => ({ ...listener, protocol })));
  }
  return faulty(draft, {
    what: `"protocol ${protocol}" does not fit port ${listener?.builtIn.name ?? ""}, which is the add-on's own and speaks ${listener?.protocol ?? ""}.`,
    fix: "Use another port for it.",
  });
}

/** Keeps a listener shut for which leaving out a line would open more than was meant. */
export function shut(draft: Draft, line: Line): ReturnType<WhenWrong> {
  const found = listenerOf(draft, line);
  if (found === null) return { draft };
  const [next, index] = found;
  const listener = next.listeners[index];
  if (listener === undefined || listener.builtIn?.isTls === false) return { draft: next };
  return {
    draft: replaceListener(next, index, (listener) => ({ ...listener, isShut: true })),
    severity: "error",
    now: `Listener ${listenerName(listener)} stays closed`,
  };
}

/** A row for a line of a listener: nothing more is said about the lines of one that was refused. */
export function ofListener(row: DirectiveRow): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => {
    return draft.current.listener === "refused" ? swallowed(draft) : row.run(draft, line);
  };
  return { ...row, run };
}

/** A row for a line that is not carried out, and without which its listener would open more than was meant. */
export function shutting(row: DirectiveRow): DirectiveRow {
  const run: DirectiveRow["run"] = (draft, line) => {
    const { fault } = row.run(draft, line);
    const { draft: next, ...closed } = shut(draft, line);
    return { draft: next, isUsed: false, fault: fault === null ? null : { ...fault, ...closed } };
  };
  return ofListener({ ...row, whenMisspelt: shut, run });
}
