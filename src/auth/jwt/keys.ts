import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import type { BackendContext } from "../backend.ts";
import { createRemoteKeys, type RemoteKeys } from "./remote-keys.ts";
import type { JwtSettings } from "./settings.ts";
import { algorithmsFor } from "./signature.ts";

const DEFAULT_REFRESH_S = 300;

/**
 * Makes the keys that the settings name.
 * @throws Error with a short text when a key cannot be used; it is not quoted.
 */
export function keysOf(settings: JwtSettings, { now, log }: Pick<BackendContext, "now" | "log">): RemoteKeys {
  const { endpoint, tls = {}, refresh_interval: refreshS = DEFAULT_REFRESH_S } = settings;
  if (endpoint !== undefined) {
    const warn = (message: string): void => log.warn({}, message);
    return createRemoteKeys({ endpoint, tls, refreshMs: refreshS * 1000, now, warn });
  }
  const key = localKey(settings);
  const algorithms = algorithmsFor(key);
  if (algorithms.length === 0) throw new Error("jwt/public_key is no RSA key of 2048 bits or more, nor an EC key");
  if (settings.algorithms !== undefined && !settings.algorithms.some((name) => algorithms.includes(name))) {
    throw new Error("jwt/algorithms has none that the key is for");
  }
  return { find: () => [{ id: null, key, algorithms }], close: () => {} };
}

function localKey({ secret, secret_base64_encoded: isBase64 = false, public_key: pem }: JwtSettings): KeyObject {
  if (secret === undefined) return publicKey(pem ?? "");
  const bytes = Buffer.from(secret, isBase64 ? "base64" : "utf8");
  // Buffer skips what is not base64, and a key with a part missing is another key
  if (isBase64 && bytes.toString("base64") !== secret) throw new Error("jwt/secret is not base64");
  return createSecretKey(bytes);
}

function publicKey(pem: string): KeyObject {
  // createPublicKey would make the public key of a private one, which has no place here
  if (!pem.includes("-----BEGIN PUBLIC KEY-----") && !pem.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error("jwt/public_key is no public key in PEM");
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error("jwt/public_key cannot be read");
  }
}
