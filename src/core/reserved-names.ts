/** Tells whether Home Assistant would take a user name for a reserved one. `reservedUsers` are in lower case. */
export function isReservedName(username: string, reservedUsers: readonly string[]): boolean {
  return reservedNameOf(username, reservedUsers) !== null;
}

/**
 * The reserved name that Home Assistant would take a user name for; null: none. " Addons" and "ADDONS" are "addons"
 * there, and "homeaßistant" is "homeassistant".
 */
export function reservedNameOf(username: string, reservedUsers: readonly string[]): string | null {
  // lower, upper and lower again is the case folding of Home Assistant: both sharp s become two letters
  const folded = username.normalize("NFKC").trim().toLowerCase().toUpperCase().toLowerCase();
  return reservedUsers.includes(folded) ? folded : null;
}
