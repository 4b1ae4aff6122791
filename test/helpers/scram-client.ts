import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** The client's side of SCRAM-SHA-256, written from RFC 5802 and sharing nothing with ours. */
export interface ScramClient {
  readonly first: Buffer;
  /** Answers the server's first message. */
  final(serverFirst: Uint8Array): Buffer;
  /** What the server has to end with. */
  serverFinal(): string;
}

export interface ScramClientOptions {
  readonly nonce?: string;
  readonly gs2Header?: string;
}

/** Makes a client that knows a password. */
export function scramClient(username: string, password: string, options: ScramClientOptions = {}): ScramClient {
  const { nonce = "fyko+d2lbbFgONRv9qkxdawL", gs2Header = "n,," } = options;
  const escaped = username.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const bare = `n=${escaped},r=${nonce}`;
  let signature = "";
  return {
    first: Buffer.from(gs2Header + bare),
    final(serverFirst) {
      const text = Buffer.from(serverFirst).toString("utf8");
      const [, both = "", salt = "", iterations = ""] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(text) ?? [];
      const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
      const clientKey = hmac(salted, "Client Key");
      const binding = Buffer.from(gs2Header).toString("base64");
      const authMessage = `${bare},${text},c=${binding},r=${both}`;
      const clientSignature = hmac(createHash("sha256").update(clientKey).digest(), authMessage);
      const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0)));
      signature = hmac(hmac(salted, "Server Key"), authMessage).toString("base64");
      return Buffer.from(`c=${binding},r=${both},p=${proof.toString("base64")}`);
    },
    serverFinal: () => `v=${signature}`,
  };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
