import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { AclInfo, RoleChange, RoleInfo } from "../../../core/api/access.ts";
import { Field, Select } from "../../components/controls.tsx";
import { entriesOf, Entries, type Entry, valuesOf, withValue } from "../../components/entries.tsx";
import { visible } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { type Editing, Editor } from "./editor.tsx";

const TYPES = [
  "publishClientSend",
  "publishClientReceive",
  "subscribePattern",
  "subscribeLiteral",
  "unsubscribePattern",
  "unsubscribeLiteral",
] as const;

interface RoleEditorProps extends Editing {
  /** An entry that is proposed. */
  readonly proposed?: AclInfo | undefined;
  /** Who gets a new one; null: nobody yet. */
  readonly user?: string | null;
}

/** Makes a role, or changes its entries. */
export function RoleEditor({ proposed, user = null, ...props }: RoleEditorProps): JSX.Element {
  const { isNew } = props;
  const { access } = usePanel().words.value;
  const name = useSignal(props.name);
  const entries = useSignal<readonly Entry<AclInfo>[]>([]);
  const add = (acl: AclInfo): void => void (entries.value = withValue(entries.value, acl, textOf));
  return (
    <Editor<RoleInfo>
      {...props}
      title={`${isNew ? access.make : access.edit}: ${visible(props.name) || access.role}`}
      noun="roles"
      take={(found) => {
        entries.value = entriesOf(found?.acls ?? []);
        if (proposed !== undefined) add(proposed);
      }}
      body={(): RoleChange => ({
        name: name.value,
        acls: valuesOf(entries.value),
        ...(user === null ? {} : { user }),
      })}
    >
      {isNew ? (
        <Field
          label={access.userColumns.name}
          value={name.value}
          isRequired
          {...(user === null ? {} : { hint: access.roleFor(visible(user)) })}
          onInput={(text) => (name.value = text)}
        />
      ) : null}
      <Entries
        label={access.entries}
        entries={entries.value}
        textOf={textOf}
        onChange={(next) => (entries.value = next)}
      />
      <NewEntry onAdd={add} />
    </Editor>
  );
}

function NewEntry({ onAdd }: { readonly onAdd: (acl: AclInfo) => void }): JSX.Element {
  const { access, general } = usePanel().words.value;
  const type = useSignal<(typeof TYPES)[number]>("publishClientSend");
  const topic = useSignal("");
  const effect = useSignal<"allow" | "deny">("allow");
  return (
    <div class="toolbar">
      <Select
        label={access.entryType}
        value={type.value}
        choices={TYPES.map((value) => ({ value, label: value }))}
        onChange={(value) => (type.value = value)}
      />
      <Field label={access.topic} value={topic.value} onInput={(text) => (topic.value = text)} />
      <Select
        label={access.ruleColumns.effect}
        value={effect.value}
        choices={(["allow", "deny"] as const).map((value) => ({ value, label: access.effects[value] }))}
        onChange={(value) => (effect.value = value)}
      />
      <button
        type="button"
        class="button"
        disabled={topic.value === ""}
        onClick={() => {
          onAdd({ type: type.value, topic: topic.value, priority: -1, allow: effect.value === "allow" });
          topic.value = "";
        }}
      >
        {general.add}
      </button>
    </div>
  );
}

/** As the broker's own lists have it. */
function textOf({ type, topic, priority, allow }: AclInfo): string {
  return `${type} ${topic}, ${allow ? "allow" : "deny"}${priority === -1 || priority === 0 ? "" : `, ${priority}`}`;
}
