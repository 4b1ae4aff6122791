import { isUtf8 } from "node:buffer";
import type { Reason } from "../core/types.ts";

/** What a client begins with: `n,,n=user,r=rOprNGfwEbeRWgbNEkqO`. */
export interface ClientFirst {
  readonly kind: "client-first";
  /** Unescaped. */
  readonly username: string;
  /** Whom it wants to act as; null: itself. */
  readonly authzid: string | null;
  readonly nonce: string;
  /** Channel binding flag and authzid as they were sent: `n,,`. */
  readonly gs2Header: string;
  /** The rest, as it goes into the signed text. */
  readonly bare: string;
}

/** What a client ends with: `c=biws,r=<both nonces>,p=<proof>`. */
export interface ClientFinal {
  readonly kind: "client-final";
  /** Base64 of the gs2 header that it began with. */
  readonly channelBinding: string;
  readonly nonce: string;
  readonly proof: Buffer;
  /** All before the proof, as it goes into the signed text. */
  readonly withoutProof: string;
}

/** Longer ones are not read: the nonce goes back to the client, and a property has room for 64 kB. */
const MAX_BYTES = 4096;

const PROOF_BYTES = 32;

/** Reads the first message of a client (RFC 5802, section 7); a reason tells why it cannot be taken. */
export function readClientFirst(data: Uint8Array): ClientFirst | Reason {
  const fields = fieldsOf(data);
  if (fields === null) return malformed("it is no text, or too long");
  const [flag = "", authz = "", ...bare] = fields;
  if (flag.startsWith("p=")) {
    return protocolError("it asks for channel binding, which SCRAM-SHA-256 without -PLUS does not have");
  }
  if (flag !== "n" && flag !== "y") return malformed("it does not begin with a channel binding flag");
  const authzid = authz === "" ? null : saslName(authz, "a=");
  if (authz !== "" && authzid === null) return malformed("the name to act as cannot be read");
  const [name = "", nonce = "", ...extensions] = bare;
  // a mandatory extension stands before the name, and must not be skipped (RFC 5802, 5.1)
  if (name.startsWith("m=")) return protocolError("it demands an extension, and there is none here");
  const username = saslName(name, "n=");
  if (username === null || username === "") return malformed("the user name cannot be read");
  if (!/^r=[!-+\--~]+$/.test(nonce)) return malformed("the nonce cannot be read");
  if (!extensions.every(isExtension)) return malformed("what follows the nonce cannot be read");
  return {
    kind: "client-first",
    username,
    authzid,
    nonce: nonce.slice(2),
    gs2Header: `${flag},${authz},`,
    bare: bare.join(","),
  };
}

/** Reads the last message of a client (RFC 5802, section 7); a reason tells why it cannot be taken. */
export function readClientFinal(data: Uint8Array): ClientFinal | Reason {
  const fields = fieldsOf(data);
  if (fields === null) return malformed("it is no text, or too long");
  const [binding = "", nonce = "", ...extensions] = fields.slice(0, -1);
  const proof = base64(fields.at(-1) ?? "", "p=");
  if (base64(binding, "c=") === null) return malformed("the channel binding cannot be read");
  if (!/^r=[!-+\--~]+$/.test(nonce)) return malformed("the nonce cannot be read");
  if (!extensions.every(isExtension)) return malformed("what follows the nonce cannot be read");
  if (proof?.length !== PROOF_BYTES) return malformed("the proof cannot be read");
  return {
    kind: "client-final",
    channelBinding: binding.slice(2),
    nonce: nonce.slice(2),
    proof,
    withoutProof: fields.slice(0, -1).join(","),
  };
}

function fieldsOf(data: Uint8Array): readonly string[] | null {
  if (data.length > MAX_BYTES || !isUtf8(data) || data.includes(0)) return null;
  return Buffer.from(data).toString("utf8").split(",");
}

/** A name with its comma and equals sign escaped: `n=a=2Cb=3Dc` is "a,b=c". Any other "=" is an error. */
function saslName(field: string, prefix: string): string | null {
  if (!field.startsWith(prefix)) return null;
  const name = field.slice(prefix.length);
  if (/=(?!2C|3D)/.test(name)) return null;
  return name.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

/** Optional extensions may be left unread, but are signed (RFC 5802, 5.1). */
function isExtension(field: string): boolean {
  return /^[A-Za-z]=./s.test(field) && !field.startsWith("m=");
}

function base64(field: string, prefix: string): Buffer | null {
  const text = field.slice(prefix.length);
  if (!field.startsWith(prefix) || text === "") return null;
  const bytes = Buffer.from(text, "base64");
  // Buffer skips what is not base64
  return bytes.toString("base64") === text ? bytes : null;
}

function malformed(what: string): Reason {
  return { kind: "malformed", sentence: `sent authentication data that is not SCRAM: ${what}` };
}

function protocolError(what: string): Reason {
  return { kind: "protocol_error", sentence: `sent authentication data that cannot be accepted: ${what}` };
}
