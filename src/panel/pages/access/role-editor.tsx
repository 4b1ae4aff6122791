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

/** An entry that is being typed. */
interface NewAcl extends AclInfo {
  readonly type: (typeof TYPES)[number];
}

const NOTHING: NewAcl = { type: "publishClientSend", topic: "", priority: -1, allow: true };

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
  const typed = useSignal(NOTHING);
  const withTyped = (): readonly Entry<AclInfo>[] =>
    typed.value.topic === "" ? entries.value : withValue(entries.value, typed.value, textOf);
  return (
    <Editor<RoleInfo>
      {...props}
      title={`${isNew ? access.make : access.edit}: ${visible(props.name) || access.role}`}
      noun="roles"
      take={(found) => {
        entries.value = entriesOf(found?.acls ?? []);
        if (proposed !== undefined) entries.value = withValue(entries.value, proposed, textOf);
      }}
      body={(): RoleChange => ({
        name: name.value,
        // who has typed one and saves wants it too
        acls: valuesOf(withTyped()),
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
      <NewEntry
        entry={typed.value}
        onChange={(entry) => (typed.value = entry)}
        onAdd={() => {
          entries.value = withTyped();
          typed.value = { ...typed.value, topic: "" };
        }}
      />
    </Editor>
  );
}

interface NewEntryProps {
  readonly entry: NewAcl;
  readonly onChange: (entry: NewAcl) => void;
  readonly onAdd: () => void;
}

function NewEntry({ entry, onChange, onAdd }: NewEntryProps): JSX.Element {
  const { access, general } = usePanel().words.value;
  const { type, topic, allow } = entry;
  return (
    <div class="toolbar">
      <Select
        label={access.entryType}
        value={type}
        choices={TYPES.map((value) => ({ value, label: value }))}
        onChange={(next) => onChange({ ...entry, type: next })}
      />
      <Field label={access.topic} value={topic} onInput={(next) => onChange({ ...entry, topic: next })} />
      <Select
        label={access.ruleColumns.effect}
        value={allow ? "allow" : "deny"}
        choices={(["allow", "deny"] as const).map((value) => ({ value, label: access.effects[value] }))}
        onChange={(next) => onChange({ ...entry, allow: next === "allow" })}
      />
      <button type="button" class="button" disabled={topic === ""} onClick={onAdd}>
        {general.add}
      </button>
    </div>
  );
}

/** As the broker's own lists have it. */
function textOf({ type, topic, priority, allow }: AclInfo): string {
  return `${type} ${topic}, ${allow ? "allow" : "deny"}${priority === -1 || priority === 0 ? "" : `, ${priority}`}`;
}
