import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/**
 * `npm run build:panel`: makes dist/panel out of src/panel. The names of script and style carry a hash of what is in them,
 * so that a browser may keep them for ever and still shows the newest. With --if-stale only if a source is newer.
 */
const root = join(import.meta.dirname, "..");
const source = join(root, "src", "panel");
const target = join(root, "dist", "panel");
// What a phone in the garden loads; a page that outgrows it was not looked at on one.
const MAX_GZIP_BYTES = { js: 60_000, css: 10_000 } as const;

if (process.argv.includes("--if-stale") && !isStale()) process.exit(0);

const { outputFiles } = await build({
  entryPoints: { panel: join(source, "main.tsx"), style: join(source, "panel.css") },
  outdir: target,
  entryNames: "[name]-[hash]",
  bundle: true,
  write: false,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});

const files = outputFiles.map(({ path, contents }) => ({ name: path.slice(target.length + 1), contents }));
const nameOf = (ending: string): string => files.find(({ name }) => name.endsWith(ending))?.name ?? "";
const sizes = (["js", "css"] as const).map((ending) => {
  const contents = files.find(({ name }) => name === nameOf(`.${ending}`))?.contents ?? new Uint8Array();
  return { ending, bytes: gzipSync(contents).length, most: MAX_GZIP_BYTES[ending] };
});
const index = readFileSync(join(source, "index.html"), "utf8")
  .replace("panel.css", nameOf(".css"))
  .replace("panel.js", nameOf(".js"));

// Made aside and moved: a broker that runs meanwhile never serves half of it.
const aside = `${target}.${process.pid}`;
rmSync(aside, { recursive: true, force: true });
mkdirSync(aside, { recursive: true });
for (const { name, contents } of files) writeFileSync(join(aside, name), contents);
writeFileSync(join(aside, "index.html"), index);
writeFileSync(join(aside, "icon.svg"), readFileSync(join(source, "icon.svg")));
rmSync(target, { recursive: true, force: true });
renameSync(aside, target);

const report = sizes.map(({ ending, bytes, most }) => `${ending} ${bytes} of ${most} bytes`).join(", ");
process.stdout.write(`Panel built (gzip): ${report}\n`);
if (sizes.some(({ bytes, most }) => bytes > most)) {
  process.stderr.write("The panel is larger than it may be: find what grew, or raise the limit with a reason.\n");
  process.exitCode = 1;
}

function isStale(): boolean {
  const built = statSync(join(target, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" }).map((name) => join(source, name));
  return [...sources, import.meta.filename, join(root, "package-lock.json")].some(
    (path) => statSync(path).mtimeMs > built,
  );
}
