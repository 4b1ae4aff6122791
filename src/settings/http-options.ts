import { isRawObject } from "../core/raw-object.ts";
import { staysBelow } from "./paths.ts";

/** The group `http_publish` of the add-on. */
export interface HttpOptions {
  readonly active: boolean;
  /** Below the ssl folder; empty: none. */
  readonly certfile: string;
  readonly keyfile: string;
  /** Below the folder of the conf files; empty: none. */
  readonly apiKeys: string;
}

const OFF: HttpOptions = { active: false, certfile: "", keyfile: "", apiKeys: "" };

/** Reads the group. What is wrong in it keeps the port closed: without TLS or keys it would not be what was asked for. */
export function readHttp(
  value: unknown,
  report: (what: string, fix: string) => void,
  show: (value: unknown) => string,
): HttpOptions {
  if (value === undefined || value === null) return OFF;
  if (!isRawObject(value)) {
    report(`http_publish: ${show(value)} is not what it can be.`, "Write active (true or false) below it.");
    return OFF;
  }
  const active = value["active"] ?? false;
  if (typeof active !== "boolean") {
    report(`http_publish.active: ${show(active)} is neither true nor false.`, "Write true or false, without quotes.");
    return OFF;
  }
  let isUsable = true;
  const fileIn = (name: string, folder: "/ssl" | "/share"): string => {
    const file = value[name] ?? "";
    if (typeof file === "string" && (file === "" || staysBelow(file, folder))) return file;
    isUsable = false;
    report(
      `http_publish.${name}: ${show(file)} is not a file in ${folder}.`,
      `Write the file's name as it is in ${folder}.`,
    );
    return "";
  };
  const files = {
    certfile: fileIn("certfile", "/ssl"),
    keyfile: fileIn("keyfile", "/ssl"),
    apiKeys: fileIn("api_keys", "/share"),
  };
  return isUsable ? { active, ...files } : OFF;
}
