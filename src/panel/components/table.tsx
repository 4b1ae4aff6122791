import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { usePanel } from "../shell/panel.ts";
import { Empty } from "./page.tsx";

export interface Column<T> {
  readonly name: string;
  readonly label: string;
  readonly cell: (row: T) => ComponentChildren;
  /** What the rows are sorted by when its heading is pressed; missing: they cannot be. */
  readonly by?: (row: T) => string | number;
  /** Names the row: a heading of its own, and the title of its card on a narrow page. */
  readonly isHeading?: boolean;
  readonly isNumber?: boolean;
}

/** By which column rows are sorted. */
export interface Order {
  readonly name: string;
  readonly down: boolean;
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly empty: ComponentChildren;
  readonly sortedBy?: Order;
  /** Sorts elsewhere: `sortedBy` says how the rows come, and columns with `by` are those that can be asked for. */
  readonly onOrder?: (order: Order) => void;
}

const ROWS_AT_FIRST = 100;

/**
 * Shows rows, sorted as the reader likes. On a narrow page each row becomes a card. Styles that do that take a table's
 * meaning from assistive technology, so every part says its role.
 */
export function Table<T>(props: TableProps<T>): JSX.Element {
  const { caption, columns, rows, keyOf, empty, sortedBy, onOrder } = props;
  const { words, format } = usePanel();
  const chosen = useSignal(sortedBy ?? null);
  const shown = useSignal(ROWS_AT_FIRST);
  if (rows.length === 0) return <Empty>{empty}</Empty>;

  const order = onOrder === undefined ? chosen.value : (sortedBy ?? null);
  const column = columns.find(({ name }) => name === order?.name);
  const sorted = onOrder === undefined ? sort(rows, column?.by, order?.down ?? false) : rows;
  const turn = (name: string): void => {
    const next = { name, down: order?.name === name && !order.down };
    if (onOrder === undefined) chosen.value = next;
    else onOrder(next);
  };
  return (
    <>
      <table role="table" aria-rowcount={rows.length}>
        <caption class="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ name, label, by, isNumber }) => (
              <th
                key={name}
                role="columnheader"
                scope="col"
                class={isNumber === true ? "number" : undefined}
                aria-sort={name === order?.name ? (order.down ? "descending" : "ascending") : undefined}
              >
                {by === undefined ? (
                  label
                ) : (
                  <button type="button" class="sort" onClick={() => turn(name)}>
                    {label}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.slice(0, shown.value).map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <Cell key={column.name} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length <= shown.value ? null : (
        <button type="button" class="button" onClick={() => (shown.value += ROWS_AT_FIRST)}>
          {words.value.general.more(format.value.number(Math.min(ROWS_AT_FIRST, rows.length - shown.value)))}
        </button>
      )}
    </>
  );
}

function Cell<T>({ column, row }: { readonly column: Column<T>; readonly row: T }): JSX.Element {
  if (column.isHeading === true) {
    return (
      <th role="rowheader" scope="row">
        {column.cell(row)}
      </th>
    );
  }
  return (
    <td role="cell" data-label={column.label} class={column.isNumber === true ? "number" : undefined}>
      <span>{column.cell(row)}</span>
    </td>
  );
}

function sort<T>(rows: readonly T[], by: Column<T>["by"], down: boolean): readonly T[] {
  if (by === undefined) return rows;
  const compare = (a: string | number, b: string | number): number =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true });
  return rows.toSorted((a, b) => compare(by(a), by(b)) * (down ? -1 : 1));
}
