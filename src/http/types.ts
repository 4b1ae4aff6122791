import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { PublishOutcome, SentMessage } from "../core/publishing.ts";
import type { Reason } from "../core/types.ts";

/** What is sent back. A string is plain text, all else JSON. */
export interface Answer {
  readonly status: ContentfulStatusCode;
  readonly body: unknown;
}

/** Why nothing was published. */
export type Refusal =
  /** No name and password, or wrong ones: which, nobody is told. */
  | { readonly kind: "login" }
  /** The login could not be checked. */
  | { readonly kind: "unavailable"; readonly sentence: string }
  | { readonly kind: "too many failures"; readonly waitS: number }
  | { readonly kind: "busy" }
  | { readonly kind: "body too large"; readonly limit: number }
  /** A web page of another site is behind it. */
  | { readonly kind: "foreign page" }
  /** The rules, or the form of a message; `code` is the reason code of MQTT 5. */
  | { readonly kind: "message"; readonly code: number; readonly reason: Reason };

/** Messages of one request; more would hold up everybody else. */
export const MAX_MESSAGES = 1000;

/** What a body asks for. */
export interface PublishRequest {
  readonly clientId: string;
  /** Reads them; only for who may log in. An Answer says what is wrong with the body. */
  readonly messages: () => readonly SentMessage[] | Answer;
}

/** One of the ways in which programs ask for a message to be published, and are answered. */
export interface Dialect {
  read(body: Buffer): PublishRequest;
  published(outcomes: readonly PublishOutcome[]): Answer;
  refused(refusal: Refusal): Answer;
}
