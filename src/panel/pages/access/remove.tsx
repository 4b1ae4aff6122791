import type { JSX } from "preact";
import { Confirm } from "../../components/dialog.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";

interface RemoveProps {
  readonly noun: "users" | "roles" | "groups";
  readonly name: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Takes a user, a role or a group away, when that is what was meant. */
export function Remove({ noun, name, onClose, onDone }: RemoveProps): JSX.Element {
  const { words, api, said } = usePanel();
  const { access } = words.value;
  const shown = visible(name);
  const remove = useAction(async () => {
    await api.send("DELETE", `${noun}/${segment(name)}`);
    said.value = access.deleted(shown);
    onDone();
  });
  return (
    <Confirm
      title={access.deleteAsk(shown)}
      label={access.delete}
      isBusy={remove.isBusy}
      error={remove.error}
      onConfirm={() => remove.run()}
      onClose={onClose}
    >
      <p>{access.deleteText}</p>
    </Confirm>
  );
}
