import type { Agent, IncomingMessage } from "node:http";
import { codeOf } from "./errors.ts";

// Node's fetch would cost 15 MB for a handful of requests, and an import of the module would load it too.
const { request } = process.getBuiltinModule("node:http");
const { request: secureRequest } = process.getBuiltinModule("node:https");

export interface HttpRequest {
  readonly method: string;
  /** With http or https. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** null: none. */
  readonly body: string | null;
  readonly maxReplyBytes: number;
  readonly signal: AbortSignal;
  /** Keeps connections for the next request. Missing: each request has its own. */
  readonly agent?: Agent;
}

export interface HttpReply {
  readonly status: number;
  /** In lower case and without parameters: "application/json"; empty when the answer names none. */
  readonly contentType: string;
  readonly text: string;
}

/**
 * Sends one request and reads the whole answer. Redirects are answers like any other.
 * @throws Error with the system's code, or when the answer is too long, cut off, or the signal is aborted.
 */
export async function sendRequest(request: HttpRequest): Promise<HttpReply> {
  for (;;) {
    const sent: Attempt = { reused: false };
    try {
      return await attempt(request, sent);
    } catch (error) {
      // a kept connection may have been closed while the request was on its way: nobody has read it
      if (!sent.reused || codeOf(error) !== "ECONNRESET" || request.signal.aborted) throw error;
    }
  }
}

interface Attempt {
  reused: boolean;
}

function attempt(options: HttpRequest, sent: Attempt): Promise<HttpReply> {
  const { method, url, headers, body, maxReplyBytes, signal, agent = false } = options;
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? secureRequest : request;
    const outgoing = send(url, { method, headers, signal, agent }, (response) => {
      const { statusCode: status = 0 } = response;
      const contentType = response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
      readText(response, maxReplyBytes).then((text) => resolve({ status, contentType, text }), reject);
    });
    outgoing.on("error", (error) => {
      sent.reused = outgoing.reusedSocket;
      reject(error);
    });
    // With its length: not everybody takes a body in chunks.
    outgoing.end(body ?? undefined);
  });
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue;
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > maxBytes) throw new Error(`reply of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
