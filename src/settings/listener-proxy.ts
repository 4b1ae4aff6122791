import type { ListenerDraft } from "./directives/draft.ts";
import type { ProxySettings } from "./types.ts";

/** Why a listener stays closed; `what` follows its name. */
export interface ProxyFault {
  readonly what: string;
  readonly fix: string;
}

/** What is asked of a proxy in front of a listener; null when there is none. */
export function proxyOf({ proxy }: ListenerDraft, requiresCertificate: boolean): ProxySettings | null {
  const { version, requiresTls } = proxy;
  return version === null ? null : { version, requiresTls, requiresCertificate };
}

/** Whether the proxy tells of the certificates of clients, and the listener has no need of TLS to ask for them. */
export function vouchesForCertificates({ proxy }: ListenerDraft): boolean {
  return proxy.version === 2;
}

/** What the proxy of a listener cannot tell although a line relies on it; null when there is nothing. */
export function proxyFault(listener: ListenerDraft): ProxyFault | null {
  const { proxy, access, certfile, keyfile } = listener;
  if (proxy.requiresTls && proxy.version !== 2) {
    return {
      what: "wants to know of TLS in front of a proxy (proxy_protocol_v2_require_tls), which only version 2 of the PROXY protocol tells.",
      fix: 'Add "enable_proxy_protocol 2", or remove the line.',
    };
  }
  const hasTls = certfile !== null || keyfile !== null;
  if (!hasTls && vouchesForCertificates(listener) && access.certificateName === "subject") {
    return {
      what: "takes user names from whole subjects (use_subject_as_username), and a proxy tells the common name only.",
      fix: 'Use "use_identity_as_username true" instead.',
    };
  }
  return null;
}
