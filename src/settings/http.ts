import { posix } from "node:path";
import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import type { Draft } from "./directives/draft.ts";
import type { Options } from "./options.ts";
import { resolvePath, shownFolder } from "./paths.ts";
import type { Environment, FileReference, HttpSettings } from "./types.ts";

/** The port where the add-on takes messages over HTTP; the name that log lines show. */
const OWN_NAME = "http 8080";

interface Composed {
  readonly value: HttpSettings | null;
  readonly problems: readonly Problem[];
}

/** What conf files say has the last word, then the option. Half a pair of certificate and key never means plain HTTP. */
export function httpSettings({ host, ports, folders }: Environment, options: Options | null, draft: Draft): Composed {
  const { listener, isShut } = draft.http;
  const option = options?.httpPublish ?? null;
  const port = listener?.port ?? (option?.active === true ? (ports.http ?? null) : null);
  if (port === null) return { value: null, problems: listener === null ? unusedLines(draft) : [] };
  if (isShut) return { value: null, problems: [] };
  const origin: Origin = listener?.origin ?? { file: options?.file ?? "options.json" };
  const inFolder = (folder: string, shown: string): FileReference | null => {
    if (shown === "") return null;
    const path = resolvePath(shown, folders, folder);
    return { path, shown, folder: shownFolder(path, folders), origin };
  };
  const certfile = draft.http.certfile ?? inFolder(folders.ssl, option?.certfile ?? "");
  const keyfile = draft.http.keyfile ?? inFolder(folders.ssl, option?.keyfile ?? "");
  const keysFolder = posix.join(folders.share, options?.customize.folder ?? "");
  const keys = draft.http.keys ?? inFolder(keysFolder, option?.apiKeys ?? "");
  if ((certfile === null) !== (keyfile === null)) return { value: null, problems: [noPair(origin)] };
  const tls =
    certfile === null || keyfile === null
      ? null
      : ({ ...TLS_TERMS, certfile, keyfile, cafile: null, requireCertificate: false } as const);
  const name = listener === null ? OWN_NAME : `http ${listener.host === null ? "" : `${listener.host}:`}${port}`;
  return { value: { name, host: listener?.host ?? host, port, tls, keys, origin }, problems: [] };
}

const TLS_TERMS = { capath: null, crlfile: null, minVersion: "TLSv1.2", ciphers: null, ciphersuites: null } as const;

function noPair(origin: Origin): Problem {
  return {
    severity: "error",
    what: `${placeOf(origin)}: publishing over HTTP has half of a certificate, which takes both certfile and keyfile.`,
    now: "Nothing is taken over HTTP.",
    fix: "Add the missing one, or remove the other for HTTP without TLS.",
    where: origin,
  };
}

/** Lines about something that no line and no option opens. */
function unusedLines({ http }: Draft): readonly Problem[] {
  const origin = (http.certfile ?? http.keyfile ?? http.keys)?.origin;
  if (origin === undefined || http.isShut) return [];
  return [
    {
      severity: "warning",
      what: `${placeOf(origin)}: this line is about publishing over HTTP, which is switched off.`,
      now: "It has no effect.",
      fix: 'Add "http_publish <port>", or switch on http_publish in the options.',
      where: origin,
    },
  ];
}
