import { createHash } from "node:crypto";

/** Names a state of what is shown, so that it is not sent twice and not overwritten unseen: "\"Xk3...\"". */
export function etagOf(json: string): string {
  return `"${createHash("sha256").update(json).digest("base64url").slice(0, 27)}"`;
}

/** Tells whether a header of If-Match or If-None-Match names it. A proxy that compresses makes the mark a weak one. */
export function namesEtag(header: string, etag: string): boolean {
  return header.split(",").some((mark) => {
    const text = mark.trim();
    return text === "*" || text.replace(/^W\//, "") === etag;
  });
}
