import type { IncomingMessage } from "node:http";

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
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads the whole answer. Redirects are answers like any other.
 * @throws Error with the system's code, or when the answer is too long, cut off, or the signal is aborted.
 */
export function sendRequest({ method, url, headers, body, maxReplyBytes, signal }: HttpRequest): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? secureRequest : request;
    const sent = send(url, { method, headers, signal, agent: false }, (response) => {
      readText(response, maxReplyBytes).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    sent.on("error", reject);
    // With its length: not everybody takes a body in chunks.
    sent.end(body ?? undefined);
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
