import { isRawObject } from "../core/raw-object.ts";
import type { StageSettings } from "./types.ts";

/** Whether a stage lets clients in by a certificate: then TLS listeners with a CA ask for one, and go on without. */
export function takesCertificates({ type, settings }: Pick<StageSettings, "type" | "settings">): boolean {
  if (type === "certificate") return true;
  const users: unknown = type === "users" && isRawObject(settings) ? settings["users"] : null;
  return Array.isArray(users) && users.some(hasGrant);
}

function hasGrant(user: unknown): boolean {
  const grants: unknown = isRawObject(user) ? user["grants"] : null;
  return Array.isArray(grants) && grants.includes("certificate");
}
