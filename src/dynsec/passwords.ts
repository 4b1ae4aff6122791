import { hashFault } from "../core/password-hash.ts";
import type { RawObject } from "../core/raw-object.ts";
import type { Members } from "./members.ts";
import type { StoredPassword } from "./types.ts";

/**
 * Reads the password of a client in either layout. What cannot be checked is kept for the file, with no hash: nobody
 * can log in with it.
 *
 *     "password":"<base64>","salt":"<base64>","iterations":101      Mosquitto 2.0
 *     "encoded_password":"$7$1000$<base64>$<base64>"                Mosquitto 2.1
 */
export function readPassword(members: Members): StoredPassword | null {
  const encoded = members.get("encoded_password");
  if (encoded !== undefined) {
    const hash = typeof encoded === "string" ? usable(encoded) : null;
    return { layout: "2.1", hash, members: { encoded_password: encoded } };
  }
  const [password, salt, iterations] = [members.get("password"), members.get("salt"), members.get("iterations")];
  if (password === undefined && salt === undefined && iterations === undefined) return null;
  const hash =
    typeof password === "string" && typeof salt === "string" && typeof iterations === "number"
      ? usable(`$7$${iterations}$${salt}$${password}`)
      : null;
  return { layout: "2.0", hash, members: dropUndefined({ password, salt, iterations }) };
}

/** Stores a new hash in the layout of 2.0, which 2.1 reads too; only a hash that does not fit goes into that of 2.1. */
export function storedPassword(hash: string): StoredPassword {
  const [, iterations, salt, password] = /^\$7\$(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? [];
  if (password === undefined) return { layout: "2.1", hash, members: { encoded_password: hash } };
  return { layout: "2.0", hash, members: { password, salt, iterations: Number(iterations) } };
}

function usable(hash: string): string | null {
  return hashFault(hash) === null ? hash : null;
}

function dropUndefined(members: RawObject): RawObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
