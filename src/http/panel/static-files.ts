import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Context } from "hono";
import { codeOf } from "../../core/errors.ts";
import { plainPage } from "./plain-page.ts";

/** Answers with a file of the panel. */
export type StaticFiles = (context: Context) => Promise<Response>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".map": "application/json",
};

/** Serves the files that `npm run build:panel` has written to a folder. */
export function staticFiles(folder: string): StaticFiles {
  return async (context) => {
    const { pathname } = new URL(context.req.url);
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const type = TYPES[extname(name)];
    const bytes = type === undefined || !isName(name) ? null : await contentOf(join(folder, name));
    if (bytes === null) return missing(context, name === "index.html");
    // a name with a digest in it stands for one content for ever
    const isFixed = /[.-][A-Z0-9]{8}\.\w+$/i.test(name) && name !== "index.html";
    context.header("Cache-Control", isFixed ? "public, max-age=31536000, immutable" : "no-cache");
    context.header("Content-Type", type ?? "application/octet-stream");
    return context.body(Uint8Array.from(bytes));
  };
}

/** Plain names below the folder, and none that begins with a dot. */
function isName(name: string): boolean {
  return name.split("/").every((part) => /^[\w-][\w.-]*$/.test(part));
}

async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "EISDIR" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
}

function missing(context: Context, isPage: boolean): Response | Promise<Response> {
  if (!isPage) return context.notFound();
  return plainPage(
    context,
    200,
    "The panel is not built",
    'Its files are made by "npm run build:panel". The API is there: api/v1/overview.',
  );
}
