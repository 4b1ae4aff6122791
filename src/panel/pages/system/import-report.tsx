import type { JSX } from "preact";
import type { ImportCount, ImportedFile, ImportReport } from "../../../core/api/moving.ts";
import { Badge, Notice, type Tone } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { Fault } from "./fault.tsx";

const TONES: Readonly<Record<ImportedFile["state"], Tone>> = { new: "good", same: "quiet", kept: "warn", left: "warn" };
const PARTS = ["users", "rules", "bridges", "options"] as const;

/** What an import would bring, and what it would not and why. */
export function Report({ report }: { readonly report: ImportReport }): JSX.Element {
  const { words, format } = usePanel();
  const { system } = words.value;
  const { files, lines, carriedOut, problems, why } = report;
  const { number } = format.value;
  return (
    <>
      <h3>{system.report}</h3>
      <Table
        caption={system.report}
        empty=""
        rows={files}
        keyOf={({ name, note = "" }) => `${name} ${note}`}
        columns={[
          {
            name: "name",
            label: system.traceColumns.file,
            isHeading: true,
            cell: ({ name }) => <Foreign text={name} wrap={false} />,
          },
          {
            name: "state",
            label: system.reportState,
            cell: ({ state }) => <Badge tone={TONES[state]}>{system.importStates[state]}</Badge>,
          },
          {
            name: "note",
            label: system.reportNote,
            cell: ({ to, note }) => (
              <>
                {to === undefined ? null : <Foreign text={to} />}
                {note === undefined ? null : (
                  <div class="small" lang="en">
                    {visible(note)}
                  </div>
                )}
              </>
            ),
          },
        ]}
      />
      {PARTS.map((part) => (
        <Part key={part} name={system.importParts[part]} part={report[part]} />
      ))}
      {lines === 0 ? null : <p>{system.importLines(number(carriedOut), number(lines))}</p>}
      <div>
        {problems.map((problem, index) => (
          <Fault key={index} problem={problem} />
        ))}
        {why === undefined ? null : (
          <Notice tone="note">
            <bdi lang="en">{visible(why)}</bdi>
          </Notice>
        )}
      </div>
    </>
  );
}

function Part({ name, part }: { readonly name: string; readonly part: ImportCount }): JSX.Element {
  const { words, format } = usePanel();
  const { count, sample } = part;
  const title = `${name}: ${format.value.number(count)}`;
  if (count === 0) return <p>{title}</p>;
  return (
    <details open={count <= 20}>
      <summary>{title}</summary>
      {/* who uses the keyboard alone scrolls it with the focus on it */}
      <ul class="list scroll" tabIndex={0} aria-label={title}>
        {sample.map((item) => (
          <li key={item}>
            <Foreign text={item} />
          </li>
        ))}
      </ul>
      {count > sample.length ? (
        <p class="muted">{words.value.system.importFirst(format.value.number(sample.length))}</p>
      ) : null}
    </details>
  );
}
