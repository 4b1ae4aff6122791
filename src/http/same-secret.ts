import { createHash, timingSafeEqual } from "node:crypto";

/** Compares secrets in a time that tells nothing of where they differ, nor how long they are. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
