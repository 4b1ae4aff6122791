/** Where a JSON Web Token begins; its first part is the JSON of an object, so that it always begins so. */
export const TOKEN = /eyJ[\w-]+\.[\w-]+\./;

/** Gives a text with `******` in the place of tokens (JWT), which some clients send as their user names. */
export function withoutTokens(text: string): string {
  return text.replaceAll(new RegExp(`${TOKEN.source}[^\\s"]*`, "g"), "******");
}
