import { randomUUID } from "node:crypto";
import type { CertificateName, Reason } from "../core/types.ts";
import { ALL_CLIENTS, type CertificateNaming, type ListenerTerms, type Settings } from "../settings/types.ts";
import type { ConnectPacket } from "./packets/connect-packet.ts";

/** What a listener asks of a CONNECT, and where a user name comes from there. */
export interface ClientTerms extends ListenerTerms {
  readonly certificateName: CertificateNaming | null;
}

/** The terms of a listener by its name. */
export function clientTermsOf({ listeners, listenerAccess }: Settings, listener: string): ClientTerms {
  const { terms = ALL_CLIENTS } = listeners.find(({ name }) => name === listener) ?? {};
  return { ...terms, certificateName: listenerAccess.get(listener)?.certificateName ?? null };
}

/** The client id of a connection, given or made, and why it is not taken; null: it is. */
export interface Admission {
  readonly clientId: string;
  readonly refusal: Reason | null;
}

/** Judges by the terms of its listener what a CONNECT says before anybody is asked who it is. */
export function admissionOf(
  { clientId: sent, username, version }: Pick<ConnectPacket, "clientId" | "username" | "version">,
  certificate: CertificateName | null,
  terms: ClientTerms,
): Admission {
  const own = terms.usernameAsClientId ? nameOf(username, certificate, terms) : sent;
  const clientId = own === "" ? assignClientId(terms.idPrefix) : own;
  const refuse = (reason: Reason): Admission => ({ clientId, refusal: reason });
  if (!terms.versions.includes(version)) {
    return refuse({
      kind: "protocol_refused",
      sentence: `speaks MQTT ${VERSIONS[version]}, which this listener does not take (accept_protocol_versions)`,
    });
  }
  if (terms.usernameAsClientId && own === "") {
    const sentence = "has no user name, which would be its client id (use_username_as_clientid)";
    return refuse({ kind: "no_credentials", sentence });
  }
  if (own === "" && !terms.allowsNoClientId) {
    return refuse({ kind: "client_id_refused", sentence: "sent no client id (allow_zero_length_clientid false)" });
  }
  if (terms.requiredIdPrefix !== null && !clientId.startsWith(terms.requiredIdPrefix)) {
    const sentence = `its client id does not begin with ${terms.requiredIdPrefix} (clientid_prefixes)`;
    return refuse({ kind: "not_allowed", sentence });
  }
  return { clientId, refusal: null };
}

const VERSIONS = { 3: "3.1", 4: "3.1.1", 5: "5" } as const;

/** The user name as the login will take it; "": none. */
function nameOf(
  username: string | null,
  certificate: CertificateName | null,
  { certificateName }: ClientTerms,
): string {
  if (certificateName === null) return username ?? "";
  return (certificateName === "subject" ? certificate?.subject : certificate?.commonName) ?? "";
}

/** Makes a client id for a client that brought none, in mosquitto's form: "auto-" and a UUID in upper case. */
function assignClientId(prefix: string): string {
  return `${prefix}${randomUUID().toUpperCase()}`;
}
