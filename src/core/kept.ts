/** Computes something anew at most every so often. */
export function kept<T>(compute: () => T, forMs: number, now: () => number): () => T {
  let last: { readonly value: T; readonly atMs: number } | null = null;
  return () => {
    if (last === null || now() - last.atMs >= forMs) last = { value: compute(), atMs: now() };
    return last.value;
  };
}
