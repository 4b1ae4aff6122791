import type { JSX } from "preact";
import type { Page } from "../../../core/api/common.ts";
import type { TopicFound } from "../../../core/api/topics.ts";
import { Table } from "../../components/table.tsx";
import { Ago, Foreign } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { ShortValue } from "./value.tsx";

/** How the words are meant. */
export const MODES = ["text", "filter", "regex"] as const;
/** Where they are looked for. */
export const PLACES = ["topic", "value"] as const;

interface SearchProps {
  readonly words: string;
  readonly mode: (typeof MODES)[number];
  readonly place: (typeof PLACES)[number];
}

/** The topics that are meant by some words. */
export function TopicSearch({ words: wanted, mode, place }: SearchProps): JSX.Element {
  const { words, format } = usePanel();
  const { topics, general } = words.value;
  const { foundColumns: columns } = topics;
  const fetched = useFetched<Page<TopicFound>>(`topics/search?q=${segment(wanted)}&mode=${mode}&in=${place}`);
  if (fetched.data === null || fetched.error !== null) return <Waiting fetched={fetched} />;
  const { items, total } = fetched.data;
  const { number } = format.value;
  return (
    <>
      <p class="muted" role="status">
        {total > items.length ? topics.foundMore(number(items.length), number(total)) : topics.found(number(total))}
      </p>
      <Table
        caption={topics.foundCaption}
        empty={general.nothingFound}
        rows={items}
        keyOf={({ topic }) => topic}
        columns={[
          {
            name: "topic",
            label: columns.topic,
            isHeading: true,
            by: ({ topic }) => topic,
            cell: ({ topic }) => (
              <a href={hrefOf("topics", [], { topic })}>
                <Foreign text={topic} />
              </a>
            ),
          },
          { name: "value", label: columns.value, cell: ({ preview }) => <ShortValue preview={preview} /> },
          {
            name: "at",
            label: columns.at,
            by: ({ at }) => at ?? "",
            cell: ({ at }) => (at === undefined ? "–" : <Ago at={at} />),
          },
          {
            name: "retained",
            label: columns.retained,
            by: ({ retained }) => Number(retained),
            cell: ({ retained }) => (retained ? topics.yes : topics.no),
          },
        ]}
      />
    </>
  );
}
