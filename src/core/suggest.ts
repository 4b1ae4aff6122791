import { listed } from "./words.ts";

/** What to write in the place of a name that is not known: the likely one, or any there is. */
export function otherName(word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return meant === null ? `Use ${listed(known, "or")}.` : `Did you mean "${meant}"?`;
}

/**
 * What is wrong with a key that is not known, and what to do. One that resembles no other is not quoted: in
 * `{ password:hunter2 }` the key is "password:hunter2".
 */
export function unknownKeyFault(
  key: string,
  known: readonly string[],
): { readonly what: string; readonly fix: string } {
  const subject = mayBeQuoted(key, known) ? `"${key}"` : "this key";
  return { what: `${subject} is not known here`, fix: otherName(key, known) };
}

/** Whether a key that is not known may be told: it resembles one that is, and holds no value. */
export function mayBeQuoted(key: string, known: readonly string[]): boolean {
  return /^[\w.-]+$/.test(key) && closest(key, known) !== null;
}

/** Finds the word a user probably meant; null when none is near. "readwite" -> "readwrite". */
export function closest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.min(3, Math.ceil(word.length / 3) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance in one row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
