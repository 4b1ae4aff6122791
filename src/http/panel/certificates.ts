import { X509Certificate } from "node:crypto";
import type { CertificateInfo } from "../../core/api/system.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { read, type Route } from "./route.ts";

export interface CertificateRoutesDeps {
  readonly current: () => Pick<Snapshot, "listeners" | "http" | "problems">;
  readonly now: () => number;
}

/** The certificates that devices and programs are shown. */
export function certificateRoutes(deps: CertificateRoutesDeps): readonly Route[] {
  const about = { summary: "The certificates in use, and for how long they hold", answer: "CertificateInfo[]" };
  return [read("/certificates", about, () => certificatesOf(deps))];
}

const DAY_MS = 86_400_000;

/** One entry for each certificate, with all the ports that show it. */
export function certificatesOf({ current, now }: CertificateRoutesDeps): readonly CertificateInfo[] {
  const { listeners, http, problems } = current();
  const found = new Map<string, CertificateInfo>();
  for (const { settings, tls } of [...listeners, ...(http === null ? [] : [http])]) {
    if (tls === null || settings.tls === null) continue;
    const known = found.get(tls.cert);
    const { shown } = settings.tls.certfile;
    const files = [shown, settings.tls.keyfile.shown];
    found.set(tls.cert, {
      ...(known ?? factsOf(tls.cert, shown, now())),
      listeners: [...(known?.listeners ?? []), settings.name],
      ...problemOf(files, problems),
    });
  }
  return [...found.values()];
}

function factsOf(pem: string, file: string, nowMs: number): CertificateInfo {
  const { subject, subjectAltName, issuer, serialNumber, validTo } = new X509Certificate(pem);
  const endsAt = Date.parse(validTo);
  return {
    file,
    names: namesIn(subjectAltName ?? "", subject),
    issuer: wordsOf(issuer),
    serial: serialNumber,
    validTo: new Date(endsAt).toISOString(),
    daysLeft: Math.floor((endsAt - nowMs) / DAY_MS),
    listeners: [],
  };
}

/** "DNS:home.example.org, IP Address:192.0.2.4"; a certificate without one has its name in its subject. */
function namesIn(alternatives: string, subject: string): readonly string[] {
  const names = alternatives.split(", ").flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? []);
  return names.length > 0 ? names : [/^CN=(.+)$/m.exec(subject)?.[1] ?? wordsOf(subject)];
}

/** Node writes a name over several lines: "C=DE\nO=House\nCN=House CA". */
function wordsOf(name: string): string {
  return name.split("\n").join(", ");
}

/** What is wrong with the files, in the words of the log. */
function problemOf(files: readonly string[], problems: Snapshot["problems"]): Pick<CertificateInfo, "problem"> {
  const problem = problems.find(({ what }) => files.some((file) => what.includes(file)));
  return problem === undefined ? {} : { problem: problem.what };
}
