import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, DEFAULT_CIPHERS } from "node:tls";
import { messageOf } from "../core/errors.ts";
import type { Problem } from "../core/types.ts";
import { listed } from "../core/words.ts";
import type { FileReference, ListenerSettings, TlsSettings } from "../settings/types.ts";
import { clockTime, dayOf } from "../core/clock-time.ts";
import type { FileText, TlsMaterial } from "./types.ts";

interface LoadedTls {
  /** null: the listener cannot be opened. */
  readonly tls: TlsMaterial | null;
  readonly problems: readonly Problem[];
}

interface Input {
  readonly listener: Pick<ListenerSettings, "name" | "origin"> & { readonly tls: TlsSettings };
  readonly files: ReadonlyMap<string, FileText>;
  /** The pair in use, kept when the new one is unfit. */
  readonly previous: TlsMaterial | null;
  readonly nowMs: number;
  /** What works and what does not while this listener has no certificate; see `closedSentence`. */
  readonly closed: string;
}

/** Checks the certificate files of a listener: they exist, parse, belong together, and are in date. */
export function loadTls({ listener, files, previous, nowMs, closed }: Input): LoadedTls {
  const { certfile, keyfile, cafile, capath, crlfile, requireCertificate, minVersion } = listener.tls;
  // A house without certificates is no fault; half a pair, or one that was there before, is.
  const isAbsent = previous === null && [certfile, keyfile].every(({ path }) => files.get(path)?.error === "ENOENT");
  const fault = (what: string, fix: string, where: Pick<FileReference, "origin">): LoadedTls => ({
    tls: previous,
    problems: [
      {
        severity: isAbsent ? "warning" : "error",
        what,
        now: previous === null ? closed : `The pair loaded at ${clockTime(previous.loadedAtMs, nowMs)} stays in use.`,
        fix,
        where: where.origin,
      },
    ],
  });

  const texts = new Map<FileReference, string>();
  for (const [option, reference] of [
    ["certfile", certfile],
    ["keyfile", keyfile],
    ["cafile", cafile],
    ["capath", capath],
    ["crlfile", crlfile],
  ] as const) {
    if (reference === null) continue;
    const found = files.get(reference.path);
    if (found === undefined || found.error !== null) {
      return fault(missing(option, reference, found?.error ?? "ENOENT"), MISSING_FIX, reference);
    }
    texts.set(reference, found.text);
  }
  const cert = texts.get(certfile) ?? "";
  const key = texts.get(keyfile) ?? "";
  const authorities = [cafile, capath].filter((reference) => reference !== null);
  const ca = authorities.length === 0 ? null : authorities.map((reference) => texts.get(reference) ?? "").join("\n");
  const crl = crlfile === null ? null : (texts.get(crlfile) ?? "");
  const ciphers = cipherList(listener.tls);

  const leaf = parse(() => new X509Certificate(cert));
  if (leaf === null) return fault(`${certfile.shown} holds no certificate in PEM form.`, REPLACE_FIX, certfile);
  const privateKey = parse(() => createPrivateKey(key));
  if (privateKey === null) {
    return fault(`${keyfile.shown} holds no private key in PEM form without a passphrase.`, REPLACE_FIX, keyfile);
  }
  if (!leaf.checkPrivateKey(privateKey)) {
    return fault(
      `${keyfile.shown} does not belong to ${certfile.shown} (different public keys).`,
      "Copy both files from the same renewal.",
      keyfile,
    );
  }
  for (const reference of authorities) {
    if (parse(() => new X509Certificate(texts.get(reference) ?? "")) !== null) continue;
    const fix = reference === capath ? REHASH_FIX : REPLACE_FIX;
    return fault(`${reference.shown} holds no certificate in PEM form.`, fix, reference);
  }
  try {
    createSecureContext({ cert, key, ...(ca === null ? {} : { ca }), minVersion });
  } catch (error) {
    return fault(`${certfile.shown} cannot be used for TLS (${messageOf(error)}).`, REPLACE_FIX, certfile);
  }

  if (
    crl !== null &&
    crlfile !== null &&
    parse(() => createSecureContext({ crl: [...revocationLists(crl)] })) === null
  ) {
    return fault(`${crlfile.shown} holds no revocation list in PEM form.`, REPLACE_FIX, crlfile);
  }
  if (ciphers !== null && parse(() => createSecureContext({ ciphers, minVersion })) === null) {
    const shown = [listener.tls.ciphers, listener.tls.ciphersuites].filter((list) => list !== null).join(" and ");
    const fix = "Use OpenSSL's names, with a colon between them, or remove the line.";
    return fault(`Listener ${listener.name} cannot use the ciphers ${shown}.`, fix, listener);
  }

  const unchanged = previous?.cert === cert && previous.key === key && previous.ca === ca && previous.crl === crl;
  const loadedAtMs = unchanged ? previous.loadedAtMs : nowMs;
  return {
    tls: {
      cert,
      key,
      ca,
      requireCertificate,
      asksForCertificate: requireCertificate,
      crl,
      minVersion,
      ciphers,
      loadedAtMs,
    },
    problems: outOfDate(leaf, certfile, nowMs),
  };
}

