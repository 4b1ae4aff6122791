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

/** A list of names that is edited, and one that is being typed. */
export interface NamesDraft {
  readonly entries: readonly Entry<string>[];
  readonly typed: string;
}

/** The names as they are. */
export function draftOf(names: readonly string[]): NamesDraft {
  return { entries: entriesOf(names), typed: "" };
}

/** The names as they would be: who has typed one and saves wants it too. */
export function namesOf(draft: NamesDraft): readonly string[] {
  return valuesOf(withTyped(draft).entries);
}

function withTyped({ entries, typed }: NamesDraft): NamesDraft {
  return { entries: typed === "" ? entries : withValue(entries, typed, String), typed: "" };
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
  readonly draft: NamesDraft;
  readonly onChange: (draft: NamesDraft) => void;
}

/** Shows a list of names that is edited. */
export function Names({ label, noun, draft, onChange }: NamesProps): JSX.Element {
  const { general } = usePanel().words.value;
  const { entries, typed } = draft;
  return (
    <>
      <h3>{label}</h3>
      <Entries
        label={label}
        entries={entries}
        textOf={String}
        onChange={(next) => onChange({ entries: next, typed })}
      />
      <div class="toolbar">
        <Field label={noun} value={typed} onInput={(text) => onChange({ entries, typed: text })} />
        <button
          type="button"
          class="button"
          aria-label={`${general.add}: ${noun}`}
          disabled={typed === ""}
          onClick={() => onChange(withTyped(draft))}
        >
          {general.add}
        </button>
      </div>
    </>
  );
}
