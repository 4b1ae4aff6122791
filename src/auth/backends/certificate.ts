import { allow, deny } from "../../core/reasons.ts";
import type { CertificateName } from "../../core/types.ts";
import { defineBackend } from "../define-backend.ts";

interface Settings {
  /** What of the certificate is the user name. */
  readonly naming: "common-name" | "subject";
}

const NAME = "certificate";

/** Clients that are who their certificate says; the listener has checked it. It has the last word on every one. */
export const certificate = defineBackend<Settings>({
  type: NAME,
  schema: {
    type: "object",
    required: ["naming"],
    additionalProperties: false,
    properties: { naming: { type: "string", enum: ["common-name", "subject"] } },
  },
  create({ naming }) {
    return {
      name: NAME,
      authenticate({ clientId, certificate }) {
        const username = certificate === null ? null : nameIn(certificate, naming);
        if (username !== null)
          return allow(NAME, { clientId, username, superuser: false, source: NAME, proof: naming });
        return deny(NAME, {
          kind: "cert_missing",
          sentence: certificate === null ? "sent no certificate" : "has no name in its certificate",
          hint: "This listener takes the user name from the device's certificate.",
        });
      },
      recheck: ({ proof }) =>
        proof === naming
          ? allow(NAME, undefined)
          : deny(NAME, {
              kind: "not_allowed",
              sentence: "has to log in anew: another part of its certificate is its user name now",
            }),
    };
  },
});

/** The user name that a certificate gives; null: none. */
export function nameIn({ commonName, subject }: CertificateName, naming: Settings["naming"]): string | null {
  const name = naming === "common-name" ? commonName : subject;
  return name === "" ? null : name;
}
