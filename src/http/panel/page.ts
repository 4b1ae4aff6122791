import type { Page } from "../../core/api/common.ts";
import { ApiError } from "./api-error.ts";
import { codedName } from "./coded-name.ts";

const MAX_LIMIT = 200;
const USUAL_LIMIT = 50;

/** How a list is searched and sorted. */
export interface ListTerms<T> {
  /** What `q` is looked for in. */
  readonly texts: (item: T) => readonly string[];
  /** What `sort` may name; the first is the usual. */
  readonly sorts: Readonly<Record<string, (item: T) => string | number>>;
}

/** Cuts the part out of a list that `?q=&sort=&dir=&limit=&cursor=` asks for. */
export function pageOf<T>(items: readonly T[], query: URLSearchParams, { texts, sorts }: ListTerms<T>): Page<T> {
  const { words, sort, isDescending, start, limit } = partOf(query, Object.keys(sorts));
  const found = holding(items, words, texts);
  const keyOf = sorts[sort] ?? (() => 0);
  const sign = isDescending ? -1 : 1;
  const sorted = found
    .map((item) => ({ item, key: keyOf(item) }))
    .toSorted((a, b) => sign * compare(a.key, b.key))
    .map(({ item }) => item);
  const end = start + limit;
  return { items: sorted.slice(start, end), total: found.length, next: end < found.length ? String(end) : null };
}

/** Those items in whose texts the words stand, which are in small letters. */
export function holding<T>(items: readonly T[], words: string, texts: ListTerms<T>["texts"]): readonly T[] {
  return words === "" ? items : items.filter((item) => texts(item).some((text) => text.toLowerCase().includes(words)));
}

/** Which part of a list is asked for. */
export interface ListPart<Sort extends string> {
  /** In small letters. */
  readonly words: string;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly start: number;
  readonly limit: number;
}

/** Reads `?q=&sort=&dir=&limit=&cursor=`; the first of `sorts` is the usual one. */
export function partOf<Sort extends string>(query: URLSearchParams, sorts: readonly Sort[]): ListPart<Sort> {
  const name = query.get("sort") ?? sorts[0];
  const sort = sorts.find((known) => known === name);
  if (sort === undefined) {
    throw new ApiError("invalid", `This list cannot be sorted by "${name}".`, `Use one of ${sorts.join(", ")}.`, {
      field: "sort",
    });
  }
  return {
    words: wordsIn(query).toLowerCase(),
    sort,
    isDescending: query.get("dir") === "desc",
    start: wholeNumber(query, "cursor", 0, 0),
    limit: Math.min(wholeNumber(query, "limit", USUAL_LIMIT, 1), MAX_LIMIT),
  };
}

/** Words may be part of a name that Home Assistant lets pass in no address. */
function wordsIn(query: URLSearchParams): string {
  const text = query.get("q") ?? "";
  const words = codedName(text);
  if (words !== null) return words;
  throw new ApiError("invalid", `q: "${text}" is no text.`, "Send UTF-8 in base64url after the ~.", { field: "q" });
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function wholeNumber(query: URLSearchParams, field: string, usual: number, minimum: number): number {
  const text = query.get(field);
  if (text === null || text === "") return usual;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new ApiError("invalid", `${field}: "${text}" is no number from ${minimum} on.`, "Write a whole number.", {
    field,
  });
}
