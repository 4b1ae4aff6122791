import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { UserSecret } from "../../../core/api/access.ts";
import { Copied } from "../../components/copied.tsx";
import { Confirm, Dialog } from "../../components/dialog.tsx";
import { Facts } from "../../components/page.tsx";
import { PasteBlocks } from "../../components/paste-blocks.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";

interface NewPasswordProps {
  readonly name: string;
  readonly onClose: () => void;
}

/** Gives a user a password that the broker makes, and shows it once. */
export function NewPassword({ name, onClose }: NewPasswordProps): JSX.Element {
  const { words, api } = usePanel();
  const { access } = words.value;
  const secret = useSignal<UserSecret | null>(null);
  const make = useAction(async () => {
    secret.value = await api.send<UserSecret>("POST", `users/${segment(name)}/password`);
  });
  const title = access.newPasswordFor(visible(name));
  if (secret.value === null) {
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
  const { username, password, paste = [] } = secret.value;
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{access.shownOnce}</p>
      <Facts
        rows={[
          [access.user, <Copied key="user" what={access.user} text={username} />],
          [access.password, <Copied key="password" what={access.password} text={password} />],
        ]}
      />
      <PasteBlocks paste={paste} />
    </Dialog>
  );
}
