import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { IncomingMessage } from "node:http";
import type { Call } from "../../core/visit.ts";

/** What hono knows of a request besides. */
export type Env = { Bindings: HttpBindings };

/** What of a request says who sends it. */
export function callOf({ env }: Context<Env>): Call {
  return callIn(env.incoming);
}

/** The same of a request that hono has not seen. */
export function callIn({ socket, headers }: IncomingMessage): Call {
  return { peer: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""), headers };
}
