/** Decodes UTF-8; null for bytes that are none. Replacing them would make different passwords equal. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Splits a text into lines, whatever ends them: an old line end must not make one line of two, and lose the second. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n?|\n/);
}
