import type { IncomingHttpHeaders } from "node:http";

/** What of a request to the panel says who sent it. */
export interface Call {
  /** IPv4 without the "::ffff:" of a dual-stack socket. */
  readonly peer: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether somebody may use the panel. */
export type Visit =
  /** `name` stands in the record of what is done: a display name, "this machine" or "token". */
  { readonly kind: "admin"; readonly name: string } | VisitRefused;

export interface VisitRefused {
  readonly kind: "refused";
  /** 401: a token would help; 403: nothing does; 429: later; 503: it could not be found out. */
  readonly status: 401 | 403 | 429 | 503;
  /** What is wrong; a sentence. */
  readonly message: string;
  /** What to do; a sentence. */
  readonly hint: string;
  /** Who it was, as far as that is known. */
  readonly name?: string;
}

/** Finds out who sends a request. */
export type Visitors = (call: Call) => Visit | Promise<Visit>;
