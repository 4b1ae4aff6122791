import { used, type Draft, type HttpDraft, type Line, type Outcome } from "./draft.ts";
import { file, parseInteger, row, wordsOf, wrongValue, type DirectiveRow, type WhenWrong } from "./row.ts";

/** Where messages are taken over HTTP. These lines are ours, Mosquitto has none of them. */
export const httpDirectives: readonly DirectiveRow[] = [
  { ...row("http_publish", openHttp), whenMisspelt: shut },
  file("http_publish_certfile", (draft, certfile) => used(withHttp(draft, { certfile })), shut),
  file("http_publish_keyfile", (draft, keyfile) => used(withHttp(draft, { keyfile })), shut),
  file("http_publish_keys", (draft, keys) => used(withHttp(draft, { keys })), null),
];

/** `http_publish <port> [<address>]`. */
function openHttp(draft: Draft, line: Line): Outcome {
  const [word = "", host = null] = wordsOf(line.value);
  const port = parseInteger(word);
  if (port === null || port < 1 || port > 65_535) {
    return wrongValue(draft, line, "is not a port", "Write a port from 1 to 65535.", shut);
  }
  return used(withHttp(draft, { listener: { port, host, origin: line.origin } }));
}

/** Plain HTTP in the place of what was meant to be TLS, or on another address, would open more than was meant. */
function shut(draft: Draft): ReturnType<WhenWrong> {
  return { draft: withHttp(draft, { isShut: true }), severity: "error", now: "Nothing is taken over HTTP" };
}

function withHttp(draft: Draft, change: Partial<HttpDraft>): Draft {
  return { ...draft, http: { ...draft.http, ...change } };
}
