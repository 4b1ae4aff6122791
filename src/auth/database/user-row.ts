import { BackendError } from "../../core/errors.ts";
import type { Credentials } from "../../core/types.ts";
import type { StoredPassword } from "../hash-algorithm.ts";
import { isSuperuserValue } from "../superuser.ts";
import { has, type Row, textIn } from "./row.ts";

/** Columns that are never the password, whatever the query calls that. */
const OTHERS: readonly string[] = ["username", "clientid", "salt", "is_superuser"];

/**
 * The password in a row of `auth_query`: the column `password_hash` or `password`, or the only one that has no other
 * meaning; null: the user has none.
 * @throws BackendError when there is no telling which column it is.
 */
export function storedPassword(row: Row): StoredPassword | null {
  const unnamed = Object.keys(row).filter((column) => !OTHERS.includes(column));
  const column =
    ["password_hash", "password"].find((name) => has(row, name)) ?? (unnamed.length === 1 ? unnamed[0] : undefined);
  if (column === undefined) throw new BackendError("auth_query gives no column password_hash or password");
  const hash = textIn(row, column);
  return hash === null ? null : { hash, salt: textIn(row, "salt") ?? "" };
}

/**
 * Whether a row is that of the client, byte for byte, as far as the query gives its names: a database may take other
 * spellings for the same.
 */
export function isRowOf(row: Row, { username, clientId }: Credentials): boolean {
  const [name, id] = [textIn(row, "username"), textIn(row, "clientid")];
  return (name === null || name === username) && (id === null || id === clientId);
}

/** Whether a row makes a superuser: its column `is_superuser`, or in a row of `super_query` the first one. */
export function isSuperuserRow(row: Row): boolean {
  return isSuperuserValue(has(row, "is_superuser") ? row["is_superuser"] : Object.values(row)[0]);
}
