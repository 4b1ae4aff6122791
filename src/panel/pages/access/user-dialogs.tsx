import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { NewUser, UserChange, UserInfo, UserSecret } from "../../../core/api/access.ts";
import { Field, Select } from "../../components/controls.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { draftOf, Names, namesOf } from "../../components/entries.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";
import { type Editing, Editor } from "./editor.tsx";
import { Secret } from "./secret.tsx";

interface NewUserProps {
  /** Name that the form begins with. */
  readonly name: string;
  readonly onClose: () => void;
}

/** The form that makes a user, and what it must enter in its device then. */
export function NewUserDialog({ name, onClose }: NewUserProps): JSX.Element {
  const { words, api } = usePanel();
  const { access } = words.value;
  const username = useSignal(name);
  const password = useSignal("");
  const made = useSignal<UserSecret | null>(null);
  const make = useAction(async () => {
    const user: NewUser = {
      username: username.value,
      ...(password.value === "" ? {} : { password: password.value }),
    };
    made.value = await api.send<UserSecret>("POST", "users", user);
  });
  if (made.value !== null) return <Secret title={access.newUser} secret={made.value} onClose={onClose} />;
  return (
    <Confirm
      title={access.newUser}
      label={access.create}
      isBusy={make.isBusy}
      error={make.error}
      onConfirm={() => make.run()}
      onClose={onClose}
    >
      <Field
        label={access.userColumns.name}
        value={username.value}
        isRequired
        onInput={(text) => (username.value = text)}
      />
      <Field
        label={access.password}
        value={password.value}
        hint={access.passwordHint}
        isSecret
        onInput={(text) => (password.value = text)}
      />
    </Confirm>
  );
}

/** Changes whether a user of dynamic security may log in, its roles and its groups. */
export function EditUser(props: Editing): JSX.Element {
  const { access } = usePanel().words.value;
  const login = useSignal<"yes" | "no">("yes");
  const roles = useSignal(draftOf([]));
  const groups = useSignal(draftOf([]));
  return (
    <Editor<UserInfo>
      {...props}
      title={`${access.edit}: ${visible(props.name)}`}
      noun="users"
      take={(found) => {
        login.value = found?.disabled === true ? "no" : "yes";
        roles.value = draftOf(found?.roles ?? []);
        groups.value = draftOf(found?.groups ?? []);
      }}
      body={(): UserChange => ({
        disabled: login.value === "no",
        roles: namesOf(roles.value),
        groups: namesOf(groups.value),
      })}
    >
      <Select
        label={access.mayLogIn}
        value={login.value}
        choices={(["yes", "no"] as const).map((value) => ({ value, label: access[value] }))}
        onChange={(value) => (login.value = value)}
      />
      {(
        [
          [access.roles, access.role, roles],
          [access.groups, access.group, groups],
        ] as const
      ).map(([label, noun, draft]) => (
        <Names key={label} label={label} noun={noun} draft={draft.value} onChange={(next) => (draft.value = next)} />
      ))}
    </Editor>
  );
}
