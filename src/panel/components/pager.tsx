import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Page } from "../../core/api/common.ts";
import { usePanel } from "../shell/panel.ts";
import { type Fetched, useFetched } from "./use-fetched.ts";

/** A part of a list that the broker cuts and sorts. */
export interface Pages<T> extends Fetched<Page<T>> {
  /** Whether it is the answer to the last question; until it comes the one before is shown. */
  readonly isCurrent: boolean;
  /** How many stand before it. */
  readonly before: number;
  next(): void;
  previous(): void;
}

const ROWS = 100;

/**
 * Asks for a list in parts. `query` is that of the API without part and size: what is written there has to be coded.
 * What was shown stays until there is something else, so that nobody loses the place in it.
 */
export function usePages<T>(path: string, query: string, everyMs: number, moment: string): Pages<T> {
  const list = `${path}?limit=${ROWS}&${query}`;
  const at = useSignal({ list, cursors: [""] });
  const cursors = at.value.list === list ? at.value.cursors : [""];
  const fetched = useFetched<Page<T>>(`${list}&cursor=${cursors.at(-1) ?? ""}`, everyMs, moment);
  const last = useRef<Page<T> | null>(null);
  last.current = fetched.data ?? last.current;
  const previous = (): void => {
    at.value = { list, cursors: cursors.slice(0, Math.max(cursors.length - 1, 1)) };
  };
  const isPastEnd = fetched.data?.items.length === 0 && cursors.length > 1;
  useEffect(() => {
    // what stood here was deleted
    if (isPastEnd) previous();
  }, [isPastEnd]);
  return {
    ...fetched,
    data: last.current,
    isCurrent: fetched.data !== null,
    before: (cursors.length - 1) * ROWS,
    next() {
      const next = fetched.data?.next ?? null;
      if (next !== null) at.value = { list, cursors: [...cursors, next] };
    },
    previous,
  };
}

/** Says which part of a list is shown, and leads to the others; nothing where all of it is. */
export function Pager({ pages }: { readonly pages: Pages<unknown> }): JSX.Element | null {
  const { words, format } = usePanel();
  const { general } = words.value;
  const { data, before } = pages;
  if (data === null || (data.next === null && before === 0)) return null;
  const { number } = format.value;
  return (
    <nav class="actions actions--end pager" aria-label={general.pages.label}>
      <span>{general.pages.part(number(before + 1), number(before + data.items.length), number(data.total))}</span>
      <button type="button" class="button" disabled={before === 0} onClick={() => pages.previous()}>
        {general.pages.previous}
      </button>
      <button type="button" class="button" disabled={data.next === null} onClick={() => pages.next()}>
        {general.pages.next}
      </button>
    </nav>
  );
}
