import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { passwordBytes } from "./password-bytes.ts";

/** Turns a plain password into a comparison with it, and keeps a digest only. */
export type PlainComparer = (password: string) => (sent: Uint8Array) => boolean;

/** Makes the comparer of one list of users: under a key of its own, so the digests are worth nothing outside of it. */
export function createPlainComparer(): PlainComparer {
  const key = randomBytes(32);
  const digest = (password: Uint8Array): Buffer => createHmac("sha256", key).update(password).digest();
  return (password) => {
    const expected = digest(Buffer.from(password));
    return (sent) => {
      const bytes = passwordBytes(sent);
      return timingSafeEqual(digest(bytes), expected) && bytes.length > 0;
    };
  };
}
