import type { ConnectionOptions } from "node:tls";

/** How a login source is reached by TLS; certificates and keys as PEM text. */
export interface TlsSettings {
  /** Whom to trust instead of the public authorities. */
  readonly ca?: string;
  /** Our own certificate, where the other side asks for one. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in its certificate, when it is not the host's. */
  readonly servername?: string;
  /** Missing: true. False takes every certificate, so everybody in between can read the passwords. */
  readonly verify?: boolean;
}

/** The schema of `TlsSettings`, for the schemas of backends. */
export const TLS_SCHEMA = {
  type: "object",
  nullable: true,
  additionalProperties: false,
  properties: {
    ca: { type: "string", nullable: true },
    cert: { type: "string", nullable: true },
    key: { type: "string", nullable: true },
    servername: { type: "string", nullable: true },
    verify: { type: "boolean", nullable: true },
  },
} as const;

/** What Node's `tls.connect` and the drivers on top of it understand. */
export function tlsOptions({ ca, cert, key, servername, verify }: TlsSettings = {}): ConnectionOptions {
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(servername ? { servername } : {}),
    rejectUnauthorized: verify ?? true,
    minVersion: "TLSv1.2",
  };
}
