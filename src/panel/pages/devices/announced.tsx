import type { JSX } from "preact";
import type { ClientInfo } from "../../../core/api/clients.ts";
import type { DiscoveryInfo } from "../../../core/api/topics.ts";
import { Badge } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign } from "../../components/text.tsx";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

const AGAIN_MS = 10_000;

/** The devices that Home Assistant shows because this one has announced them. */
export function Announced({ client }: { readonly client: ClientInfo }): JSX.Element {
  const { words, format } = usePanel();
  const { devices, topics } = words.value;
  const { announcedColumns: columns } = devices;
  const pages = usePages<DiscoveryInfo>(`clients/${segment(client.id)}/discovery`, "sort=name", AGAIN_MS, "");
  if (pages.data === null) return <Waiting fetched={pages} />;
  return (
    <>
      <Table
        caption={devices.announcedCaption}
        empty={devices.noAnnounced}
        rows={pages.data.items}
        keyOf={({ id }) => id}
        columns={[
          {
            name: "name",
            label: columns.name,
            isHeading: true,
            cell: ({ id, name }) => (
              <a href={hrefOf("topics", ["clean-up"], { which: "all", q: id })}>
                <Foreign text={name} />
              </a>
            ),
          },
          {
            name: "messages",
            label: columns.messages,
            isNumber: true,
            cell: (device) => format.value.number(device.topics.length),
          },
          {
            name: "used",
            label: columns.used,
            cell: ({ probablyUnused }) => (
              <Badge tone={probablyUnused ? "warn" : "good"}>
                {probablyUnused ? topics.ghosts.unused : topics.ghosts.inUse}
              </Badge>
            ),
          },
        ]}
      />
      <Pager pages={pages} />
    </>
  );
}
