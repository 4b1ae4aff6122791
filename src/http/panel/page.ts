import type { Page } from "../../core/api/common.ts";
import { ApiError } from "./api-error.ts";

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
  const words = (query.get("q") ?? "").toLowerCase();
  const found =
    words === "" ? items : items.filter((item) => texts(item).some((text) => text.toLowerCase().includes(words)));
  const name = query.get("sort") ?? Object.keys(sorts)[0] ?? "";
  const keyOf = Object.hasOwn(sorts, name) ? sorts[name] : undefined;
  if (keyOf === undefined) {
    const known = Object.keys(sorts).join(", ");
    throw new ApiError("invalid", `This list cannot be sorted by "${name}".`, `Use one of ${known}.`, {
      field: "sort",
    });
  }
  const sign = query.get("dir") === "desc" ? -1 : 1;
  const sorted = found
    .map((item) => ({ item, key: keyOf(item) }))
    .toSorted((a, b) => sign * compare(a.key, b.key))
    .map(({ item }) => item);
  const limit = Math.min(wholeNumber(query, "limit", USUAL_LIMIT, 1), MAX_LIMIT);
  const start = wholeNumber(query, "cursor", 0, 0);
  const end = start + limit;
  return { items: sorted.slice(start, end), total: found.length, next: end < found.length ? String(end) : null };
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
