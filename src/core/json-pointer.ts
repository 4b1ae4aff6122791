/** Writes a key as a step of a JSON pointer: "a/b" is "a~1b". */
export function escapedKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
