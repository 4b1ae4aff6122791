import { execFileSync } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Transport } from "../target.ts";

/** The one login of all clients. */
export const LOGIN = { username: "bench", password: "a password of some length" } as const;

/** Iterations of mosquitto_passwd. */
const ITERATIONS = 101;
const RULES = 50;
const PATTERNS = 5;

/**
 * Writes a mosquitto.conf with its password file, its ACL file of 50 rules and, for TLS, a certificate of its own.
 * Gives its path.
 */
export function writeConfiguration(
  folder: string,
  {
    port,
    transport,
    extra,
  }: { readonly port: number; readonly transport: Transport; readonly extra: readonly string[] },
): string {
  const passwords = join(folder, "passwords");
  const rules = join(folder, "acl");
  writeFileSync(passwords, `${LOGIN.username}:${hash(LOGIN.password)}\n`, { mode: 0o600 });
  writeFileSync(rules, `${aclLines().join("\n")}\n`, { mode: 0o600 });
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(transport === "ws" ? ["protocol websockets"] : []),
    ...(transport === "tls" ? tlsLines(folder) : []),
    "allow_anonymous false",
    `password_file ${passwords}`,
    `acl_file ${rules}`,
    ...extra,
  ];
  const conf = join(folder, "mosquitto.conf");
  writeFileSync(conf, `${lines.join("\n")}\n`);
  return conf;
}

/** What is published stands near the end of the user's rules; the patterns of all users are tried after them. */
function aclLines(): readonly string[] {
  const rooms = Array.from({ length: RULES - PATTERNS - 2 }, (_, index) => `topic readwrite house/room-${index}/#`);
  const patterns = Array.from({ length: PATTERNS }, (_, index) => `pattern readwrite device-${index}/%u/%c/#`);
  return [`user ${LOGIN.username}`, ...rooms, "topic readwrite bench/#", "topic read $SYS/#", ...patterns];
}

function hash(password: string): string {
  const salt = randomBytes(12);
  const key = pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512");
  return `$7$${ITERATIONS}$${salt.toString("base64")}$${key.toString("base64")}`;
}

function tlsLines(folder: string): readonly string[] {
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=localhost", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...names, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return [`certfile ${cert}`, `keyfile ${key}`];
}
