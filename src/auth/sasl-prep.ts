/**
 * Brings a password into the form that SCRAM clients compute with (SASLprep, RFC 4013): every space is a plain one,
 * invisible characters are left out, and what looks the same is the same. Characters that the RFC prohibits stay: a
 * login may have them, and the client decides whether it sends them.
 */
export function saslPrep(password: string): string {
  return (
    password
      .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, " ")
      // oxlint-disable-next-line no-misleading-character-class -- each is meant for itself
      .replaceAll(/[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu, "")
      .normalize("NFKC")
  );
}
