import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { createAttempts } from "./attempts.ts";
import { isSameSecret } from "./same-secret.ts";

export interface MetricsApiDeps {
  /** What has to be shown; null: nothing. */
  readonly token: () => string | null;
  /** The page, and how it is written. */
  readonly page: () => string;
  readonly contentType: string;
  readonly now: () => number;
}

/** Makes the one address under which figures are given. */
export function createMetricsApi({ token, page, contentType, now }: MetricsApiDeps): Hono<{ Bindings: HttpBindings }> {
  const attempts = createAttempts(now);
  return new Hono<{ Bindings: HttpBindings }>()
    .get("/metrics", (context) => {
      const wanted = token();
      if (wanted !== null) {
        const peer = context.env.incoming.socket.remoteAddress ?? "";
        const waitS = attempts.waitS(peer);
        if (waitS > 0) return context.text("Too many wrong tokens.\n", 429, { "Retry-After": String(waitS) });
        const [, shown = null] = /^bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "") ?? [];
        if (shown === null || !isSameSecret(shown, wanted)) {
          if (shown !== null) attempts.failed(peer);
          return context.text("A token is needed.\n", 401, { "WWW-Authenticate": "Bearer" });
        }
      }
      return context.body(page(), 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
    })
    .notFound((context) => context.text("The figures are at /metrics.\n", 404));
}
