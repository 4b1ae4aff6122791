import { randomUUID } from "node:crypto";

/** Makes a client id for a client that brought none, in mosquitto's form: "auto-" and a UUID in upper case. */
export function assignClientId(): string {
  return `auto-${randomUUID().toUpperCase()}`;
}
