import type { ErrorBody } from "../../core/api/common.ts";

/** An answer that is no success, or none at all. */
export class ApiError extends Error {
  /** HTTP status; 0: the broker did not answer. */
  readonly status: number;
  /** What is wrong and what to do; null: the broker said neither. */
  readonly body: ErrorBody["error"] | null;

  constructor(status: number, body: ErrorBody["error"] | null) {
    super(body?.message ?? `status ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
  }
}

/** The API of the broker. Answers are of our own server, so their types are those of `src/core/api`. */
export interface Api {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Gets what somebody is going to edit, and a mark of how it is. */
  getMarked<T>(path: string): Promise<Marked<T>>;
  /**
   * Writes something; `path` stands below `api/v1/`: "problems/4711/mute". With a mark only if what is edited is still as
   * it was then.
   */
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, mark?: string): Promise<T>;
}

export interface Marked<T> {
  readonly data: T;
  readonly mark: string;
}

/** Makes an API whose addresses are relative to the page, because the path before it belongs to Home Assistant. */
export function createApi(page: Window): Api {
  const ask = async <T>(path: string, init: RequestInit): Promise<Marked<T>> => {
    const response = await page.fetch(urlOf(page, path), init).catch(() => null);
    if (response === null) throw new ApiError(0, null);
    const text = await response.text();
    if (!response.ok) throw new ApiError(response.status, errorIn(text));
    try {
      return { data: JSON.parse(text === "" ? "null" : text), mark: response.headers.get("etag") ?? "" };
    } catch {
      throw new ApiError(response.status, null);
    }
  };
  return {
    get: async <T>(path: string, signal?: AbortSignal) =>
      (await ask<T>(path, signal === undefined ? {} : { signal })).data,
    getMarked: (path) => ask(path, {}),
    send: async <T>(method: string, path: string, body: unknown = {}, mark?: string) => {
      const init = {
        method,
        // A form of another site can send neither [cross-site request forgery].
        headers: {
          "content-type": "application/json",
          "x-requested-with": "panel",
          ...(mark === undefined ? {} : { "if-match": mark }),
        },
        body: JSON.stringify(body),
      };
      return (await ask<T>(path, init)).data;
    },
  };
}

/** Address of the API below the page's own. */
export function urlOf(page: Window, path: string): URL {
  return new URL(`api/v1/${path}`, page.document.baseURI);
}

/**
 * A name as it stands in a path. Home Assistant decodes paths, builds them anew and refuses some texts in them, so what is
 * not plain goes as "~" and base64url, which the broker reads.
 */
export function segment(name: string): string {
  if (/^\w[\w.-]*$/.test(name) && !name.includes("..")) return name;
  const bytes = Array.from(new TextEncoder().encode(name), (byte) => String.fromCharCode(byte)).join("");
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

function errorIn(text: string): ErrorBody["error"] | null {
  try {
    const body: ErrorBody | null = JSON.parse(text);
    return typeof body?.error?.message === "string" ? body.error : null;
  } catch {
    return null;
  }
}
