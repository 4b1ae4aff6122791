import type { JSX } from "preact";
import { Loading, Notice } from "./page.tsx";
import type { Fetched } from "./use-fetched.ts";

/** Stands where an answer will be, or says why there is none. */
export function Waiting({ fetched }: { readonly fetched: Fetched<unknown> }): JSX.Element {
  return fetched.error === null ? <Loading /> : <Notice tone="bad">{fetched.error}</Notice>;
}
