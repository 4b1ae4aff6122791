import type { ExportedFiles } from "../../core/api/moving.ts";
import { ApiError } from "./api-error.ts";
import { download, type Route } from "./route.ts";

export interface ExportRoutesDeps {
  readonly files: () => Promise<ExportedFiles>;
  /** A copy of what a restart finds again, as `culex backup` makes it; null: nothing is stored. "busy": one is being made. */
  readonly store: () => Promise<AsyncIterable<Uint8Array> | "busy" | null>;
}

/** What moves to another broker, as files to be saved. */
export function exportRoutes({ files, store }: ExportRoutesDeps): readonly Route[] {
  return [
    download("/export", "What moves to another Culex: an ExportedFiles, which POST /import takes", async () => {
      const exported = await files();
      return { name: `culex-${exported.at.slice(0, 10)}.json`, content: once(JSON.stringify(exported, null, 2)) };
    }),
    download("/export/store", "Sessions and retained messages, as `culex backup` copies them", async () => {
      const content = await store();
      if (content === "busy") {
        throw new ApiError("too_many", "A copy is being made at this moment.", "Try again in a minute.");
      }
      if (content !== null) return { name: "culex.db", content };
      const hint = 'Write "persistence true" and a persistence_location into the conf file, and restart it.';
      throw new ApiError("conflict", "This broker stores nothing, so there is nothing to copy.", hint);
    }),
  ];
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
