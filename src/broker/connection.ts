import type { CertificateName } from "../core/types.ts";

/** What a listener knows of a connection it hands over. */
export interface ConnectionInfo {
  /** Name of the listener: "1883". */
  readonly listener: string;
  /** Remote IP address, IPv4 without the "::ffff:" of a dual-stack socket. */
  readonly address: string;
  /** Missing: it is not known, since a proxy stands before it. */
  readonly port?: number;
  /** The verified client certificate; null without one. */
  readonly tls: CertificateName | null;
}
