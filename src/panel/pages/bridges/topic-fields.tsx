import type { JSX } from "preact";
import type { BridgeTopicInfo } from "../../../core/api/bridges.ts";
import { Field, Select } from "../../components/controls.tsx";
import { usePanel } from "../../shell/panel.ts";

const WAYS = ["in", "out", "both"] as const;
const QOS = ["0", "1", "2"] as const;

interface TopicFieldsProps {
  /** Counted from 0. */
  readonly at: number;
  readonly topic: BridgeTopicInfo;
  /** null: it is not wanted any more. */
  readonly onChange: (change: Partial<BridgeTopicInfo> | null) => void;
}

/** What a bridge carries, in which direction and under which names. */
export function TopicFields({ at, topic, onChange }: TopicFieldsProps): JSX.Element {
  const { bridges } = usePanel().words.value;
  const { filter, direction, qos, localPrefix, remotePrefix } = topic;
  const title = bridges.topicAt(at + 1);
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      <Field label={bridges.filter} value={filter} onInput={(filter) => onChange({ filter })} />
      <Select
        label={bridges.way}
        value={direction}
        choices={WAYS.map((value) => ({ value, label: bridges.ways[value] }))}
        onChange={(direction) => onChange({ direction })}
      />
      <Select
        label={bridges.qos}
        value={QOS[qos]}
        choices={QOS.map((value) => ({ value, label: value }))}
        onChange={(value) => onChange({ qos: value === "0" ? 0 : value === "1" ? 1 : 2 })}
      />
      <Field
        label={bridges.here}
        value={localPrefix}
        hint={bridges.prefixHint}
        onInput={(localPrefix) => onChange({ localPrefix })}
      />
      <Field label={bridges.there} value={remotePrefix} onInput={(remotePrefix) => onChange({ remotePrefix })} />
      <button
        type="button"
        class="button button--small"
        aria-label={`${bridges.remove} ${title}`}
        onClick={() => onChange(null)}
      >
        {bridges.remove}
      </button>
    </fieldset>
  );
}
