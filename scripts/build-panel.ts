import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { weightsOf } from "./panel-budget.ts";

/**
 * `npm run build:panel`: makes dist/panel out of src/panel. The names of script and style carry a hash of what is in them,
 * so that a browser may keep them for ever and still shows the newest. With --if-stale only if a source is newer.
 */
const root = join(import.meta.dirname, "..");
const source = join(root, "src", "panel");
const target = join(root, "dist", "panel");

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

const report = weightsOf(target).map(({ ending, bytes, most }) => `${ending} ${bytes} of ${most} bytes`);
process.stdout.write(`Panel built (gzip): ${report.join(", ")}\n`);

function isStale(): boolean {
  const built = statSync(join(target, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" }).map((name) => join(source, name));
  return [source, ...sources, import.meta.filename, join(root, "package-lock.json")].some(
    (path) => statSync(path).mtimeMs > built,
  );
}
