import type { JSX } from "preact";
import { usePanel } from "../shell/panel.ts";

/**
 * Shows text from the network as text: names, topics and payloads may hold anything. What would not be seen, or would turn
 * the line around, is written out; `<bdi>` keeps the rest from changing the order of its neighbours.
 */
export function Foreign({ text, wrap = true }: { readonly text: string; readonly wrap?: boolean }): JSX.Element {
  return <bdi class={wrap ? "foreign" : "foreign foreign--line"}>{visible(text)}</bdi>;
}

/** Writes control and direction characters so that they can be seen: U+202E becomes "⟨U+202E⟩", a tab "␉". */
export function visible(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return isHidden(code) ? `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩` : character;
  }).join("");
}

// C1 controls, marks of direction, characters without width, surrogates without a partner.
const HIDDEN = [
  [0x80, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
] as const;

function isHidden(code: number): boolean {
  return HIDDEN.some(([first, last]) => code >= first && code <= last);
}

/** A sentence of the broker. It speaks English everywhere, so that log, panel and files say the same. */
export function Said({ children }: { readonly children: string }): JSX.Element {
  return <bdi lang="en">{asSentence(visible(children))}</bdi>;
}

/** A sentence about a file, as the log has it: the name of a file gets no capital for being the first word. */
export function Logged({ children }: { readonly children: string }): JSX.Element {
  return <bdi lang="en">{visible(children)}</bdi>;
}

/** Reasons are parts of a line of the log: here they stand alone, with a capital and a full stop. */
export function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** A moment as "3 minutes ago"; the whole date shows when it is pointed at. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  const { format, nowMs } = usePanel();
  return (
    <time dateTime={at} title={format.value.moment(at)}>
      {format.value.ago(at, nowMs.value)}
    </time>
  );
}
