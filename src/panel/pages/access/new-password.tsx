import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { UserInfo, UserSecret } from "../../../core/api/access.ts";
import { Confirm } from "../../components/dialog.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { Secret } from "./secret.tsx";

interface NewPasswordProps {
  readonly name: string;
  /** Another source may have a user of that name too. */
  readonly source: UserInfo["source"];
  readonly onClose: () => void;
}

/** Gives a user a password that the broker makes, and shows it once. */
export function NewPassword({ name, source, onClose }: NewPasswordProps): JSX.Element {
  const { words, api } = usePanel();
  const { access } = words.value;
  const secret = useSignal<UserSecret | null>(null);
  const make = useAction(async () => {
    secret.value = await api.send<UserSecret>("POST", `users/${segment(name)}/password`, { source });
  });
  const title = access.newPasswordFor(visible(name));
  if (secret.value !== null) return <Secret title={title} secret={secret.value} onClose={onClose} />;
  return (
    <Confirm
      title={title}
      label={access.makePassword}
      isBusy={make.isBusy}
      error={make.error}
      onConfirm={() => make.run()}
      onClose={onClose}
    >
      <p>{access.newPasswordText}</p>
    </Confirm>
  );
}
