import type { JSX } from "preact";
import type { ClientInfo } from "../../../core/api/clients.ts";
import { Chips, Field } from "../../components/controls.tsx";
import { Icon } from "../../components/icon.tsx";
import { Badge, Loading, Page } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Ago, Foreign } from "../../components/text.tsx";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel, type Panel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { AddDevice } from "./add-device.tsx";
import { type Filter, FILTERS, holds, passes } from "./clients.ts";
import { DevicePage } from "./device.tsx";
import { StateBadge } from "./state-badge.tsx";

const AGAIN_MS = 5000;

/** The page Devices: the list, or the one that the address names. */
export function DevicesPage(): JSX.Element {
  const [name, tab] = usePanel().router.route.value.path;
  return name === undefined ? <DeviceList /> : <DevicePage key={name} name={name} tab={tab ?? "facts"} />;
}

function DeviceList(): JSX.Element {
  const panel = usePanel();
  const { words, store, router, format } = panel;
  const { devices, general } = words.value;
  const { query } = router.route.value;
  const rows = store.clients.value;
  const state = oneOf(FILTERS, query["state"] ?? null) ?? "all";
  const search = query["q"] ?? "";
  const filter = (next: Readonly<Record<string, string>>): void => {
    const kept = Object.entries({ ...query, ...next }).filter(([, value]) => value !== "" && value !== "all");
    router.replace(hrefOf("devices", [], Object.fromEntries(kept)));
  };
  const { number } = format.value;
  const items = rows?.items ?? [];
  // then the broker filters and sorts, because not all of them are here
  const isCut = rows !== null && rows.total > items.length;
  const shown = isCut ? FILTERS.filter((filter) => filter in STATES_OF) : FILTERS;
  return (
    <Page title={devices.title} actions={<AddDevice />}>
      <div class="toolbar">
        <Chips
          label={devices.filters}
          value={state}
          chips={[
            { value: "all", label: devices.chipWithCount(general.all, number(rows?.total ?? 0)) },
            ...shown.map((value) => ({
              value,
              label: isCut
                ? devices.chips[value]
                : devices.chipWithCount(
                    devices.chips[value],
                    number(items.filter((client) => passes(client, value)).length),
                  ),
            })),
          ]}
          onChange={(next) => filter({ state: next })}
        />
        <Field label={general.search} value={search} onInput={(q) => filter({ q })} />
      </div>
      {rows === null ? (
        <Loading />
      ) : isCut ? (
        <ManyDevices state={state} search={search} />
      ) : (
        <Table
          caption={devices.caption}
          columns={columnsOf(panel)}
          rows={items.filter((client) => passes(client, state) && holds(client, search))}
          keyOf={({ id }) => id}
          empty={items.length === 0 ? devices.none : general.nothingFound}
          sortedBy={{ name: "name", down: false }}
        />
      )}
    </Page>
  );
}

/** The states that a filter stands for, where it is one of states. */
const STATES_OF: Partial<Record<Filter, string>> = {
  connected: "connected",
  asleep: "asleep,overdue",
  refused: "refused",
  gone: "gone",
};

/** More devices than a browser should hold: a part of them at a time. */
function ManyDevices({ state, search }: { readonly state: Filter | "all"; readonly search: string }): JSX.Element {
  const panel = usePanel();
  const { devices, general } = panel.words.value;
  const states = state === "all" ? "" : (STATES_OF[state] ?? "");
  const pages = usePages<ClientInfo>("clients", `state=${states}&q=${segment(search.trim())}`, AGAIN_MS, "");
  const { data } = pages;
  if (data === null) return <Waiting fetched={pages} />;
  return (
    <>
      <Table
        caption={devices.caption}
        columns={columnsOf(panel).map(unsorted)}
        rows={data.items}
        keyOf={({ id }) => id}
        empty={general.nothingFound}
      />
      <Pager pages={pages} />
    </>
  );
}

/** The broker has sorted them; to sort a part of them would mislead. */
function unsorted(column: Column<ClientInfo>): Column<ClientInfo> {
  const { by: _, ...others } = column;
  return others;
}

function columnsOf({ words, format }: Panel): readonly Column<ClientInfo>[] {
  const { devices } = words.value;
  const { columns } = devices;
  return [
    {
      name: "name",
      label: columns.name,
      isHeading: true,
      by: ({ id, user }) => (id === "" ? (user ?? "") : id),
      cell: (client) => (
        <>
          <a href={hrefOf("devices", [client.id === "" ? (client.user ?? "") : client.id])}>
            {client.id === "" ? devices.noName : <Foreign text={client.id} />}
          </a>
          {client.user === client.id ? null : (
            <div class="muted small">
              {client.user === null ? devices.noUser : <Foreign text={devices.user(client.user)} />}
            </div>
          )}
        </>
      ),
    },
    {
      name: "state",
      label: columns.state,
      by: ({ state }) => devices.states[state],
      cell: (client) => (
        <>
          <StateBadge client={client} />
          <div class="muted small">
            <Ago at={client.since} />
          </div>
        </>
      ),
    },
    {
      name: "address",
      label: columns.address,
      by: ({ ip }) => ip,
      cell: ({ ip, tls }) => (
        <>
          {ip}
          {tls ? (
            <div class="muted small lock">
              <Icon name="lock" />
              {devices.encrypted}
            </div>
          ) : null}
        </>
      ),
    },
    {
      name: "protocol",
      label: columns.protocol,
      by: ({ protocol }) => protocol ?? 0,
      cell: ({ protocol }) => (protocol === null ? "–" : devices.protocols[protocol]),
    },
    {
      name: "rate",
      label: columns.rate,
      isNumber: true,
      by: (client) => client.in.perMin,
      cell: (client) => format.value.number(client.in.perMin),
    },
    {
      name: "topic",
      label: columns.topic,
      by: ({ lastTopic }) => lastTopic ?? "",
      cell: ({ lastTopic }) => (lastTopic === undefined ? "–" : <Foreign text={lastTopic} />),
    },
    {
      name: "problems",
      label: columns.problems,
      isNumber: true,
      by: ({ problems }) => problems,
      cell: ({ id, user, problems }) =>
        problems === 0 ? (
          "0"
        ) : (
          <a href={hrefOf("problems", [], { q: id === "" ? (user ?? "") : id })}>
            <Badge tone="bad">{format.value.number(problems)}</Badge>
          </a>
        ),
    },
  ];
}
