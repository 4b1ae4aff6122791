import type { Server, TlsOptions, TLSSocket } from "node:tls";
import { codeOf } from "../../core/errors.ts";
import type { CertificateName, Reason } from "../../core/types.ts";
import { revocationLists } from "../../snapshot/certificates.ts";
import type { TlsMaterial } from "../../snapshot/types.ts";

/** From the first byte to the end of the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Options of a TLS server. Certificates of clients are judged by `certificateProblem`, which can say why. */
export function tlsOptions(material: TlsMaterial): TlsOptions {
  return {
    ...context(material),
    requestCert: material.asksForCertificate,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** Gives an open server other certificates; connections that are there keep theirs. */
export function useTls(server: Server, material: TlsMaterial): void {
  server.setSecureContext(context(material));
  // Read by the server for each new connection.
  Object.assign(server, { requestCert: material.asksForCertificate });
}

function context({ cert, key, ca, crl, minVersion, ciphers }: TlsMaterial): TlsOptions {
  return {
    cert,
    key,
    // With no CA of ours every public CA would vouch for clients; an empty list vouches for none.
    ca: ca ?? [],
    minVersion,
    ...(ciphers === null ? {} : { ciphers }),
    ...(crl === null ? {} : { crl: [...revocationLists(crl)] }),
  };
}

/** What to do about a client without a certificate. A listener that takes names from certificates asks for them too. */
export const CERTIFICATE_MISSING =
  "Install a client certificate in the device, or switch off what asks for one: require_certificate, " +
  "use_identity_as_username or use_subject_as_username.";

/** Why the certificate of a client is not accepted; null when it is, or when there is none and none is required. */
export function certificateProblem(
  socket: TLSSocket,
  { requireCertificate, asksForCertificate }: TlsMaterial,
): Reason | null {
  // Asked first: a resumed TLS 1.3 session counts as authorized although it never had a certificate.
  if (certificateOf(socket) === null) {
    if (!requireCertificate) return null;
    return {
      kind: "cert_missing",
      sentence: "sent no certificate",
      hint: CERTIFICATE_MISSING,
    };
  }
  if (socket.authorized || !asksForCertificate) return null;
  return {
    kind: "cert_rejected",
    sentence: `its certificate was not accepted (${String(socket.authorizationError)})`,
    hint: adviceFor(String(socket.authorizationError)),
  };
}

/** Node passes on what OpenSSL calls its faults. */
function adviceFor(fault: string): string {
  switch (fault) {
    case "CERT_REVOKED":
      return "It is named in crlfile.";
    case "UNABLE_TO_GET_CRL":
      return "crlfile needs a revocation list of each CA above the certificate, of the root as well.";
    case "CRL_HAS_EXPIRED":
      return "A revocation list in crlfile is past the date of its next update. Put a new one there.";
    default:
      return "It must be signed by the CA in cafile and be valid today.";
  }
}

/** The name in the certificate of a client; null without one. */
export function certificateOf(socket: TLSSocket): CertificateName | null {
  const certificate = socket.getPeerCertificate();
  // Without a certificate Node gives an empty object.
  if (certificate === null || !("fingerprint256" in certificate)) return null;
  const { CN } = certificate.subject;
  const commonName = Array.isArray(CN) ? (CN[0] ?? "") : (CN ?? "");
  const subject = distinguishedName(socket.getPeerX509Certificate()?.subject ?? "");
  return { commonName, subject, fingerprint: certificate.fingerprint256 };
}

/**
 * Node gives a line for each part and " + " inside of one with several, escaped as RFC 2253 wants it except beyond
 * ASCII: "O=house\nCN=meter + UID=7".
 */
function distinguishedName(lines: string): string {
  const parts = lines.split("\n").map((part) => part.split(" + ").toReversed().join("+"));
  return parts
    .toReversed()
    .join(",")
    .replaceAll(/\P{ASCII}+/gu, escapedBytes);
}

function escapedBytes(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `\\${byte.toString(16).toUpperCase()}`).join("");
}

const NOT_TLS: ReadonlySet<string> = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_BAD_RECORD_TYPE",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "ERR_SSL_RECORD_LAYER_FAILURE",
]);
const TOO_OLD: ReadonlySet<string> = new Set(["ERR_SSL_UNSUPPORTED_PROTOCOL", "ERR_SSL_VERSION_TOO_LOW"]);
const OUR_CERTIFICATE: ReadonlySet<string> = new Set([
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
  "ERR_SSL_SSL/TLS_ALERT_UNKNOWN_CA",
  "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
  "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
  "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED",
]);

/** What a failed handshake says about the client; null for one that only went away. */
export function handshakeFailure(error: Error, listener: string): Reason | null {
  const code = codeOf(error) ?? "";
  if (code === "ERR_SSL_HTTP_REQUEST") {
    return {
      kind: "http_on_mqtt",
      sentence: `speaks HTTP (a web browser?) on port ${listener}`,
      hint: "That port takes TLS only.",
    };
  }
  if (NOT_TLS.has(code)) {
    return {
      kind: "plain_on_tls",
      sentence: `speaks plain MQTT on port ${listener}, which takes TLS only`,
      hint: "Use 1883, or switch TLS on in the device.",
    };
  }
  if (TOO_OLD.has(code)) {
    return {
      kind: "protocol_refused",
      sentence: "offers no TLS version from 1.2 on",
      hint: "Update the device's firmware.",
    };
  }
  if (OUR_CERTIFICATE.has(code)) {
    return {
      kind: "cert_rejected",
      sentence: "does not accept this broker's certificate",
      hint: "Give the device the CA that signed certfile, and the host name that is in it.",
    };
  }
  return null;
}
