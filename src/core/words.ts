/** Joins words as a sentence does: "1883", "1883 and 1884", "1883, 1884 and 8883". */
export function listed(words: readonly string[], joint: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${joint} ${last}`;
}

/** A number and what it counts: "1 session", "3 sessions". The noun takes an "s". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
