import type { JSX } from "preact";
import type { ConfigInfo } from "../../../core/api/system.ts";
import { Badge } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign, Logged } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";
import { Fault } from "./fault.tsx";

const AGAIN_MS = 5000;

/** The settings in force, where each was set, and what is wrong with the files. */
export function Config(): JSX.Element {
  const { system } = usePanel().words.value;
  const { settingColumns: columns } = system;
  const fetched = useFetched<ConfigInfo>("config", AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { loadedAt, settings, problems } = fetched.data;
  return (
    <>
      <p class="muted">
        {system.loaded} <Ago at={loadedAt} />
      </p>
      {problems.map((problem, index) => (
        <Fault key={index} problem={problem} />
      ))}
      <Table
        caption={system.tab.config}
        empty={system.noSettings}
        rows={settings.map((setting, index) => ({ ...setting, key: `${setting.name} ${index}` }))}
        keyOf={({ key }) => key}
        columns={[
          {
            name: "name",
            label: columns.name,
            isHeading: true,
            by: ({ name }) => name,
            cell: ({ name, warning }) => (
              <>
                <Foreign text={name} />
                {warning === undefined ? null : (
                  <div class="small error">
                    <Logged>{warning}</Logged>
                  </div>
                )}
              </>
            ),
          },
          { name: "value", label: columns.value, cell: ({ value }) => <Foreign text={value === "" ? "–" : value} /> },
          {
            name: "origin",
            label: columns.origin,
            by: ({ isDefault }) => Number(isDefault),
            cell: ({ isDefault, where }) =>
              where === undefined ? (
                isDefault ? (
                  <Badge tone="quiet">{system.isDefault}</Badge>
                ) : (
                  "–"
                )
              ) : (
                <Place where={where} />
              ),
          },
        ]}
      />
    </>
  );
}
