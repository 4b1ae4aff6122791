import type { RawObject } from "../../core/raw-object.ts";
import { originsOf, type Plugin, type PluginLines, present, TIMEOUT_MS } from "./plugin.ts";

const REQUESTS = ["auth_req", "super_req", "acl_req"] as const;

type RequestName = (typeof REQUESTS)[number];

/** Where EMQ asks when nothing else is said. */
const USUAL: Readonly<Record<RequestName, string>> = {
  auth_req: "http://127.0.0.1:8080/mqtt/auth",
  super_req: "http://127.0.0.1:8080/mqtt/superuser",
  acl_req: "http://127.0.0.1:8080/mqtt/acl",
};

/** A web service: `auth.http.auth_req = http://127.0.0.1:8080/mqtt/auth`, and `super_req` and `acl_req` likewise. */
export const http: Plugin = {
  prefix: "auth.http",
  type: "http",
  keys: REQUESTS.flatMap((name) => [name, `${name}.method`, `${name}.params`]),
  unused: [],
  isList: false,
  make(lines) {
    if (!lines.all.has("auth_req")) lines.required("auth_req");
    const [login, superuser, acl] = REQUESTS.map((name) => requestOf(lines, name));
    return {
      settings: present({ response: "status", login, super: superuser, acl }),
      origins: originsOf(lines, { login: "auth_req", super: "super_req", acl: "acl_req" }),
      hasRules: acl !== null,
      timeoutMs: TIMEOUT_MS,
    };
  },
};

function requestOf(lines: PluginLines, name: RequestName): RawObject | null {
  const url = lines.orElse(name, USUAL[name]);
  if (url === null) {
    // what belongs to a question may be there because the question was misspelt
    const rest = [`${name}.method`, `${name}.params`].find((key) => lines.all.has(key));
    if (rest !== undefined && name !== "auth_req") {
      lines.fail(
        rest,
        `"auth.http.${rest}" is there, and "auth.http.${name}" is not`,
        `Add "auth.http.${name} = ...", or remove the line.`,
      );
    }
    return null;
  }
  const method = (lines.text(`${name}.method`) ?? (name === "acl_req" ? "get" : "post")).toLowerCase();
  if (method !== "get" && method !== "post") {
    lines.fail(`${name}.method`, `"auth.http.${name}.method = ${method}" cannot be sent`, "Write post or get.");
  }
  return { url, method, encoding: "form", params: paramsOf(lines, `${name}.params`) };
}

/** `clientid=%c,username=%u` */
function paramsOf(lines: PluginLines, key: string): RawObject {
  const pairs = (lines.text(key) ?? "").split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const [name = "", ...value] = pair.split("=");
      if (name.trim() === "" || value.length === 0) {
        lines.fail(key, `"auth.http.${key}" is no list of name=value`, "Write clientid=%c,username=%u for example.");
      }
      return [name.trim(), value.join("=").trim()];
    }),
  );
}
