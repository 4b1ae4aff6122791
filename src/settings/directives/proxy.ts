import { faulty, used, type Draft, type Line, type ListenerDraft, type Outcome } from "./draft.ts";
import { ofListener, onListener, replaceListener, shut } from "./listener.ts";
import { bool, firstWord, row, wrongValue, type CarryOut, type DirectiveRow } from "./row.ts";

/** Directives about a proxy in front of a listener. */
export const proxyDirectives: readonly DirectiveRow[] = [
  { ...ofListener(row("enable_proxy_protocol", proxyVersion)), whenMisspelt: shut },
  bool(
    "proxy_protocol_v2_require_tls",
    onProxy((requiresTls) => ({ requiresTls })),
    shut,
  ),
];

function proxyVersion(draft: Draft, line: Line): Outcome {
  const version = VERSIONS.get(firstWord(line.value));
  if (version !== undefined) return setVersion(draft, version, line);
  const fix = "Write 1 or 2, the version that the proxy sends.";
  return wrongValue(draft, line, "is not a version of the PROXY protocol", fix, shut);
}

const VERSIONS: ReadonlyMap<string, 1 | 2> = new Map([
  ["1", 1],
  ["2", 2],
]);

const setVersion = onProxy<1 | 2>((version) => ({ version }));

function onProxy<T>(change: (value: T) => Partial<ListenerDraft["proxy"]>): CarryOut<T> {
  return onListener((draft, index, value: T, line) => {
    const own = draft.listeners[index]?.builtIn ?? null;
    if (own === null) {
      return used(
        replaceListener(draft, index, (listener) => ({ ...listener, proxy: { ...listener.proxy, ...change(value) } })),
      );
    }
    // Home Assistant comes there without a proxy. What a proxy says is no MQTT, so nobody gets in by its address.
    return faulty(draft, {
      what: `"${line.name}" asks for a proxy in front of port ${own.name}, which is the add-on's own and takes devices directly.`,
      fix: "Put the line below a listener with a port of its own.",
    });
  });
}
