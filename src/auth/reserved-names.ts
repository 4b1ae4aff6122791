/**
 * Tells whether Home Assistant would take a user name for a reserved one: " Addons" and "ADDONS" are "addons" there.
 * `reservedUsers` are in lower case.
 */
export function isReservedName(username: string, reservedUsers: readonly string[]): boolean {
  // lower, upper and lower again is the case folding of Home Assistant: both sharp s become two letters
  return reservedUsers.includes(username.normalize("NFKC").trim().toLowerCase().toUpperCase().toLowerCase());
}
