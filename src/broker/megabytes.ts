/** A size as people read it: "21.3 MB", "900 bytes". */
export function megabytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 100_000) return `${trimmed(bytes / 1_000)} kB`;
  return `${trimmed(bytes / 1_000_000)} MB`;
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
