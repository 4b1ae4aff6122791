import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RetainedDelete, RetainedInfo } from "../../../core/api/topics.ts";
import { Ago, Foreign } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { ChoiceList } from "./choice-list.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import type { Jobs } from "./jobs.tsx";
import { ShortValue } from "./value.tsx";

/** The retained messages of devices, and how they are deleted. */
export function Retained({ jobs }: { readonly jobs: Jobs }): JSX.Element {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const { columns } = topics;
  /** "filter": a filter is asked for first. */
  const asking = useSignal<RetainedDelete | "filter" | null>(null);
  return (
    <ChoiceList<RetainedInfo>
      path="retained"
      moment={jobs.moment}
      none={topics.noneRetained}
      keyOf={({ topic }) => topic}
      topicOf={({ topic }) => topic}
      topicCell={({ topic }) => (
        <a href={hrefOf("topics", [], { topic })}>
          <Foreign text={topic} />
        </a>
      )}
      sortedBy={{ name: "topic", down: false }}
      columns={[
        { name: "value", label: columns.value, cell: ({ preview }) => <ShortValue preview={preview} /> },
        {
          name: "bytes",
          label: columns.bytes,
          isNumber: true,
          by: ({ bytes }) => bytes,
          cell: ({ bytes }) => format.value.bytes(bytes),
        },
        {
          name: "at",
          label: columns.at,
          by: ({ at }) => at ?? "",
          cell: ({ at }) => (at === undefined ? topics.beforeStart : <Ago at={at} />),
        },
        {
          name: "publisher",
          label: columns.client,
          by: ({ publisher }) => publisher ?? "",
          cell: ({ publisher }) =>
            publisher === null ? (
              "–"
            ) : (
              <a href={hrefOf("devices", [publisher])}>
                <Foreign text={publisher} />
              </a>
            ),
        },
      ]}
      actions={({ keys, clear }) => (
        <>
          <button
            type="button"
            class="button"
            aria-haspopup="dialog"
            disabled={keys.length === 0}
            onClick={() => (asking.value = { topics: keys })}
          >
            {topics.deleteChosen(format.value.number(keys.length))}
          </button>
          <button type="button" class="button" aria-haspopup="dialog" onClick={() => (asking.value = "filter")}>
            {topics.deleteByFilter}
          </button>
          {asking.value === null ? null : (
            <DeleteDialog
              path="retained/delete"
              request={asking.value === "filter" ? null : asking.value}
              onStarted={(job) => {
                clear();
                jobs.follow(job);
              }}
              onClose={() => (asking.value = null)}
            />
          )}
        </>
      )}
    />
  );
}
