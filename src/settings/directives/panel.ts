import { used, type Draft, type Line, type Outcome } from "./draft.ts";
import { parseInteger, row, wordsOf, wrongValue, type DirectiveRow, type WhenWrong } from "./row.ts";

/** Where the panel is served. The line is ours, Mosquitto has none like it. */
export const panelDirectives: readonly DirectiveRow[] = [{ ...row("panel", openPanel), whenMisspelt: shut }];

/** `panel <port> [<address>]`. */
function openPanel(draft: Draft, line: Line): Outcome {
  const [word = "", host = null] = wordsOf(line.value);
  const port = parseInteger(word);
  if (port === null || port < 1 || port > 65_535) {
    return wrongValue(draft, line, "is not a port", "Write a port from 1 to 65535.", shut);
  }
  return used({ ...draft, panel: { ...draft.panel, place: { port, host, origin: line.origin } } });
}

/** Another line may open it at an address that this one was to take away. */
function shut(draft: Draft): ReturnType<WhenWrong> {
  return { draft: { ...draft, panel: { ...draft.panel, isShut: true } }, severity: "error", now: "There is no panel" };
}
