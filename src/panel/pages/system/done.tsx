import type { JSX } from "preact";
import type { AuditRecord, Page } from "../../../core/api/common.ts";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 10_000;

/** What was done in the panel, and by whom, the newest first. */
export function Done(): JSX.Element {
  const { words, format } = usePanel();
  const { system } = words.value;
  const { doneColumns: columns } = system;
  const fetched = useFetched<Page<AuditRecord>>("audit?limit=200", AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  return (
    <>
      <Table
        caption={system.doneCaption}
        empty={system.nothingDone}
        rows={fetched.data.items.map((record, index) => ({ ...record, key: `${record.at} ${index}` }))}
        keyOf={({ key }) => key}
        columns={[
          { name: "what", label: columns.what, isHeading: true, cell: ({ what }) => <Foreign text={what} /> },
          { name: "by", label: columns.by, by: ({ by }) => by, cell: ({ by }) => <Foreign text={by} /> },
          { name: "at", label: columns.at, by: ({ at }) => at, cell: ({ at }) => <Ago at={at} /> },
        ]}
      />
      {fetched.data.next === null ? null : (
        <p class="muted">{system.doneMore(format.value.number(fetched.data.total))}</p>
      )}
    </>
  );
}
