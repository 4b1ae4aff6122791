import type { TraceFile, TraceInfo } from "../../core/api/traces.ts";
import type { RawObject } from "../../core/raw-object.ts";
import { withoutTokens } from "../../core/tokens.ts";
import { ApiError } from "./api-error.ts";
import { pageOf } from "./page.ts";
import { download, read, type Route, write } from "./route.ts";

/** Why a trace is not started or stopped, as the end of a sentence. */
interface Fault {
  readonly of: "wish" | "state";
  readonly text: string;
}

/** What runs traces. */
interface TraceDesk {
  list(): readonly TraceInfo[];
  start(wish: RawObject): TraceInfo | Fault;
  /** Whether there was one. */
  stop(kind: string, value: string): boolean | Fault;
  /** The newest first. */
  files(): Promise<readonly TraceFile[]>;
  /** null: there is no such file. */
  read(file: string): Promise<AsyncIterable<Uint8Array> | null>;
}

export interface TraceRoutesDeps {
  /** Loads it; null: the broker has no folder, and so no traces. */
  readonly traces: (() => Promise<TraceDesk>) | null;
}

const LIST = {
  texts: ({ kind, value, file }: TraceInfo) => [kind, value, file],
  sorts: {
    value: ({ value }: TraceInfo) => value,
    kind: ({ kind }: TraceInfo) => kind,
    until: ({ until }: TraceInfo) => until,
    bytes: ({ bytes }: TraceInfo) => bytes,
  },
};

const FILES = { texts: ({ file }: TraceFile) => [file], sorts: { newest: () => 0 } };

/** Packets written to files, for who searches for something. */
export function traceRoutes({ traces }: TraceRoutesDeps): readonly Route[] {
  return [
    read("/traces", { summary: "The traces that run", answer: "Page<TraceInfo>" }, async ({ query }) =>
      pageOf(traces === null ? [] : (await traces()).list(), query, LIST),
    ),
    read(
      "/trace-files",
      { summary: "The files of traces, the newest first; also of those that have ended", answer: "Page<TraceFile>" },
      async ({ query }) => pageOf(traces === null ? [] : await (await traces()).files(), query, FILES),
    ),
    write(
      "POST",
      "/traces",
      { summary: "Writes what a client, user, ip or topic does to a file", takes: "NewTrace", answer: "TraceInfo" },
      async ({ body }) => {
        if (traces === null) throw noFolder();
        const begun = (await traces()).start(body);
        if ("of" in begun) throw errorOf("No trace was started", begun);
        return { body: begun, did: `started a trace of the ${nameOf(begun.kind, begun.value)} to ${begun.file}` };
      },
    ),
    write(
      "DELETE",
      "/traces/{kind}/{value}",
      { summary: "Ends a trace, and keeps its file; one that does not run is no fault", takes: null, answer: null },
      async ({ param }) => {
        if (traces === null) throw noFolder();
        const [kind, value] = [param("kind"), param("value")];
        const was = (await traces()).stop(kind, value);
        if (typeof was !== "boolean") throw errorOf("No trace was stopped", was);
        return { did: was ? `stopped the trace of the ${nameOf(kind, value)}` : null };
      },
    ),
    download(
      "/traces/{file}/text",
      "The file of a trace, to be saved; also when the trace has ended",
      async (request) => {
        const file = request.param("file");
        const content = traces === null ? null : await (await traces()).read(file);
        if (content === null) {
          throw new ApiError("not_found", `There is no trace in a file "${file}".`, "See api/v1/trace-files.");
        }
        return { name: file, content };
      },
    ),
  ];
}

function errorOf(what: string, { of, text }: Fault): ApiError {
  return of === "wish"
    ? new ApiError("invalid", `${what}: ${text}.`, "Correct it.")
    : new ApiError("conflict", `${what}: ${text}.`, "Stop a trace that runs, or choose another file.");
}

function noFolder(): ApiError {
  const hint = 'Write "persistence true" and a persistence_location into the conf file, and restart it.';
  return new ApiError("conflict", "The broker has no folder of its own, and so no traces.", hint);
}

function nameOf(kind: string, value: string): string {
  return `${kind === "client" ? "client id" : kind} ${withoutTokens(value)}`;
}
