/** Makes text harmless as a value in a distinguished name (RFC 4514, 2.4): "a,b" becomes "a\2cb". */
export function escapeDn(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return value.replace(/^ | $|[\\,+"<>;=#\u0000]/g, hex);
}

/** Makes text harmless as a value in a search filter (RFC 4515, 3): "*" becomes "\2a". */
export function escapeFilter(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return value.replace(/[\\*()\u0000]/g, hex);
}

function hex(character: string): string {
  return `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
