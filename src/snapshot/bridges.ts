import { createPrivateKey, X509Certificate } from "node:crypto";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import type { BridgeSettings, BridgeTlsSettings, FileReference } from "../settings/types.ts";
import type { BridgePlan, BridgeTls, Snapshot, Sources } from "./types.ts";

/** Loads the certificates of the bridges. A bridge whose files are unfit keeps what it had, or is not started. */
export function loadBridges(
  { settings, files }: Pick<Sources, "settings" | "files">,
  previous: Snapshot | null,
): { readonly plans: readonly BridgePlan[]; readonly problems: readonly Problem[] } {
  const plans: BridgePlan[] = [];
  const problems: Problem[] = [];
  for (const bridge of settings.bridges) {
    if (bridge.tls === null) {
      plans.push({ settings: bridge, tls: null });
      continue;
    }
    const loaded = loadTls(bridge.tls, files);
    if ("fault" in loaded) {
      const kept = previous?.bridges.find((plan) => plan.settings.name === bridge.name) ?? null;
      const earlier = kept !== null && kept.tls !== null ? kept : null;
      if (earlier !== null) plans.push(earlier);
      problems.push(unfit(bridge, loaded, earlier !== null));
    } else plans.push({ settings: bridge, tls: loaded });
  }
  return { plans, problems };
}

interface Unfit {
  /** Ends the sentence 'bridge_cafile "ca.crt" '. */
  readonly fault: string;
  readonly option: string;
  readonly reference: FileReference;
}

function loadTls({ cafile, certfile, keyfile }: BridgeTlsSettings, files: Sources["files"]): BridgeTls | Unfit {
  const texts: (string | null)[] = [];
  for (const [option, reference, isFit, isWhat] of [
    ["bridge_cafile", cafile, isCertificate, "a certificate in PEM form"],
    ["bridge_certfile", certfile, isCertificate, "a certificate in PEM form"],
    ["bridge_keyfile", keyfile, isKey, "a private key in PEM form without a passphrase"],
  ] as const) {
    if (reference === null) {
      texts.push(null);
      continue;
    }
    const found = files.get(reference.path);
    const error = found === undefined ? "ENOENT" : found.error;
    if (found === undefined || found.error !== null) {
      return { option, reference, fault: error === "ENOENT" ? "not found" : `cannot be read (${error})` };
    }
    if (!isFit(found.text)) return { option, reference, fault: `does not hold ${isWhat}` };
    texts.push(found.text);
  }
  const [ca = null, cert = null, key = null] = texts;
  if (cert !== null && key !== null && keyfile !== null && !belongTogether(cert, key)) {
    return { option: "bridge_keyfile", reference: keyfile, fault: "does not belong to the bridge_certfile" };
  }
  return { ca, cert, key };
}

function unfit({ name, origin }: BridgeSettings, { fault, option, reference }: Unfit, isKept: boolean): Problem {
  return {
    severity: "error",
    what: `${placeOf(reference.origin)}: ${option} "${reference.shown}" ${fault}.`,
    now: isKept ? `The bridge "${name}" goes on with the files it had.` : `The bridge "${name}" is not started.`,
    fix: "Put the right file there; no restart is needed.",
    where: reference.origin.line === undefined ? origin : reference.origin,
  };
}

function isCertificate(text: string): boolean {
  return parses(() => new X509Certificate(text));
}

function isKey(text: string): boolean {
  return parses(() => createPrivateKey(text));
}

function belongTogether(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

function parses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
