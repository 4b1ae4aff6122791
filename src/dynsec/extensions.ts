import { isRawObject } from "../core/raw-object.ts";
import type { Members } from "./members.ts";

/*
 * What Mosquitto does not have: members that it ignores when it reads the file. Each reader answers undefined for a
 * member that is not there, and null for one that makes no sense. null in a command takes the setting away.
 */

/** Names of variables, as they stand in %{name}. */
const VARIABLE_NAME = /^[A-Za-z0-9_-]+$/;

/** Reads `"clientids":["plug-1","sensor-*"]`. */
export function readClientIds(members: Members): readonly string[] | null | undefined {
  const value = members.get("clientids");
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return null;
  const ids = value.filter((id) => typeof id === "string" && id !== "");
  return ids.length === value.length ? ids : null;
}

/** Reads `"maxconnections":3`. */
export function readMaxConnections(members: Members): number | null | undefined {
  const value = members.get("maxconnections");
  if (value === undefined) return undefined;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : null;
}

/** Reads `"maxpublishrate":20`, messages per second. */
export function readMaxPublishRate(members: Members): number | null | undefined {
  const value = members.get("maxpublishrate");
  if (value === undefined) return undefined;
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
}

/** Reads `"variables":{"room":"kitchen"}`. A value stands for one level or several of a topic, never for a wildcard. */
export function readVariables(members: Members): ReadonlyMap<string, string> | null | undefined {
  const value = members.get("variables");
  if (value === undefined) return undefined;
  if (!isRawObject(value)) return null;
  const variables = new Map<string, string>();
  for (const [name, text] of Object.entries(value)) {
    if (!VARIABLE_NAME.test(name) || typeof text !== "string" || !isLevels(text)) return null;
    variables.set(name, text);
  }
  return variables;
}

/** Tells whether a client id fits one that is allowed, in which "*" stands for any characters. */
export function fitsClientId(pattern: string, clientId: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return clientId === pattern;
  if (!clientId.startsWith(head)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = clientId.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return clientId.length - tail.length >= at && clientId.endsWith(tail);
}

function isLevels(text: string): boolean {
  return text !== "" && !/[+#\0]/.test(text);
}
