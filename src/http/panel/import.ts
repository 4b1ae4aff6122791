import type { ImportDone, ImportReport } from "../../core/api/moving.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { listed } from "../../core/words.ts";
import { ApiError } from "./api-error.ts";
import { unfitField } from "./fields.ts";
import { write, type Route } from "./route.ts";

/** A file that was sent. */
export interface SentFile {
  /** Without a folder. */
  readonly name: string;
  readonly bytes: Buffer;
}

export interface ImportRoutesDeps {
  /** null: this broker has no folder of its own to import into. */
  readonly importer: {
    plan(files: readonly SentFile[]): Promise<ImportReport>;
    /** null: there is no such report any more. A text says why it was not done: a sentence. */
    run(token: string): Promise<ImportDone | string | null>;
  } | null;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 50;

/** Takes over what another broker was made of: first a report, then a token carries it out. */
export function importRoutes({ importer }: ImportRoutesDeps): readonly Route[] {
  const about = {
    summary: "With `files`: what they would bring, and a token. With `token`: takes them over",
    takes: "ImportRequest",
    answer: "ImportReport | ImportDone",
    maxBytes: MAX_BODY_BYTES,
  };
  return [
    write("POST", "/import", about, async ({ body }) => {
      if (importer === null) throw standAlone();
      const { token } = body;
      if (token === undefined) return { body: await importer.plan(filesIn(body)), did: null };
      const done = typeof token === "string" ? await importer.run(token) : null;
      if (done === null) {
        const message = "What this token stood for was done, or shown too long ago.";
        throw new ApiError("conflict", message, "Look at it again.", { field: "token" });
      }
      if (typeof done === "string") throw new ApiError("conflict", done, "Look at the report again.");
      return { body: done, did: `took over ${listed(done.changed, "and")}` };
    }),
  ];
}

function standAlone(): ApiError {
  return new ApiError(
    "conflict",
    "This broker reads the conf file that it was started with, so there is nothing to import into.",
    'Ask "culex check -c mosquitto.conf" what carries over, start it with that file, and import a mosquitto.db with "culex import".',
  );
}

function filesIn({ files }: RawObject): readonly SentFile[] {
  if (!Array.isArray(files) || files.length === 0 || files.length > MAX_FILES) {
    throw unfitField("files", `Send 1 to ${MAX_FILES} files, each {name, text} or {name, base64}.`);
  }
  const sent = files.map(fileIn);
  const names = new Set(sent.map(({ name }) => name));
  if (names.size < sent.length) throw unfitField("files", "Send each name once.");
  return sent;
}

/** Reads one. A name is no path: it never leads out of a folder, nor to a hidden file. */
export function fileIn(file: unknown): SentFile {
  if (!isRawObject(file)) throw unfitField("files", "Send each as {name, text} or {name, base64}.");
  const { name, text, base64 } = file;
  if (typeof name !== "string" || !/^[A-Za-z0-9_][A-Za-z0-9 ._-]{0,99}$/.test(name)) {
    throw new ApiError(
      "invalid",
      `"${String(name).slice(0, 120)}" cannot be the name of a file.`,
      "Use letters, digits and . _ -, without a folder.",
      { field: "files" },
    );
  }
  if (typeof text === "string" && base64 === undefined) return { name, bytes: Buffer.from(text) };
  if (typeof base64 === "string" && text === undefined) return { name, bytes: Buffer.from(base64, "base64") };
  throw unfitField("files", `Send "${name}" as {name, text} or {name, base64}.`);
}
