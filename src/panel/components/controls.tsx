import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { usePanel } from "../shell/panel.ts";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly error?: string | null;
  readonly isRequired?: boolean;
  /** A password, which nobody reads over a shoulder. */
  readonly isSecret?: boolean;
}

/** An input with its label, and what is wrong with it. */
export function Field(props: FieldProps): JSX.Element {
  const { label, value, onInput, hint, error = null, isRequired = false, isSecret = false } = props;
  const id = useId();
  const notes = [hint === undefined ? null : `${id}-hint`, error === null ? null : `${id}-error`].filter(
    (note) => note !== null,
  );
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(isSecret ? SECRET : PLAIN)}
        value={value}
        required={isRequired}
        autoCapitalize="off"
        spellcheck={false}
        aria-invalid={error !== null}
        aria-describedby={notes.length === 0 ? undefined : notes.join(" ")}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint === undefined ? null : (
        <p id={`${id}-hint`} class="muted">
          {hint}
        </p>
      )}
      {error === null ? null : (
        <p id={`${id}-error`} class="error">
          {error}
        </p>
      )}
    </div>
  );
}

const PLAIN = { type: "text", autoComplete: "off" } as const;
const SECRET = { type: "password", autoComplete: "new-password" } as const;

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

/** A choice of one from a few. */
export function Select<T extends string>({ label, value, choices, onChange }: SelectProps<T>): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface CheckProps {
  /** What is chosen with it; it is not shown, because it stands beside. */
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** A box to tick, in a row that says what it is for. */
export function Check({ label, isOn, onChange }: CheckProps): JSX.Element {
  return (
    <input
      type="checkbox"
      class="check"
      aria-label={label}
      checked={isOn}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

interface ChipsProps<T extends string> {
  readonly label: string;
  readonly chips: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** Filters of a list; one of them is on. */
export function Chips<T extends string>({ label, chips, value, onChange }: ChipsProps<T>): JSX.Element {
  return (
    <div class="chips" role="group" aria-label={label}>
      {chips.map((chip) => (
        <button
          key={chip.value}
          type="button"
          class="chip"
          aria-pressed={chip.value === value}
          onClick={() => onChange(chip.value)}
        >
          {chip.label}
        </button>
      ))}
    </div>
  );
}

const SHOWN_MS = 2500;

/** Copies a text, with every byte it has; `what` names it for those who do not see what stands beside. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): JSX.Element {
  const { words, said } = usePanel();
  const isDone = useSignal(false);
  const { general } = words.value;
  const copy = async (): Promise<void> => {
    isDone.value = await copied(text);
    said.value = isDone.value ? general.copied : general.copyFailed;
    setTimeout(() => (isDone.value = false), SHOWN_MS);
  };
  return (
    <button
      type="button"
      class="button button--small"
      // Who speaks to the browser says what stands there [WCAG 2.5.3].
      aria-label={isDone.value ? `${general.copied}: ${what}` : general.copy(what)}
      onClick={() => void copy()}
    >
      {isDone.value ? general.copied : general.copyShort}
    </button>
  );
}

/** The clipboard is there on HTTPS and localhost only; many homes have neither. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

function copiedByHand(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  // Inside an open dialog nothing outside of it can have the focus.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  const before = document.activeElement;
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- the one way where the page came by plain HTTP
  const isDone = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}

/** A link that looks like a button, because it leads to where something is mended. */
export function LinkButton({
  href,
  children,
}: {
  readonly href: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <a class="button" href={href}>
      {children}
    </a>
  );
}
