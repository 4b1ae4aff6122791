import { isToken } from "../metrics.ts";
import { faulty, used, type Draft, type Line, type MetricsDraft, type Outcome } from "./draft.ts";
import { parseInteger, row, wordsOf, wrongValue, type DirectiveRow, type WhenWrong } from "./row.ts";

/** Where Prometheus fetches figures. These lines are ours, Mosquitto has none of them. */
export const metricsDirectives: readonly DirectiveRow[] = [
  { ...row("metrics", openMetrics), whenMisspelt: shut },
  { ...row("metrics_token", takeToken), whenMisspelt: shut },
];

/** `metrics <port> [<address>]`. */
function openMetrics(draft: Draft, line: Line): Outcome {
  const [word = "", host = null] = wordsOf(line.value);
  const port = parseInteger(word);
  if (port === null || port < 1 || port > 65_535) {
    return wrongValue(draft, line, "is not a port", "Write a port from 1 to 65535.", shut);
  }
  return used(withMetrics(draft, { place: { port, host, origin: line.origin } }));
}

/** The token is a secret, and so it is not quoted when it is wrong. */
function takeToken(draft: Draft, line: Line): Outcome {
  if (line.value !== "" && isToken(line.value)) return used(withMetrics(draft, { token: line.value }));
  const { draft: closed, ...fault } = shut(draft);
  const what = line.value === "" ? '"metrics_token" has no value.' : '"metrics_token": this is no token.';
  return faulty(closed, { what, fix: "Write letters, digits and signs without blanks.", ...fault });
}

/** Another line may open figures to those who were to show a token, or at an address that this one was to take away. */
function shut(draft: Draft): ReturnType<WhenWrong> {
  return { draft: withMetrics(draft, { isShut: true }), severity: "error", now: "There are no metrics" };
}

function withMetrics(draft: Draft, change: Partial<MetricsDraft>): Draft {
  return { ...draft, metrics: { ...draft.metrics, ...change } };
}
