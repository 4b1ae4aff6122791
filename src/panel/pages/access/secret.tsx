import type { JSX } from "preact";
import type { UserSecret } from "../../../core/api/access.ts";
import { Copied } from "../../components/copied.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Facts } from "../../components/page.tsx";
import { PasteBlocks } from "../../components/paste-blocks.tsx";
import { usePanel } from "../../shell/panel.ts";

interface SecretProps {
  readonly title: string;
  readonly secret: UserSecret;
  readonly onClose: () => void;
}

/** A user's new password, shown once. */
export function Secret({ title, secret: { username, password, paste = [] }, onClose }: SecretProps): JSX.Element {
  const { access } = usePanel().words.value;
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
