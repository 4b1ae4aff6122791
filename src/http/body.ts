import type { IncomingMessage } from "node:http";

/** Bytes of requests that are being read or answered, of all callers together. */
export interface BodyBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Makes the budget that all requests share. */
export function createBodyBudget(maxBytes: number): BodyBudget {
  let left = maxBytes;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}

export type Body =
  /** `release` is to be called when its bytes are of no more use. */
  | { readonly kind: "read"; readonly bytes: Buffer; readonly release: () => void }
  | { readonly kind: "too large" }
  /** Too many others are being read. */
  | { readonly kind: "busy" }
  /** The caller has gone. */
  | { readonly kind: "gone" };

/** Reads a body up to a limit; what says before that it is larger is not read at all. */
export async function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Body> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return { kind: "too large" };
  const chunks: Buffer[] = [];
  let size = 0;
  const fail = (kind: "too large" | "busy" | "gone"): Body => {
    budget.give(size);
    return { kind };
  };
  try {
    for await (const chunk of chunksOf(request)) {
      if (!budget.take(chunk.length)) return fail("busy");
      size += chunk.length;
      if (size > limit) return fail("too large");
      chunks.push(chunk);
    }
  } catch {
    return fail("gone");
  }
  return { kind: "read", bytes: Buffer.concat(chunks, size), release: () => budget.give(size) };
}

function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  // a request that is not read to its end must still be answered
  return request.iterator({ destroyOnReturn: false });
}
