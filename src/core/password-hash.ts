/** A stored password hash, split into its parts. */
export type PasswordHash =
  /** `$6$<salt>$<hash>`: SHA-512 over password and salt, one round (mosquitto). */
  | { readonly kind: "sha512"; readonly salt: Uint8Array; readonly hash: Uint8Array }
  /** `$7$...` (mosquitto), `PBKDF2$...` and `pbkdf2-sha512$i=...` (the official add-on). */
  | {
      readonly kind: "pbkdf2";
      readonly digest: "sha256" | "sha512";
      readonly iterations: number;
      readonly salt: Uint8Array;
      readonly hash: Uint8Array;
    }
  /** `$2a$`, `$2b$`, `$2y$`; `text` is the whole string. */
  | { readonly kind: "bcrypt"; readonly cost: number; readonly text: string };

/** Recognises a stored password hash; null when it is none that this broker knows. */
export function parsePasswordHash(_text: string): PasswordHash | null {
  return null;
}
