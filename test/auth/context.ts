import { createHmac, createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import type { BackendContext } from "../../src/auth/backend.ts";
import { createPasswordVerifier } from "../../src/auth/password.ts";
import { createLogger, type LogEntry } from "../../src/core/logger.ts";
import type { Credentials } from "../../src/core/types.ts";

/** What the program gives to backends, for the length of a test. */
export function backendContext(): BackendContext {
  const verifier = createPasswordVerifier({ now: Date.now });
  onTestFinished(() => verifier.close());
  const key = randomBytes(32);
  return {
    log: recordingLogger().log,
    verify: verifier.verify,
    digest: (text) => createHmac("sha256", key).update(text).digest("base64url"),
    now: Date.now,
  };
}

/** A logger of all types, and what was written with it. */
export function recordingLogger(): { readonly log: BackendContext["log"]; readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const types = new Set(["error", "warning", "notice", "information", "debug"] as const);
  return { log: createLogger(() => ({ types, sinks: [(entry) => entries.push(entry)] })), entries };
}

/** A client as it asks for entry. */
export function client(username: string | null, password: string | Uint8Array | null = null): Credentials {
  return {
    clientId: "plug-1",
    username,
    password: typeof password === "string" ? Buffer.from(password) : password,
    certificate: null,
    listener: "1883",
    address: "192.0.2.7",
  };
}

/** A cheap `$6$` hash, as mosquitto makes it. */
export function sha512Hash(password: string | Uint8Array): string {
  const salt = randomBytes(12);
  const hash = createHash("sha512").update(password).update(salt).digest();
  return `$6$${salt.toString("base64")}$${hash.toString("base64")}`;
}

/** A `$7$` hash, as mosquitto makes it. */
export function pbkdf2Hash(password: string, iterations = 10): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, iterations, 64, "sha512");
  return `$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
}
