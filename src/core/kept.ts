/** Computes something anew at most every so often, and when `of`, which it is computed from, gives something else. */
export function kept<T>(compute: () => T, forMs: number, now: () => number, of: () => unknown = () => null): () => T {
  let last: { readonly value: T; readonly of: unknown; readonly atMs: number } | null = null;
  return () => {
    if (last === null || last.of !== of() || now() - last.atMs >= forMs) {
      last = { value: compute(), of: of(), atMs: now() };
    }
    return last.value;
  };
}
