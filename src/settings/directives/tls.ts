import { used, type ListenerDraft } from "./draft.ts";
import { ofListener, onTlsListener, shut } from "./listener.ts";
import { file, ignored, oneOf, row, wrongValue, type DirectiveRow } from "./row.ts";

/** Directives about how a listener speaks TLS, beside its certificate. */
export const tlsDirectives: readonly DirectiveRow[] = [
  file(
    "crlfile",
    onTlsListener((listener, crlfile) => ({ ...listener, crlfile })),
    shut,
  ),
  oneOf(
    "tls_version",
    ["tlsv1.2", "tlsv1.3"],
    onTlsListener((listener, version) => ({ ...listener, minVersion: version === "tlsv1.3" ? "TLSv1.3" : "TLSv1.2" })),
    shut,
  ),
  cipherList("ciphers", (listener, ciphers) => ({ ...listener, ciphers })),
  cipherList("ciphers_tls1.3", (listener, ciphersuites) => ({ ...listener, ciphersuites })),
  file(
    "capath",
    onTlsListener((listener, capath) => ({ ...listener, capath })),
    // as with cafile
    null,
  ),
  ofListener(ignored("disable_client_cert_date_checks", "certificates count between their dates only")),
  ofListener(ignored("tls_engine", "keys are read from files only")),
  ofListener(ignored("tls_engine_kpass_sha1", "keys are read from files only")),
  ofListener(ignored("tls_keyform", "keys are read from files only")),
];

/** Names between colons: "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256". */
function cipherList(name: string, change: (listener: ListenerDraft, value: string) => ListenerDraft): DirectiveRow {
  const carryOut = onTlsListener(change);
  const run: DirectiveRow["run"] = (draft, line) => {
    if (line.value !== "") return carryOut(draft, line.value, line);
    return wrongValue(draft, line, "", "Name ciphers, with a colon between them.", shut);
  };
  return { ...row(name, used), whenMisspelt: shut, run };
}
