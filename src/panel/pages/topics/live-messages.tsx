import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TailLine } from "../../../core/api/live.ts";
import { Field } from "../../components/controls.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Foreign } from "../../components/text.tsx";
import { useCalm } from "../../components/use-calm.ts";
import { useLate } from "../../components/use-late.ts";
import { usePanel, type Panel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { isFilter } from "./topic-filter.ts";
import { ShortValue } from "./value.tsx";

const EACH_SECOND = 5;
const MAX_ROWS = 100;

interface Row extends TailLine {
  /** Tells messages apart that look the same. */
  readonly key: number;
}

interface Seen {
  readonly rows: readonly Row[];
  readonly came: number;
  readonly skipped: number;
}

const NOTHING: Seen = { rows: [], came: 0, skipped: 0 };

/** Messages as they come. What comes faster than people read is counted. */
export function LiveMessages(): JSX.Element {
  const panel = usePanel();
  const { words, router, format, live, store } = panel;
  const { topics } = words.value;
  const typed = router.route.value.query["filter"] ?? "#";
  const filter = useLate(typed);
  const isPaused = useSignal(false);
  const seen = useSignal(NOTHING);

  useEffect(() => {
    seen.value = NOTHING;
  }, [filter]);
  useEffect(() => {
    if (isPaused.value || !isFilter(filter)) return;
    store.onTail((lines, skipped) => {
      const { rows, came, skipped: before } = seen.peek();
      const added = lines.map((line, index) => ({ ...line, key: came + index })).toReversed();
      seen.value = {
        rows: [...added, ...rows].slice(0, MAX_ROWS),
        came: came + lines.length,
        skipped: before + skipped,
      };
    });
    live.tail({ filter, max: EACH_SECOND });
    return () => {
      live.tail(null);
      store.onTail(() => {});
    };
  }, [filter, isPaused.value]);

  const { rows, came, skipped } = seen.value;
  const { number } = format.value;
  const figures = topics.live.figures(number(came), number(skipped));
  const heard = useCalm(figures);
  return (
    <>
      <div class="toolbar">
        <Field
          label={topics.filter}
          value={typed}
          error={isFilter(typed) ? null : topics.filterWrong}
          onInput={(next) => router.replace(hrefOf("topics", ["live"], { filter: next }))}
        />
        <button
          type="button"
          class="chip"
          aria-pressed={isPaused.value}
          onClick={() => (isPaused.value = !isPaused.value)}
        >
          {topics.live.pause}
        </button>
      </div>
      <p class="unseen" role="status">
        {heard}
      </p>
      <p class="muted" aria-hidden="true">
        {figures}
      </p>
      <Table
        caption={topics.tab.live}
        empty={topics.live.waiting}
        rows={rows}
        keyOf={({ key }) => String(key)}
        columns={columnsOf(panel)}
      />
    </>
  );
}

function columnsOf({ words, format }: Panel): readonly Column<Row>[] {
  const { topics } = words.value;
  const { columns } = topics;
  return [
    {
      name: "topic",
      label: columns.topic,
      isHeading: true,
      cell: ({ topic, retain }) => (
        <>
          <a href={hrefOf("topics", [], { topic })}>
            <Foreign text={topic} />
          </a>
          {retain ? <span class="muted small"> {topics.retained}</span> : null}
        </>
      ),
    },
    { name: "value", label: columns.value, cell: ({ preview }) => <ShortValue preview={preview} /> },
    {
      name: "client",
      label: columns.client,
      cell: ({ client }) =>
        client === null ? (
          topics.live.broker
        ) : (
          <a href={hrefOf("devices", [client])}>
            <Foreign text={client} />
          </a>
        ),
    },
    { name: "bytes", label: columns.bytes, isNumber: true, cell: ({ bytes }) => format.value.bytes(bytes) },
    { name: "at", label: columns.time, cell: ({ at }) => format.value.clock(at) },
  ];
}
