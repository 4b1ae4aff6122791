import { createHash, timingSafeEqual } from "node:crypto";
import { passwordBytes } from "../password-bytes.ts";

const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["MD5", "md5"],
  ["SMD5", "md5"],
  ["SHA", "sha1"],
  ["SSHA", "sha1"],
  ["SHA256", "sha256"],
  ["SSHA256", "sha256"],
  ["SHA384", "sha384"],
  ["SSHA384", "sha384"],
  ["SHA512", "sha512"],
  ["SSHA512", "sha512"],
]);

/**
 * Compares a password with a value of userPassword that names its scheme (RFC 2307, 5.3): "{SSHA}" and base64 of the
 * digest over password and salt, and the salt behind it. null: it is in no scheme that is known here.
 */
export function matchesScheme(stored: string, password: Uint8Array): boolean | null {
  const [, scheme = "", base64 = ""] = /^\{([A-Za-z0-9]+)\}([A-Za-z0-9+/]+={0,2})$/.exec(stored) ?? [];
  const digest = DIGESTS.get(scheme.toUpperCase());
  if (digest === undefined) return null;
  const bytes = passwordBytes(password);
  const decoded = Buffer.from(base64, "base64");
  const hash = createHash(digest).update(bytes);
  const { length } = createHash(digest).update("").digest();
  const isSalted = /^s(?:s|md)/i.test(scheme);
  if (isSalted ? decoded.length < length : decoded.length !== length) return null;
  hash.update(decoded.subarray(length));
  return timingSafeEqual(hash.digest(), decoded.subarray(0, length)) && bytes.length > 0;
}
