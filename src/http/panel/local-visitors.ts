import type { IncomingHttpHeaders } from "node:http";
import type { Call, Visit, Visitors } from "../../core/visit.ts";
import { createAttempts } from "../attempts.ts";
import { isSameSecret } from "../same-secret.ts";

/** Name of the cookie that holds the token of a browser. */
export const COOKIE = "culex_panel";

export interface LocalVisitorDeps {
  /** null: there is none, and only this machine is let in. */
  readonly token: string | null;
  /** Where the token stands, for people. */
  readonly tokenFile: string;
  readonly now: () => number;
}

/**
 * Lets in this machine itself, and whoever has the token. A request that comes through a proxy comes from somewhere
 * else, and one for a name that is not this machine's was sent by a page of somebody who made that name lead here.
 */
export function localVisitors({ token, tokenFile, now }: LocalVisitorDeps): Visitors {
  const attempts = createAttempts(now);
  return ({ peer, headers }) => {
    if (isLoopback(peer) && !isForwarded(headers) && isLocalName(headers.host) && isSameOrigin(headers)) {
      return { kind: "admin", name: "this machine" };
    }
    if (token === null) return onlyHere();
    const waitS = attempts.waitS(peer);
    if (waitS > 0) return tooMany(waitS);
    const shown = tokenIn(headers);
    if (shown === null) return needsToken(tokenFile);
    if (isSameSecret(shown, token)) {
      return isBearer(headers) || isSameOrigin(headers) ? { kind: "admin", name: "token" } : needsToken(tokenFile);
    }
    attempts.failed(peer);
    return { ...needsToken(tokenFile), message: "This is not the token." };
  };
}

function isLoopback(peer: string): boolean {
  return peer === "::1" || peer.startsWith("127.");
}

function isForwarded(headers: IncomingHttpHeaders): boolean {
  return ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"].some((name) => name in headers);
}

function isLocalName(host: string | undefined): boolean {
  const name = URL.parse(`http://${host ?? ""}`)?.hostname ?? "";
  return name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** A request that a page sent says whose page it was. */
function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || URL.parse(origin)?.host === host;
}

function isBearer({ authorization }: IncomingHttpHeaders): boolean {
  return authorization !== undefined;
}

function tokenIn({ authorization, cookie }: Call["headers"]): string | null {
  const [, bearer] = /^bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const [, value] = new RegExp(`(?:^|; *)${COOKIE}=([\\w-]+)`).exec(cookie ?? "") ?? [];
  return value === undefined ? null : Buffer.from(value, "base64url").toString();
}

function onlyHere(): Visit {
  return {
    kind: "refused",
    status: 403,
    message: "Only this machine itself may open the panel.",
    hint: "Open it there as http://127.0.0.1, or give the broker a place to keep a token in: persistence true.",
  };
}

function tooMany(waitS: number): Visit {
  return {
    kind: "refused",
    status: 429,
    message: "Too many wrong tokens came from this address.",
    hint: `Nothing from it is looked at for ${waitS} s.`,
  };
}

function needsToken(tokenFile: string): Extract<Visit, { readonly kind: "refused" }> {
  return {
    kind: "refused",
    status: 401,
    message: "The panel asks for its token.",
    hint: `It stands in the file ${tokenFile} on the broker's machine.`,
  };
}
