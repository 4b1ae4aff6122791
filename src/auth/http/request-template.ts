import {
  fillTemplate,
  parseTemplate,
  type PlaceholderName,
  type PlaceholderValues,
  type Template,
} from "../placeholders.ts";

/** A request as the owner writes it; placeholders may stand in path, query, header values and parameters. */
export interface RequestSettings {
  readonly url: string;
  /** Missing: "post". */
  readonly method?: "get" | "post";
  /** How parameters travel. Missing: as the content-type header says, or JSON; in the query of a GET. */
  readonly encoding?: "json" | "form" | "query";
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
}

/** The schema of `RequestSettings`. */
export const REQUEST_PROPERTIES = {
  url: { type: "string" },
  method: { type: "string", enum: ["get", "post"], nullable: true },
  encoding: { type: "string", enum: ["json", "form", "query"], nullable: true },
  headers: { type: "object", nullable: true, required: [], additionalProperties: { type: "string" } },
  params: { type: "object", nullable: true, required: [], additionalProperties: { type: "string" } },
} as const;

/** A request that is ready to be sent. */
interface FilledRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface RequestTemplate {
  /** As messages call it: without placeholders' values, and without the query, which may hold a password. */
  readonly place: string;
  /** null: a value cannot stand where it would have to, a line end in a header for example. */
  filledWith(values: PlaceholderValues): FilledRequest | null;
}

/** What stands before the path; nothing a client sends may change which machine is asked. */
const AUTHORITY = /^https?:\/\/[^/?#]+/i;

type Pair = [name: string, value: string];
type Fields = readonly (readonly [name: string, value: Template])[];

/**
 * Prepares a request once, so that a login only fills it in: every value is escaped for the place where it goes.
 * @throws Error when the url cannot be used; it is not quoted, since it may hold a password.
 */
export function compileRequest(settings: RequestSettings, allowed: readonly PlaceholderName[]): RequestTemplate {
  const { url } = settings;
  const method = settings.method ?? "post";
  checkUrl(url, allowed);
  const target = parseTemplate(url, allowed);
  const fields: Fields = Object.entries(settings.params ?? {}).map(([name, value]) => [
    name,
    parseTemplate(value, allowed),
  ]);
  const given = Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const encoding = method === "get" ? "query" : (settings.encoding ?? encodingOf(new Map(given).get("content-type")));
  const headers: Fields = given
    // of a GET it would announce a body that there is not
    .filter(([name]) => encoding !== "query" || name !== "content-type")
    .map(([name, value]) => [name, parseTemplate(value, allowed)]);
  return {
    place: url.replace(/[?#].*$/s, ""),
    filledWith(values) {
      const filled = fillTemplate(target, values, encodeURIComponent);
      const sent = fillHeaders(headers, values);
      if (sent === null || climbs(filled)) return null;
      const pairs = fields.map(([name, template]): Pair => [name, fillTemplate(template, values, asItIs)]);
      const base = { method: method === "get" ? "GET" : "POST" } as const;
      if (encoding === "query") {
        return { ...base, url: withQuery(filled, pairs), headers: { accept: ACCEPT, ...sent }, body: null };
      }
      const type = encoding === "json" ? "application/json" : "application/x-www-form-urlencoded";
      const body =
        encoding === "json" ? JSON.stringify(Object.fromEntries(pairs)) : new URLSearchParams(pairs).toString();
      return { ...base, url: filled, headers: { accept: ACCEPT, "content-type": type, ...sent }, body };
    },
  };
}

const ACCEPT = "application/json, */*;q=0.5";

function checkUrl(url: string, allowed: readonly PlaceholderName[]): void {
  const [authority] = AUTHORITY.exec(url) ?? [];
  const parsed = URL.parse(url);
  if (authority === undefined || parsed === null) throw new Error("url is no http or https url");
  if (parsed.username !== "" || parsed.password !== "") throw new Error("url carries a login; send it in a header");
  if (parseTemplate(authority, allowed).some((part) => typeof part !== "string")) {
    throw new Error("url has a placeholder in its host");
  }
}

function encodingOf(contentType: string | undefined): "json" | "form" {
  return contentType?.includes("x-www-form-urlencoded") === true ? "form" : "json";
}

function asItIs(value: string): string {
  return value;
}

function withQuery(url: string, pairs: Pair[]): string {
  if (pairs.length === 0) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams(pairs).toString()}`;
}

/** A user called ".." would ask another path of the service. */
function climbs(url: string): boolean {
  const path = url.replace(AUTHORITY, "").split(/[?#]/)[0] ?? "";
  return path.split("/").some((level) => /^(?:\.|%2e){1,2}$/i.test(level));
}

function fillHeaders(headers: Fields, values: PlaceholderValues): Readonly<Record<string, string>> | null {
  const filled: Record<string, string> = {};
  for (const [name, template] of headers) {
    const value = fillTemplate(template, values, asItIs);
    // a line end would begin another header
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return null;
    // Node sends a character as a byte: what is not ASCII travels as UTF-8
    filled[name] = Buffer.from(value, "utf8").toString("latin1");
  }
  return filled;
}
