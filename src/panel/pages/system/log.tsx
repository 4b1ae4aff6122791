import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Page } from "../../../core/api/common.ts";
import type { LogLine } from "../../../core/api/system.ts";
import { Chips, Field } from "../../components/controls.tsx";
import { Badge, Card, type Tone } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 2000;
const LEVELS = ["debug", "notice", "warning", "error"] as const;
const TONES: Readonly<Record<LogLine["level"], Tone>> = {
  error: "bad",
  warning: "warn",
  notice: "note",
  info: "quiet",
  debug: "quiet",
};

/** The last lines of the broker's log as they come, and the file for somebody who helps. */
export function Log(): JSX.Element {
  const { words } = usePanel();
  const { system, general } = words.value;
  const level = useSignal<(typeof LEVELS)[number]>("debug");
  const search = useSignal("");
  return (
    <div class="stack">
      <div class="toolbar">
        <Chips
          label={system.level}
          value={level.value}
          chips={LEVELS.map((value) => ({ value, label: system.levels[value] }))}
          onChange={(value) => (level.value = value)}
        />
        <Field label={general.search} value={search.value} onInput={(text) => (search.value = text)} />
      </div>
      <Lines level={level.value} search={useLate(search.value)} />
      <Card title={system.support}>
        <p>{system.supportText}</p>
        <div class="actions">
          <a class="button" href="api/v1/support?addresses=hidden" download="culex-support.json">
            {system.supportHidden}
          </a>
          <a class="button" href="api/v1/support" download="culex-support.json">
            {system.supportSave}
          </a>
        </div>
      </Card>
    </div>
  );
}

function Lines({ level, search }: { readonly level: string; readonly search: string }): JSX.Element {
  const { words, format } = usePanel();
  const { system } = words.value;
  const { logColumns: columns } = system;
  const query = new URLSearchParams({ level, q: search, limit: "200" });
  const fetched = useFetched<Page<LogLine>>(`log?${query}`, AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { items, total, next } = fetched.data;
  return (
    <div>
      <Table
        caption={system.tab.log}
        empty={system.logEmpty}
        rows={items.map((line, index) => ({ ...line, key: `${line.at} ${index}` }))}
        keyOf={({ key }) => key}
        columns={[
          { name: "at", label: columns.at, cell: ({ at }) => <time dateTime={at}>{format.value.moment(at)}</time> },
          {
            name: "level",
            label: columns.level,
            cell: (line) => <Badge tone={TONES[line.level]}>{system.levelNames[line.level]}</Badge>,
          },
          { name: "text", label: columns.text, isHeading: true, cell: ({ text }) => <Foreign text={text} /> },
          {
            name: "count",
            label: columns.count,
            isNumber: true,
            cell: ({ count }) => (count === 1 ? "" : `× ${format.value.number(count)}`),
          },
        ]}
      />
      {next === null ? null : <p class="muted">{system.doneMore(format.value.number(total))}</p>}
    </div>
  );
}
