import type { JSX } from "preact";
import type { ClientInfo } from "../../../core/api/clients.ts";
import { CopyButton, LinkButton } from "../../components/controls.tsx";
import { Card, Empty, Facts, Loading, Page, Tabs } from "../../components/page.tsx";
import { Ago, Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { segment } from "../../data/api.ts";
import { usePanel, type Panel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { named } from "./clients.ts";
import { DeviceActions } from "./device-actions.tsx";
import { Announced } from "./announced.tsx";
import { Connection } from "./connection.tsx";
import { History, Publishes, Subscribes } from "./device-tabs.tsx";
import { StateBadge } from "./state-badge.tsx";

const AGAIN_MS = 5000;
const TABS = ["facts", "history", "publishes", "subscribes", "announced"] as const;

/** All that is known of one device. */
export function DevicePage(props: DeviceProps): JSX.Element {
  const rows = usePanel().store.clients.value;
  const client = named(rows?.items ?? [], props.name);
  if (client !== null || rows === null) return <OneDevice {...props} client={client} isLoading={rows === null} />;
  return rows.total > rows.items.length ? <FarDevice {...props} /> : <OneDevice {...props} client={null} />;
}

interface DeviceProps {
  readonly name: string;
  readonly tab: string;
}

/** One that is not among those that are told as they change. */
function FarDevice(props: DeviceProps): JSX.Element {
  const { data, error } = useFetched<ClientInfo>(`clients/${segment(props.name)}`, AGAIN_MS);
  return <OneDevice {...props} client={data} isLoading={data === null && error === null} />;
}

interface OneDeviceProps extends DeviceProps {
  readonly client: ClientInfo | null;
  readonly isLoading?: boolean;
}

function OneDevice({ name, tab, client, isLoading = false }: OneDeviceProps): JSX.Element {
  const { devices } = usePanel().words.value;
  const current = oneOf(TABS, tab) ?? "facts";
  return (
    <Page
      title={visible(name)}
      back={{ label: devices.back, href: hrefOf("devices") }}
      actions={client === null ? null : <DeviceActions client={client} />}
    >
      {isLoading ? <Loading /> : null}
      {!isLoading && client === null ? <Empty>{devices.unknown}</Empty> : null}
      {client === null ? null : (
        <>
          <Tabs
            label={devices.tabs}
            current={current}
            tabs={TABS.map((value) => ({
              name: value,
              label: devices.tab[value],
              href: hrefOf("devices", value === "facts" ? [name] : [name, value]),
            }))}
          />
          <Card title={devices.tab[current]}>
            <Part client={client} tab={current} />
          </Card>
        </>
      )}
    </Page>
  );
}

function Part({ client, tab }: { readonly client: ClientInfo; readonly tab: (typeof TABS)[number] }): JSX.Element {
  const panel = usePanel();
  switch (tab) {
    case "history":
      return <History client={client} />;
    case "publishes":
      return <Publishes client={client} />;
    case "subscribes":
      return <Subscribes client={client} />;
    case "announced":
      return <Announced client={client} />;
    case "facts":
      return (
        <>
          <Facts rows={factsOf(panel, client)} />
          <Connection client={client} />
          {client.problems === 0 ? null : (
            <div class="actions">
              <LinkButton href={hrefOf("problems", [], { q: client.id === "" ? (client.user ?? "") : client.id })}>
                {panel.words.value.devices.problemsOf}
              </LinkButton>
            </div>
          )}
        </>
      );
  }
}

function factsOf({ words, format }: Panel, client: ClientInfo): Parameters<typeof Facts>[0]["rows"] {
  const { devices } = words.value;
  const { facts } = devices;
  const { number, bytes } = format.value;
  const copied = (what: string, text: string): JSX.Element => (
    <>
      <Foreign text={text} /> <CopyButton text={text} what={what} />
    </>
  );
  const rows: (readonly [string, JSX.Element | string] | null)[] = [
    [facts.clientId, client.id === "" ? devices.noName : copied(facts.clientId, client.id)],
    [facts.user, client.user === null ? devices.noUser : copied(facts.user, client.user)],
    client.source === null ? null : [facts.source, devices.sources[client.source]],
    [facts.state, <StateBadge key="state" client={client} />],
    [facts.since, <Ago key="since" at={client.since} />],
    [facts.address, client.ip === "" ? "–" : copied(facts.address, client.ip)],
    [facts.listener, `${client.listener}${client.tls ? `, ${devices.encrypted}` : ""}`],
    client.protocol === null ? null : [facts.protocol, devices.protocols[client.protocol]],
    [facts.keepalive, client.keepalive === 0 ? devices.noKeepalive : format.value.duration(client.keepalive)],
    [facts.session, sessionOf(devices.sessions, client, (seconds) => format.value.duration(seconds))],
    [facts.incoming, devices.rate(number(client.in.perMin), number(client.in.total), bytes(client.in.bytes))],
    [facts.outgoing, devices.rate(number(client.out.perMin), number(client.out.total), bytes(client.out.bytes))],
    [facts.queued, devices.queue(number(client.queued.count), bytes(client.queued.bytes))],
    client.blockedBy === undefined ? null : [facts.blocked, devices.blockedBy(client.blockedBy)],
  ];
  return rows.filter((row) => row !== null);
}

function sessionOf(
  words: Panel["words"]["value"]["devices"]["sessions"],
  { clean, expiry }: ClientInfo,
  span: (seconds: number) => string,
): string {
  if (expiry === null) return words.forEver;
  return clean && expiry === 0 ? words.clean : words.kept(span(expiry));
}
