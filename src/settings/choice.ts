import { closest } from "../core/suggest.ts";

/** What to write where only some words are known: the likely one, and all there are. */
export function choiceText(found: unknown, known: readonly string[]): string {
  const meant = typeof found === "string" ? closest(found, known) : null;
  const all = known.join(", ");
  return meant === null ? `Use one of: ${all}.` : `Did you mean "${meant}"? (${all})`;
}
