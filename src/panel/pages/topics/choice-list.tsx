import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { Check, Field } from "../../components/controls.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { type Column, type Order, Table } from "../../components/table.tsx";
import { visible } from "../../components/text.tsx";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

/** What was found and what was chosen of it. */
export interface Choice {
  /** Keys of what was chosen, also in parts of the list that are not shown now. */
  readonly keys: readonly string[];
  clear(): void;
  readonly search: string;
  /** How many the search has found; 0 as well while it is not known. */
  readonly found: number;
}

interface ChoiceListProps<T> {
  /** Address of the list, and the name of its tab. */
  readonly path: "retained" | "trash";
  /** Another text when all is to be fetched anew. */
  readonly moment: string;
  /** Stands where nothing is. */
  readonly none: string;
  readonly keyOf: (row: T) => string;
  readonly topicOf: (row: T) => string;
  /** The topic as it is shown beside its box. */
  readonly topicCell: (row: T) => ComponentChildren;
  /** Those after the topic; names are those that the API sorts by. */
  readonly columns: readonly Column<T>[];
  readonly actions: (choice: Choice) => ComponentChildren;
  readonly sortedBy: Order;
  /** The column that the API counts from the last on. */
  readonly turned?: string;
}

const AGAIN_MS = 10_000;

/** A list of messages that is searched and sorted by the broker, and of which some are chosen. */
export function ChoiceList<T>(props: ChoiceListProps<T>): JSX.Element {
  const { path, keyOf, topicOf, turned } = props;
  const { words, router } = usePanel();
  const { topics, general } = words.value;
  const typed = router.route.value.query["q"] ?? "";
  const search = useLate(typed);
  const order = useSignal(props.sortedBy);
  const chosen = useSignal<readonly string[]>([]);
  const { name, down } = order.value;
  const query = `q=${segment(search)}&sort=${name}&dir=${down === (name === turned) ? "asc" : "desc"}`;
  const pages = usePages<T>(path, query, AGAIN_MS, props.moment);
  const rows = pages.data?.items ?? [];
  const shown = rows.map(keyOf);
  const isAllChosen = shown.length > 0 && shown.every((key) => chosen.value.includes(key));
  const set = (keys: readonly string[], isOn: boolean): void => {
    const others = chosen.value.filter((key) => !keys.includes(key));
    chosen.value = isOn ? [...others, ...keys] : others;
  };
  return (
    <>
      <div class="toolbar">
        <Field
          label={general.search}
          value={typed}
          onInput={(q) => router.replace(hrefOf("topics", [path], q === "" ? {} : { q }))}
        />
        <div class="actions">
          <button type="button" class="button" disabled={shown.length === 0} onClick={() => set(shown, !isAllChosen)}>
            {isAllChosen ? topics.chooseNone : topics.chooseShown}
          </button>
          {props.actions({
            keys: chosen.value,
            clear: () => void (chosen.value = []),
            search,
            found: pages.isCurrent && search === typed ? (pages.data?.total ?? 0) : 0,
          })}
        </div>
      </div>
      {pages.data === null ? (
        <Waiting fetched={pages} />
      ) : (
        <Table
          caption={topics.tab[path]}
          empty={search === "" ? props.none : general.nothingFound}
          rows={rows}
          keyOf={keyOf}
          columns={[
            {
              name: "topic",
              label: topics.columns.topic,
              isHeading: true,
              by: topicOf,
              cell: (row) => (
                <span class="choice">
                  <Check
                    label={topics.choose(visible(topicOf(row)))}
                    isOn={chosen.value.includes(keyOf(row))}
                    onChange={(isOn) => set([keyOf(row)], isOn)}
                  />
                  {props.topicCell(row)}
                </span>
              ),
            },
            ...props.columns,
          ]}
          sortedBy={order.value}
          onOrder={(next) => (order.value = next)}
        />
      )}
      <Pager pages={pages} />
    </>
  );
}
