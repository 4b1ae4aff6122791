/** Decodes UTF-8; null for bytes that are none. Replacing them would make different passwords equal. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The first line, counted from 1, that is no UTF-8 text or holds a zero, as what Windows calls Unicode does; null: none.
 * Comments, which begin with "#", may be written as they like.
 */
export function foreignLine(bytes: Buffer): number | null {
  const text = utf8Text(bytes);
  if (text !== null && !text.includes("\0")) return null;
  const lines = bytes.toString("latin1").split("\n");
  const found = lines.findIndex((line) => {
    const own = utf8Text(Buffer.from(line, "latin1"));
    return (own === null || own.includes("\0")) && !line.trimStart().startsWith("#");
  });
  return found === -1 ? null : found + 1;
}

/** Splits a text into lines, whatever ends them: an old line end must not make one line of two, and lose the second. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n?|\n/);
}
