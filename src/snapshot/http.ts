import { parseApiKeys, type ApiKey } from "../auth/api-keys.ts";
import { clockTime } from "../core/clock-time.ts";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import type { FileReference, HttpSettings, TlsSettings } from "../settings/types.ts";
import { loadTls } from "./certificates.ts";
import type { HttpPlan, Loaded, Snapshot, Sources } from "./types.ts";

interface LoadedHttp {
  readonly plan: HttpPlan | null;
  readonly problems: readonly Problem[];
}

/** Loads what is needed to take messages over HTTP; without the certificate that was asked for the port stays closed. */
export function loadHttp(sources: Sources, previous: Snapshot | null, reserved: readonly string[]): LoadedHttp {
  const { settings, files, readAtMs } = sources;
  const { http } = settings;
  if (http === null) return { plan: null, problems: [] };
  const earlier = previous?.http ?? null;
  const keys = loadKeys(http.keys, earlier?.keys ?? null, sources, reserved);
  if (!isTls(http)) return { plan: { settings: http, tls: null, keys: keys.loaded }, problems: keys.problems };
  const { tls, problems } = loadTls({
    listener: http,
    files,
    previous: earlier?.tls ?? null,
    nowMs: readAtMs,
    closed: "Nothing is taken over HTTP.",
  });
  return {
    plan: tls === null ? null : { settings: http, tls, keys: keys.loaded },
    problems: [...problems, ...keys.problems],
  };
}

function isTls(http: HttpSettings): http is HttpSettings & { readonly tls: TlsSettings } {
  return http.tls !== null;
}

/** Reads the keys; a file that is not there leaves what `earlier` had of it. */
function loadKeys(
  reference: FileReference | null,
  earlier: Loaded<readonly ApiKey[]> | null,
  { files, readAtMs }: Sources,
  reserved: readonly string[],
): { readonly loaded: Loaded<readonly ApiKey[]> | null; readonly problems: readonly Problem[] } {
  if (reference === null) return { loaded: null, problems: [] };
  const { path, shown, folder, origin } = reference;
  const name = shown.slice(shown.lastIndexOf("/") + 1);
  const found = files.get(path);
  if (found === undefined || found.error !== null) {
    const isMissing = found === undefined || found.error === "ENOENT";
    const problem: Problem = {
      severity: "error",
      what: `File of API keys ${name} ${isMissing ? `not found in ${folder}` : `in ${folder} cannot be read (${found.error})`}.`,
      now:
        earlier === null
          ? "No API key is accepted."
          : `The keys loaded at ${clockTime(earlier.loadedAtMs)} stay in use.`,
      fix: `Create the file with the lines that "culex api-key <id>" prints, or take its name out of ${placeOf(origin)}.`,
      where: origin,
    };
    return { loaded: earlier, problems: [problem] };
  }
  const { keys, problems } = parseApiKeys(found.text, name, reserved);
  return { loaded: { path, value: keys, loadedAtMs: readAtMs }, problems };
}
