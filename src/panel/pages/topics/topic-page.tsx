import type { ComponentChildren, JSX } from "preact";
import type { Publisher, TopicInfo } from "../../../core/api/topics.ts";
import { Chart } from "../../components/chart.tsx";
import { CopyButton } from "../../components/controls.tsx";
import { Card, Facts, Page } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { valuesIn } from "./json-text.ts";
import { Value } from "./value.tsx";

const AGAIN_MS = 2000;

/** All that is known of one topic. */
export function TopicPage({ topic }: { readonly topic: string }): JSX.Element {
  const { topics } = usePanel().words.value;
  const fetched = useFetched<TopicInfo>(`topic?name=${segment(topic)}`, AGAIN_MS);
  const { data } = fetched;
  return (
    <Page
      title={visible(topic)}
      back={{ label: topics.back, href: hrefOf("topics") }}
      actions={<CopyButton text={topic} what={topics.topic} />}
    >
      {data === null ? (
        <Waiting fetched={fetched} />
      ) : (
        <div class="stack">
          <LastValue info={data} />
          <Card title={topics.publishersTitle}>
            <Publishers publishers={data.publishers} />
          </Card>
          <Numbers info={data} />
          <Values info={data} />
        </div>
      )}
    </Page>
  );
}

interface About {
  readonly info: TopicInfo;
}

function LastValue({ info }: About): JSX.Element {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const { facts } = topics;
  const { preview, at, expiresAt, retained, qos, bytes, subscribers } = info;
  const rows: (readonly [string, ComponentChildren] | null)[] = [
    [facts.at, at === undefined ? topics.beforeStart : <Ago key="at" at={at} />],
    [facts.retained, retained ? topics.yes : topics.no],
    [facts.qos, String(qos)],
    [facts.bytes, format.value.bytes(bytes)],
    expiresAt === undefined ? null : [facts.expiresAt, <Ago key="expires" at={expiresAt} />],
    [facts.subscribers, format.value.number(subscribers)],
  ];
  const isText = preview.kind === "text" || preview.kind === "json";
  return (
    <Card
      title={topics.lastValue}
      actions={isText && !preview.truncated ? <CopyButton text={preview.text} what={topics.value} /> : null}
    >
      <Value preview={preview} />
      <Facts rows={rows.filter((row) => row !== null)} />
    </Card>
  );
}

function Publishers({ publishers }: { readonly publishers: readonly Publisher[] }): JSX.Element {
  const { words, format } = usePanel();
  const { topics, devices } = words.value;
  const { publisherColumns: columns } = topics;
  return (
    <Table
      caption={topics.publishersTitle}
      empty={topics.noPublishers}
      rows={publishers}
      keyOf={({ client, user, ip }) => JSON.stringify([client, user, ip])}
      columns={[
        {
          name: "client",
          label: columns.client,
          isHeading: true,
          cell: ({ client, user }) => (
            <>
              <a href={hrefOf("devices", [client === "" ? (user ?? "") : client])}>
                <Foreign text={client === "" ? devices.noName : client} />
              </a>
              <div class="muted small">{user === null ? devices.noUser : <Foreign text={devices.user(user)} />}</div>
            </>
          ),
        },
        { name: "ip", label: columns.ip, cell: ({ ip }) => ip },
        {
          name: "count",
          label: columns.count,
          isNumber: true,
          by: ({ count }) => count,
          cell: ({ count }) => format.value.number(count),
        },
        { name: "at", label: columns.at, by: ({ at }) => at, cell: ({ at }) => <Ago at={at} /> },
      ]}
    />
  );
}

function Numbers({ info: { numbers } }: About): JSX.Element | null {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const last = numbers.at(-1);
  if (last === undefined || numbers.length < 2) return null;
  const values = numbers.map(({ value }) => value);
  const { number } = format.value;
  const summary = topics.numbersSummary(
    number(values.length),
    number(Math.min(...values)),
    number(Math.max(...values)),
    number(last.value),
  );
  return (
    <Card title={topics.numbers}>
      <Chart
        summary={summary}
        isFitted
        times={numbers.map(({ at }) => at)}
        lines={[{ name: topics.value, values, now: last.value }]}
      />
    </Card>
  );
}

function Values({ info: { preview } }: About): JSX.Element | null {
  const { topics } = usePanel().words.value;
  const values = preview.kind === "json" && !preview.truncated ? valuesIn(preview.text) : [];
  if (values.length === 0) return null;
  return (
    <Card title={topics.jsonValues}>
      <p class="muted">{topics.jsonValuesHint}</p>
      <ul class="list">
        {values.map(({ path, text }) => (
          <li key={path} class="list__row">
            <span>
              <code>{visible(path)}</code>: <Foreign text={text} />
            </span>
            <CopyButton text={`{{ ${path} }}`} what={visible(path)} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
