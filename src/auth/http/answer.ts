import { BackendError } from "../../core/errors.ts";
import type { HttpReply } from "../../core/http-request.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";

/** How a service says yes: "json" as EMQX 5 reads it, "status" as EMQ 2 does, "text" as mosquitto-go-auth does. */
export type ResponseKind = "json" | "status" | "text";

/** What an answer says. */
export type Answer =
  | { readonly verdict: "allow"; readonly details: RawObject }
  | { readonly verdict: "deny"; readonly why: string; readonly hint: string | null }
  | { readonly verdict: "ignore" };

export interface Reading {
  readonly response: ResponseKind;
  /** Statuses that are a no; what is neither a yes nor a no has not decided. */
  readonly denied: readonly number[];
  /** The service, for messages: "http://127.0.0.1:3010/emqx-auth". */
  readonly place: string;
}

/**
 * Reads the answer of a service.
 * @throws BackendError when it says neither yes nor no: an error of the service, a redirect, or text that is no answer.
 */
export function readAnswer({ status, contentType, text }: HttpReply, { response, denied, place }: Reading): Answer {
  if (denied.includes(status)) return { verdict: "deny", why: `${place} answered ${status}`, hint: null };
  if (status === 204 && response !== "text") return { verdict: "allow", details: {} };
  if (status !== 200) return otherStatus(status, response, place);
  switch (response) {
    case "status":
      return text === "ignore" ? { verdict: "ignore" } : { verdict: "allow", details: {} };
    case "text":
      return readText(text.trim().toLowerCase(), place);
    case "json":
      return readFields(fieldsOf(contentType, text, place), place);
  }
}

function otherStatus(status: number, response: ResponseKind, place: string): Answer {
  if (status >= 300 && status < 400) {
    throw new BackendError(
      `${place} answered ${status}: redirects are not followed, since a password would go with them`,
    );
  }
  // a framework's habit for a POST: its author meant an answer, and it is none
  if (status > 200 && status < 300) {
    const yes = response === "json" ? 'status 200 and "result": "allow"' : "status 200";
    return { verdict: "deny", why: `${place} answered ${status}`, hint: `let the service answer with ${yes}` };
  }
  throw new BackendError(`${place} answered ${status}`);
}

function readText(text: string, place: string): Answer {
  if (text === "ok") return { verdict: "allow", details: {} };
  if (text === "ignore") return { verdict: "ignore" };
  return { verdict: "deny", why: `${place} did not answer "ok"`, hint: null };
}

function readFields(fields: RawObject, place: string): Answer {
  switch (fields["result"]) {
    case "allow":
      return { verdict: "allow", details: fields };
    case "deny":
      return { verdict: "deny", why: `${place} answered "result": "deny"`, hint: null };
    case "ignore":
      return { verdict: "ignore" };
    default:
      throw new BackendError(`${place} answered without "result": "allow", "deny" or "ignore"`);
  }
}

function fieldsOf(contentType: string, text: string, place: string): RawObject {
  if (contentType === "application/x-www-form-urlencoded") {
    const { result, is_superuser } = Object.fromEntries(new URLSearchParams(text));
    // a form has no lists: what else is in it has no meaning
    return { result, is_superuser };
  }
  if (!/^application\/(?:[a-z0-9.+-]+\+)?json$/.test(contentType)) {
    throw new BackendError(`${place} answered with the content type "${contentType}", not application/json`);
  }
  const value = parseJson(text);
  if (!isRawObject(value)) throw new BackendError(`${place} answered with no JSON object`);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
