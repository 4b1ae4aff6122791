import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Confirm } from "../../components/dialog.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";

/** What all that edit something are told. */
export interface Editing {
  /** Empty: it is still to be named. */
  readonly name: string;
  readonly isNew: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

interface EditorProps<T> extends Editing {
  readonly title: string;
  readonly noun: "users" | "roles" | "groups";
  /** Fills the form with what is there; null: it is new. */
  readonly take: (found: T | null) => void;
  /** What the form says. */
  readonly body: () => object;
  readonly children: ComponentChildren;
}

/** A form for something of the broker. Nothing counts before it is saved, and nobody overwrites what he has not seen. */
export function Editor<T>(props: EditorProps<T>): JSX.Element {
  const { name, isNew, title, noun, take, body, onClose, onDone, children } = props;
  const { words, api, said } = usePanel();
  const mark = useSignal<string | null>(null);
  const path = `${noun}/${segment(name)}`;
  const load = useAction(async () => {
    const found = isNew ? null : await api.getMarked<T>(path);
    take(found?.data ?? null);
    mark.value = found?.mark ?? "";
  });
  useEffect(() => load.run(), []);
  const save = useAction(async () => {
    if (isNew) await api.send("POST", noun, body());
    else await api.send("PATCH", path, body(), mark.value ?? "");
    said.value = words.value.access.saved(visible(name));
    onDone();
  });
  return (
    <Confirm
      title={title}
      label={words.value.general.save}
      isBusy={mark.value === null || save.isBusy}
      error={load.error ?? save.error}
      onConfirm={() => save.run()}
      onClose={onClose}
    >
      {children}
    </Confirm>
  );
}
