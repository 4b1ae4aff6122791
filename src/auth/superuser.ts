/**
 * Whether a value of a database, a directory or an answer makes a superuser: true, a number from 1, and both as text or
 * as a byte (MySQL's BIT). Everything else is no. EMQ 5 reads it so; "t" is how PostgreSQL writes true.
 */
export function isSuperuserValue(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return value >= 1;
  if (typeof value === "string")
    return /^(?:t|true)$/i.test(value) || (/^\d+(?:\.\d+)?$/.test(value) && Number(value) >= 1);
  return value instanceof Uint8Array && value.length === 1 && value[0] === 1;
}
