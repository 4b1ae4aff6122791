import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { BridgeDetail, BridgeVerdict } from "../../../core/api/bridges.ts";
import { Field, Select } from "../../components/controls.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Loading, Notice } from "../../components/page.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment, type Marked } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import {
  bodyOf,
  draftFor,
  draftOf,
  PROTECTIONS,
  protectedBy,
  protectionOf,
  TEMPLATES,
  withSetting,
  withTopicAt,
  type BridgeDraft,
  type Template,
} from "./bridge-draft.ts";
import { TopicFields } from "./topic-fields.tsx";
import { Verdict } from "./verdict.tsx";

interface Closing {
  /** Called when it is over; `isDone`: something was changed. */
  readonly onClose: (isDone: boolean) => void;
}

/** The form for a new bridge. */
export function NewBridgeForm({ onClose }: Closing): JSX.Element {
  const { bridges } = usePanel().words.value;
  return <BridgeForm title={bridges.add} start={draftFor("house")} editing={null} onClose={onClose} />;
}

/** The form for a bridge that is there. */
export function EditBridge({ name, onClose }: Closing & { readonly name: string }): JSX.Element {
  const { words, api } = usePanel();
  const { bridges } = words.value;
  const loaded = useSignal<Marked<BridgeDetail> | null>(null);
  const load = useAction(async () => {
    loaded.value = await api.getMarked<BridgeDetail>(`bridges/${segment(name)}`);
  });
  useEffect(() => load.run(), []);
  const title = bridges.editOf(visible(name));
  if (loaded.value === null) {
    return (
      <Dialog title={title} onClose={() => onClose(false)}>
        {load.error === null ? <Loading /> : <Notice tone="bad">{load.error}</Notice>}
      </Dialog>
    );
  }
  return <BridgeForm title={title} start={draftOf(loaded.value.data)} editing={loaded.value} onClose={onClose} />;
}

interface FormProps extends Closing {
  readonly title: string;
  readonly start: BridgeDraft;
  /** null: it is a new one. */
  readonly editing: Marked<BridgeDetail> | null;
}

function BridgeForm({ title, start, editing, onClose }: FormProps): JSX.Element {
  const { words, api, said } = usePanel();
  const { bridges, general } = words.value;
  const draft = useSignal(start);
  const template = useSignal<Template>("house");
  const verdict = useSignal<BridgeVerdict | null>(null);
  const { name, settings, topics, password } = draft.value;
  const path = `bridges/${segment(name === "" ? "new" : name)}`;
  const change = (next: BridgeDraft): void => {
    draft.value = next;
    verdict.value = null;
  };
  const tell = useAction(async () => {
    verdict.value = null;
    verdict.value = await api.send<BridgeVerdict>("POST", `${path}/test`, bodyOf(draft.value));
  });
  const save = useAction(async () => {
    if (editing === null) await api.send("POST", "bridges", bodyOf(draft.value));
    else await api.send("PATCH", path, bodyOf(draft.value), editing.mark);
    said.value = bridges.saved(visible(name));
    onClose(true);
  });
  const isBusy = tell.isBusy || save.isBusy;
  const error = save.error ?? tell.error;
  const protection = protectionOf(draft.value);
  const setting = (key: keyof typeof bridges.settings, hint?: string): JSX.Element => (
    <Field
      label={bridges.settings[key]}
      value={settings[key] ?? ""}
      {...(hint === undefined ? {} : { hint })}
      onInput={(value) => change(withSetting(draft.value, key, value))}
    />
  );
  return (
    <Dialog
      title={title}
      onClose={() => onClose(false)}
      closeLabel={general.cancel}
      actions={
        <>
          <button type="button" class="button" disabled={isBusy} onClick={() => tell.run()}>
            {bridges.test}
          </button>
          <button type="button" class="button button--main" disabled={isBusy} onClick={() => save.run()}>
            {bridges.save}
          </button>
        </>
      }
    >
      {editing === null ? (
        <>
          <Select
            label={bridges.template}
            value={template.value}
            choices={TEMPLATES.map((value) => ({ value, label: bridges.templates[value].label }))}
            onChange={(value) => {
              template.value = value;
              change(draftFor(value));
            }}
          />
          <p class="muted">{bridges.templates[template.value].text}</p>
          <Field label={bridges.name} value={name} isRequired onInput={(name) => change({ ...draft.value, name })} />
        </>
      ) : null}
      {setting("address", bridges.addressHint)}
      {setting("remote_username")}
      <Field
        label={bridges.password}
        value={password}
        isSecret
        {...(editing?.data.passwordSet === true ? { hint: bridges.passwordKept } : {})}
        onInput={(password) => change({ ...draft.value, password })}
      />
      <Select
        label={bridges.protection}
        value={protection}
        choices={PROTECTIONS.map((value) => ({ value, label: bridges.protections[value] }))}
        onChange={(value) => change(protectedBy(draft.value, value))}
      />
      {protection === "own" ? setting("bridge_cafile") : null}
      {protection === "none" ? null : (
        <>
          {setting("bridge_certfile")}
          {setting("bridge_keyfile")}
        </>
      )}
      {topics.map((topic, at) => (
        <TopicFields
          // topics have no names of their own, and their order is what they are
          key={at}
          at={at}
          topic={topic}
          onChange={(next) => change(withTopicAt(draft.value, at, next))}
        />
      ))}
      <div>
        <button type="button" class="button" onClick={() => change(withTopicAt(draft.value, topics.length, {}))}>
          {bridges.addTopic}
        </button>
      </div>
      <details>
        <summary>{bridges.more}</summary>
        {setting("remote_clientid", bridges.clientIdHint)}
        <Select
          label={bridges.version}
          value={settings["bridge_protocol_version"] === "mqttv50" ? "mqttv50" : "mqttv311"}
          choices={[
            { value: "mqttv311", label: "MQTT 3.1.1" },
            { value: "mqttv50", label: "MQTT 5" },
          ]}
          onChange={(value) => change(withSetting(draft.value, "bridge_protocol_version", value))}
        />
      </details>
      <div role="status">
        {tell.isBusy ? bridges.testing : verdict.value === null ? null : <Verdict verdict={verdict.value} />}
      </div>
      {error === null ? null : (
        <p class="error" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
