import type { JSX } from "preact";
import type { JobInfo, TrashChoice, TrashInfo } from "../../../core/api/topics.ts";
import { Ago, Foreign } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";
import { type Choice, ChoiceList } from "./choice-list.tsx";
import type { Jobs } from "./jobs.tsx";

interface TrashProps {
  readonly jobs: Jobs;
}

/** What was deleted and can come back. */
export function Trash({ jobs }: TrashProps): JSX.Element {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const { columns } = topics;
  return (
    <ChoiceList<TrashInfo>
      path="trash"
      moment={jobs.moment}
      none={topics.noneInTrash}
      keyOf={({ id }) => id}
      topicOf={({ topic }) => topic}
      topicCell={({ topic }) => <Foreign text={topic} />}
      sortedBy={{ name: "newest", down: true }}
      turned="newest"
      columns={[
        {
          name: "bytes",
          label: columns.bytes,
          isNumber: true,
          by: ({ bytes }) => bytes,
          cell: ({ bytes }) => format.value.bytes(bytes),
        },
        {
          name: "newest",
          label: columns.deletedAt,
          by: ({ deletedAt }) => deletedAt,
          cell: ({ deletedAt }) => <Ago at={deletedAt} />,
        },
        { name: "by", label: columns.deletedBy, cell: ({ deletedBy }) => <Foreign text={deletedBy} /> },
        { name: "until", label: columns.until, cell: ({ until }) => <Ago at={until} /> },
      ]}
      actions={(choice) => <Restore choice={choice} jobs={jobs} />}
    />
  );
}

function Restore({ choice, jobs }: TrashProps & { readonly choice: Choice }): JSX.Element {
  const { words, format, api } = usePanel();
  const { topics } = words.value;
  const { keys, search, found } = choice;
  const { number } = format.value;
  const isAll = keys.length === 0;
  const restore = useAction(async () => {
    const wanted: TrashChoice = isAll ? { q: search } : { ids: keys };
    jobs.follow(await api.send<JobInfo>("POST", "trash/restore", wanted));
    choice.clear();
  });
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={restore.isBusy || (isAll && found === 0)}
        onClick={() => restore.run()}
      >
        {isAll ? topics.restoreAll(number(found)) : topics.restoreChosen(number(keys.length))}
      </button>
      {restore.error === null ? null : (
        <p class="error" role="alert">
          {restore.error}
        </p>
      )}
    </>
  );
}
