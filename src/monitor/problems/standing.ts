import type { ProblemInfo } from "../../core/api/problems.ts";
import type { BridgeInfo } from "../../core/api/bridges.ts";
import type { CertificateInfo } from "../../core/api/system.ts";

/** Days before a certificate ends at which that is told, and at which it is urgent. */
const WARN_DAYS = 21;
const URGENT_DAYS = 7;

/** Bridges that are not connected, because something went wrong. */
export function bridgeCards(bridges: readonly BridgeInfo[], startedAtMs: number): readonly ProblemInfo[] {
  return bridges.flatMap(({ name, address, state, since, lastError, where }) => {
    if (state === "connected" || lastError === undefined) return [];
    const at = since ?? new Date(startedAtMs).toISOString();
    return {
      ...once(`bridge-${name}`, at),
      kind: "bridge",
      severity: state === "stopped" ? "error" : "warning",
      subject: name,
      reason: {
        kind: "bridge",
        sentence: `bridge to ${address}: ${lastError}`,
        ...(where === undefined ? {} : { where }),
      },
      action: { label: "show_bridge", route: `#/bridges/${encodeURIComponent(name)}` },
    };
  });
}

/** Certificates that will end soon; what is wrong with one now is told with the settings. */
export function certificateCards(
  certificates: readonly CertificateInfo[],
  startedAtMs: number,
): readonly ProblemInfo[] {
  return certificates.flatMap(({ file, names, daysLeft, serial }) => {
    if (daysLeft > WARN_DAYS || daysLeft < 0) return [];
    const left = daysLeft === 0 ? "less than a day" : daysLeft === 1 ? "1 day" : `${daysLeft} days`;
    return {
      ...once(`certificate-${serial}`, new Date(startedAtMs).toISOString()),
      kind: "certificate",
      severity: daysLeft < URGENT_DAYS ? "error" : "warning",
      subject: file,
      reason: {
        kind: "certificate",
        sentence: `the certificate for ${names[0] ?? file} ends in ${left}`,
        hint: "Renew it; no restart is needed.",
      },
      action: { label: "show_certificates", route: "#/system/certificates" },
    };
  });
}

function once(id: string, at: string): Pick<ProblemInfo, "id" | "user" | "ips" | "count" | "first" | "last"> {
  return { id, user: null, ips: [], count: 1, first: at, last: at };
}
