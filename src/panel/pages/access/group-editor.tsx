import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { GroupChange, GroupInfo } from "../../../core/api/access.ts";
import { Field } from "../../components/controls.tsx";
import { draftOf, Names, namesOf } from "../../components/entries.tsx";
import { visible } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { type Editing, Editor } from "./editor.tsx";

/** Makes a group, or changes its roles; its users are changed from their side. */
export function GroupEditor(props: Editing): JSX.Element {
  const { isNew } = props;
  const { access } = usePanel().words.value;
  const name = useSignal(props.name);
  const roles = useSignal(draftOf([]));
  return (
    <Editor<GroupInfo>
      {...props}
      title={`${isNew ? access.make : access.edit}: ${visible(props.name) || access.group}`}
      noun="groups"
      take={(found) => (roles.value = draftOf(found?.roles ?? []))}
      body={(): GroupChange => ({ name: name.value, roles: namesOf(roles.value) })}
    >
      {isNew ? (
        <Field label={access.userColumns.name} value={name.value} isRequired onInput={(text) => (name.value = text)} />
      ) : null}
      <Names label={access.roles} noun={access.role} draft={roles.value} onChange={(draft) => (roles.value = draft)} />
    </Editor>
  );
}
