import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { ConfigInfo, ConfigProblem } from "../../../core/api/system.ts";
import { Select } from "../../components/controls.tsx";
import { Empty, Notice } from "../../components/page.tsx";
import { TextArea } from "../../components/text-area.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";
import { Fault } from "./fault.tsx";

/** Asks what the broker would say of a file with another text, before anybody saves it. */
export function Check(): JSX.Element {
  const { words, api } = usePanel();
  const { system } = words.value;
  const fetched = useFetched<ConfigInfo>("config");
  const chosen = useSignal("");
  const text = useSignal("");
  const found = useSignal<{ readonly file: string; readonly problems: readonly ConfigProblem[] } | null>(null);
  const files = [...new Set((fetched.data?.files ?? []).filter((each) => each.canBeChecked).map((each) => each.file))];
  const file = files.includes(chosen.value) ? chosen.value : (files[0] ?? "");
  const check = useAction(async () => {
    found.value = null;
    const problems = await api.send<readonly ConfigProblem[]>("POST", "config/check", { file, text: text.value });
    // what is wrong elsewhere as it is now has nothing to do with the text
    const known = new Set(fetched.data?.problems.map(({ what }) => what));
    found.value = { file, problems: problems.filter(({ what, where }) => where?.file === file || !known.has(what)) };
  });
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  if (files.length === 0) return <Empty>{system.noFiles}</Empty>;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        check.run();
      }}
    >
      <p class="muted">{system.checkLead}</p>
      <Select
        label={system.checkFile}
        value={file}
        choices={files.map((value) => ({ value, label: visible(value) }))}
        onChange={(value) => (chosen.value = value)}
      />
      <TextArea label={system.checkText} value={text.value} rows={12} onInput={(value) => (text.value = value)} />
      <div class="actions">
        <button type="submit" class="button button--main" disabled={check.isBusy}>
          {system.check}
        </button>
      </div>
      {check.error === null ? null : <Notice tone="bad">{check.error}</Notice>}
      {found.value?.problems.length === 0 ? (
        <Notice tone="good">{system.checkedWell(visible(found.value.file))}</Notice>
      ) : null}
      <div>
        {found.value?.problems.map((problem, index) => (
          <Fault key={index} problem={problem} />
        ))}
      </div>
    </form>
  );
}