/** The lists of a file, one by one, as Node wants them; a file without any is given whole, and is refused. */
export function revocationLists(crl: string): readonly string[] {
  return crl.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [crl];
}

/** Node takes one list for all versions: what a line says nothing of stays as Node has it. */
function cipherList({ ciphers, ciphersuites }: TlsSettings): string | null {
  if (ciphers === null && ciphersuites === null) return null;
  const known = DEFAULT_CIPHERS.split(":");
  const older = ciphers ?? known.filter((name) => !name.startsWith("TLS_")).join(":");
  return `${ciphersuites ?? known.filter((name) => name.startsWith("TLS_")).join(":")}:${older}`;
}

const MISSING_FIX = "Put the file there or clear the option.";
const REHASH_FIX = 'Put the CAs there and run "openssl rehash" on it: a CA is found by a name such as 5ad8a5d6.0 only.';
const REPLACE_FIX = "Replace the file; no restart is needed.";

function missing(option: string, { shown, folder: known }: FileReference, error: string): string {
  const folder = shown.startsWith("/") ? "" : ` in ${known}`;
  return error === "ENOENT"
    ? `${option} "${shown}" not found${folder}.`
    : `${option} "${shown}" cannot be read (${error}).`;
}

const DAY_MS = 86_400_000;

function outOfDate(leaf: X509Certificate, certfile: FileReference, nowMs: number): readonly Problem[] {
  const name = leaf.subject.match(/^CN=(.*)$/m)?.[1] ?? certfile.shown;
  const warn = (what: string, fix: string): readonly Problem[] => [
    {
      severity: "warning",
      what,
      now: "It is used; devices that check it refuse the connection.",
      fix,
      where: certfile.origin,
    },
  ];
  const endsMs = Date.parse(leaf.validTo);
  if (endsMs < nowMs) {
    const days = Math.floor((nowMs - endsMs) / DAY_MS);
    const when = days === 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
    return warn(`Certificate for ${name} expired ${when}.`, "Renew it; no restart needed.");
  }
  const startsMs = Date.parse(leaf.validFrom);
  if (startsMs > nowMs) {
    return warn(`Certificate for ${name} is not valid before ${dayOf(startsMs)}.`, "Check the clock of this machine.");
  }
  return [];
}

function parse<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** "Ports 8883 and 8884 stay closed; 1883 and 1884 work." */
export function closedSentence(closed: readonly string[], open: readonly string[]): string {
  const ports = closed.length === 1 ? `Port ${closed[0]} stays` : `Ports ${listed(closed, "and")} stay`;
  if (open.length === 0) return `${ports} closed.`;
  return `${ports} closed; ${listed(open, "and")} ${open.length === 1 ? "works" : "work"}.`;
}
