import type { RawObject } from "../../core/raw-object.ts";

/** A request that may be carried out: its sender is an administrator. */
export interface PanelRequest {
  /** What stands in the path for a name in braces, decoded; "" for a name that the path does not have. */
  readonly param: (name: string) => string;
  readonly query: URLSearchParams;
  /** The JSON object that was sent; empty: none was. */
  readonly body: RawObject;
  /** Who sends it, as the record of what was done names it. */
  readonly by: string;
}

/** One address of the API. Every noun has a file that makes its routes from functions that it declares itself. */
export type Route = Read | Download | Write;

interface Described {
  /** Below `api/v1`, with names in braces: "/clients/{id}/events". A name may hold slashes. */
  readonly path: string;
  /** What it does, for the description of the API. */
  readonly summary: string;
  /** The type in `src/core/api` of what comes back: "ClientInfo", "Page<ClientInfo>", "ClientEvent[]"; null: nothing. */
  readonly answer: string | null;
}

interface Read extends Described {
  readonly method: "GET";
  /** Gives the answer. @throws ApiError when there is none. */
  readonly handle: (request: PanelRequest) => unknown;
}

interface Download extends Described {
  readonly method: "GET";
  readonly isFile: true;
  /** Gives the file. @throws ApiError when there is none. */
  readonly handle: (request: PanelRequest) => Promise<FileToSave>;
}

/** A file as a browser saves it, whatever is in it. */
export interface FileToSave {
  /** Of letters, digits and `. _ -`. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

interface Write extends Described {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** The type in `src/core/api` of the body; null: it needs none. */
  readonly takes: string | null;
  /** Bytes of the largest body. Missing: 256 KiB. */
  readonly maxBytes?: number;
  /** What is edited, as a GET would show it now, so that nobody overwrites what he has not seen (If-Match). */
  readonly current?: (request: PanelRequest) => unknown;
  /** Carries it out. @throws ApiError when it is not. */
  readonly handle: (request: PanelRequest) => Done | Promise<Done>;
}

/** What a write came to. */
export interface Done {
  /** The answer; undefined: none. */
  readonly body?: unknown;
  /** For the record: "disconnected kitchen-plug"; null: nothing was changed. Never a secret. */
  readonly did: string | null;
}

/** Describes an address that only tells. */
export function read(
  path: string,
  { summary, answer }: Pick<Read, "summary" | "answer">,
  handle: Read["handle"],
): Route {
  return { method: "GET", path, summary, answer, handle };
}

/** Describes an address that gives a file. */
export function download(path: string, summary: string, handle: Download["handle"]): Route {
  return { method: "GET", isFile: true, path, summary, answer: null, handle };
}

/** Describes an address that changes something. */
export function write(
  method: Write["method"],
  path: string,
  about: Omit<Write, "method" | "path" | "handle">,
  handle: Write["handle"],
): Route {
  return { method, path, ...about, handle };
}
