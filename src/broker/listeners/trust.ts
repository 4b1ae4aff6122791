import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Reason } from "../../core/types.ts";
import type { TlsMaterial } from "../../snapshot/types.ts";
import { isRevoked } from "./revoked.ts";
import { CERTIFICATE_MISSING } from "./tls.ts";

/** Whether clients are judged by something else than before: connections that are there have to be judged again. */
export function isTrustChanged(before: TlsMaterial, now: TlsMaterial): boolean {
  if (!now.asksForCertificate) return false;
  if (now.requireCertificate && !before.requireCertificate) return true;
  return before.ca !== now.ca || before.crl !== now.crl;
}

/**
 * Why a client that is connected has to come anew; null when it would be let in now. Its handshake was judged by what
 * was in force then, and TLS has no way to repeat it, so its certificate is followed up to the CA of now. What it sent
 * above its own certificate is not known any more: a chain through others than those in `ca` is judged at its return.
 */
export function trustProblem(socket: TLSSocket, tls: TlsMaterial, nowMs: number): Reason | null {
  const { ca, crl } = tls;
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) {
    if (!tls.requireCertificate) return null;
    return {
      kind: "cert_missing",
      sentence: "has sent no certificate, and now one is required",
      hint: CERTIFICATE_MISSING,
    };
  }
  if (crl !== null && isRevoked(leaf, crl)) {
    return { kind: "cert_rejected", sentence: "its certificate was revoked", hint: "It is named in crlfile." };
  }
  if (isVouchedFor(leaf, certificatesIn(ca ?? ""), nowMs)) return null;
  return {
    kind: "cert_rejected",
    sentence: "its certificate has to be checked again: the CA has changed",
    hint: "It comes back by itself if its certificate is signed by the CA in cafile and valid today.",
  };
}

/** Whether a chain leads from a certificate to a trusted one that vouches for itself. All must be valid now. */
function isVouchedFor(leaf: X509Certificate, trusted: readonly X509Certificate[], nowMs: number): boolean {
  const isRoot = (certificate: X509Certificate): boolean =>
    isSignedBy(certificate, certificate) &&
    trusted.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256);
  let reached = [leaf];
  for (let depth = 0; depth < LONGEST_CHAIN && reached.length > 0; depth++) {
    reached = reached.filter((certificate) => isValidAt(certificate, nowMs));
    if (reached.some(isRoot)) return true;
    reached = trusted.filter((issuer) => issuer.ca && reached.some((below) => isSignedBy(below, issuer)));
  }
  return false;
}

/** Certificates from that of a client to the CA. */
const LONGEST_CHAIN = 10;

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
