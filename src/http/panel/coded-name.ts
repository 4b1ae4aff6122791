/**
 * Reads a name as an address has it: "~" and base64url is one that Home Assistant would not let pass, "~Li4vLi4" is
 * "../..". null: it is no text.
 */
export function codedName(text: string): string | null {
  const coded = /^~([\w-]*)$/.exec(text)?.[1];
  if (coded === undefined) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(coded, "base64url"));
  } catch {
    return null;
  }
}
