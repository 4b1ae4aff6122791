import type { JSX } from "preact";
import type { ClientEvent, ClientInfo, ClientTopics } from "../../../core/api/clients.ts";
import type { Page } from "../../../core/api/common.ts";
import { Badge, type Tone } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign, Said } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

interface Device {
  readonly client: ClientInfo;
}

const AGAIN_MS = 5000;
const TONES: Readonly<Record<ClientEvent["kind"], Tone>> = {
  connected: "good",
  refused: "bad",
  gone: "quiet",
  taken_over: "warn",
  denied: "warn",
  dropped: "warn",
  slowed: "warn",
  session_ended: "quiet",
  will: "note",
};

/** What happened to it, kept after it is gone. */
export function History({ client }: Device): JSX.Element {
  const { words, format } = usePanel();
  const { devices } = words.value;
  const { historyColumns: columns } = devices;
  const fetched = useFetched<Page<ClientEvent>>(`clients/${segment(client.id)}/events`, AGAIN_MS, momentOf(client));
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  return (
    <Table
      caption={devices.historyCaption}
      empty={devices.noHistory}
      rows={fetched.data.items.map((event, index) => ({ ...event, key: `${event.at} ${index}` }))}
      keyOf={({ key }) => key}
      columns={[
        { name: "at", label: columns.at, isHeading: true, cell: ({ at }) => format.value.moment(at) },
        {
          name: "what",
          label: columns.what,
          cell: ({ kind, count = 1 }) => (
            <>
              <Badge tone={TONES[kind]}>{devices.events[kind]}</Badge>
              {count === 1 ? null : ` ${devices.times(format.value.number(count))}`}
            </>
          ),
        },
        {
          name: "why",
          label: columns.why,
          cell: ({ reason }) => (reason === undefined ? "–" : <Said>{reason.sentence}</Said>),
        },
        {
          name: "topic",
          label: columns.topic,
          cell: ({ topic }) => (topic === undefined ? "–" : <Topic topic={topic} />),
        },
        { name: "address", label: columns.address, cell: ({ ip }) => ip ?? "–" },
      ]}
    />
  );
}

/** Topics that it publishes to. */
export function Publishes({ client }: Device): JSX.Element {
  const { words, format } = usePanel();
  const { devices } = words.value;
  const { publishesColumns: columns } = devices;
  const fetched = useFetched<Page<ClientTopics["publishes"][number]>>(
    `clients/${segment(client.id)}/publishes`,
    AGAIN_MS,
    momentOf(client),
  );
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  return (
    <Table
      caption={devices.publishesCaption}
      empty={devices.noPublishes}
      rows={fetched.data.items}
      keyOf={({ topic }) => topic}
      columns={[
        {
          name: "topic",
          label: columns.topic,
          isHeading: true,
          by: ({ topic }) => topic,
          cell: ({ topic }) => <Topic topic={topic} />,
        },
        { name: "at", label: columns.at, by: ({ at }) => at, cell: ({ at }) => <Ago at={at} /> },
        {
          name: "count",
          label: columns.count,
          isNumber: true,
          by: ({ count }) => count,
          cell: ({ count }) => format.value.number(count),
        },
      ]}
    />
  );
}

/** Filters that it subscribes to, and whether it hears anything by them. */
export function Subscribes({ client }: Device): JSX.Element {
  const { devices } = usePanel().words.value;
  const { subscribesColumns: columns } = devices;
  const fetched = useFetched<ClientTopics["subscribes"]>(
    `clients/${segment(client.id)}/subscriptions`,
    AGAIN_MS,
    momentOf(client),
  );
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  return (
    <Table
      caption={devices.subscribesCaption}
      empty={devices.noSubscribes}
      rows={fetched.data}
      keyOf={({ filter }) => filter}
      columns={[
        {
          name: "filter",
          label: columns.filter,
          isHeading: true,
          by: ({ filter }) => filter,
          cell: ({ filter }) => <Foreign text={filter} />,
        },
        { name: "qos", label: columns.qos, isNumber: true, by: ({ qos }) => qos, cell: ({ qos }) => String(qos) },
        {
          name: "readable",
          label: columns.readable,
          cell: ({ isSuspended }) => (
            <Badge tone={isSuspended ? "warn" : "good"}>{isSuspended ? devices.suspended : devices.readable}</Badge>
          ),
        },
      ]}
    />
  );
}

/** Changes when something has happened to a device that its history tells. */
function momentOf({ state, since }: ClientInfo): string {
  return `${state} ${since}`;
}

function Topic({ topic }: { readonly topic: string }): JSX.Element {
  return (
    <a href={hrefOf("topics", [], { topic })}>
      <Foreign text={topic} />
    </a>
  );
}
