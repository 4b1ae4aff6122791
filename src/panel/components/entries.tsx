import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { usePanel } from "../shell/panel.ts";
import { Field } from "./controls.tsx";
import { Badge } from "./page.tsx";
import { Foreign, visible } from "./text.tsx";

/** One of a list that is edited: what is there, what would come, and what would go. */
export interface Entry<T> {
  readonly value: T;
  readonly state: "same" | "added" | "removed";
}

/** The list as it is. */
export function entriesOf<T>(values: readonly T[]): readonly Entry<T>[] {
  return values.map((value) => ({ value, state: "same" }));
}

/** The list as it would be. */
export function valuesOf<T>(entries: readonly Entry<T>[]): readonly T[] {
  return entries.filter(({ state }) => state !== "removed").map(({ value }) => value);
}

/** The list with one more; what would go and comes again stays. */
export function withValue<T>(
  entries: readonly Entry<T>[],
  value: T,
  textOf: (value: T) => string,
): readonly Entry<T>[] {
  const at = entries.findIndex((entry) => textOf(entry.value) === textOf(value));
  const known = entries[at];
  if (known === undefined) return [...entries, { value, state: "added" }];
  return known.state === "removed" ? entries.with(at, { value, state: "same" }) : entries;
}

interface EntriesProps<T> {
  readonly label: string;
  readonly entries: readonly Entry<T>[];
  readonly textOf: (value: T) => string;
  readonly onChange: (entries: readonly Entry<T>[]) => void;
}

/** Shows a list that is edited, with what saving it would change. */
export function Entries<T>({ label, entries, textOf, onChange }: EntriesProps<T>): JSX.Element {
  const { general } = usePanel().words.value;
  const turn = (at: number, { value, state }: Entry<T>): void => {
    if (state === "added") onChange(entries.toSpliced(at, 1));
    else onChange(entries.with(at, { value, state: state === "same" ? "removed" : "same" }));
  };
  return (
    <ul class="list scroll" aria-label={label} tabIndex={0}>
      {entries.map((entry, at) => {
        const text = textOf(entry.value);
        const verb = entry.state === "removed" ? general.keep : general.remove;
        return (
          <li key={at} class="list__row">
            <span>
              <Foreign text={text} />{" "}
              {entry.state === "same" ? null : (
                <Badge tone={entry.state === "added" ? "good" : "bad"}>{general.entryStates[entry.state]}</Badge>
              )}
            </span>
            <button
              type="button"
              class="button button--small"
              aria-label={`${verb}: ${visible(text)}`}
              onClick={() => turn(at, entry)}
            >
              {verb}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

interface NamesProps {
  readonly label: string;
  /** What one of them is called: "Role". */
  readonly noun: string;
  readonly entries: readonly Entry<string>[];
  readonly onChange: (entries: readonly Entry<string>[]) => void;
}

/** A list of names that is edited. */
export function Names({ label, noun, entries, onChange }: NamesProps): JSX.Element {
  const { general } = usePanel().words.value;
  const typed = useSignal("");
  return (
    <>
      <h3>{label}</h3>
      <Entries label={label} entries={entries} textOf={String} onChange={onChange} />
      <div class="toolbar">
        <Field label={noun} value={typed.value} onInput={(text) => (typed.value = text)} />
        <button
          type="button"
          class="button"
          aria-label={`${general.add}: ${noun}`}
          disabled={typed.value === ""}
          onClick={() => {
            onChange(withValue(entries, typed.value, String));
            typed.value = "";
          }}
        >
          {general.add}
        </button>
      </div>
    </>
  );
}
