/** An object as it was parsed, before anything in it is believed. */
export type RawObject = Readonly<Record<string, unknown>>;

/** Tells an object from lists, null and single values. */
export function isRawObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
