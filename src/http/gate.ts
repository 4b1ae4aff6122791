import { codeOf, messageOf } from "../core/errors.ts";
import { placeOf } from "../core/problem.ts";
import type { Problem } from "../core/types.ts";
import type { HttpPlan } from "../snapshot/types.ts";
import type { WebServer, WebServerDeps } from "./server.ts";

/** Where messages are taken over HTTP, when that is switched on. */
export interface HttpGate {
  /** Opens, moves or closes it, as the configuration says. */
  apply(plan: HttpPlan | null): Promise<readonly Problem[]>;
  /** With the real port; empty: it is closed. */
  addresses(): readonly string[];
  stop(): Promise<void>;
}

/** Makes the gate, closed. The web server and what it needs are loaded when it is opened for the first time. */
export function createHttpGate(deps: WebServerDeps): HttpGate {
  let open: { readonly key: string; readonly server: WebServer } | null = null;

  const shut = async (): Promise<void> => {
    const { server } = open ?? {};
    open = null;
    await server?.close();
  };

  return {
    async apply(plan) {
      const key = plan === null ? null : keyOf(plan);
      if (plan !== null && open?.key === key) {
        open.server.update(plan);
        return [];
      }
      await shut();
      if (plan === null || key === null) return [];
      try {
        const { openWebServer } = await import("./server.ts");
        open = { key, server: await openWebServer(plan, deps) };
        return [];
      } catch (error) {
        return [cannotOpen(plan, error)];
      }
    },
    addresses: () => (open === null ? [] : [open.server.address]),
    stop: shut,
  };
}

/** What cannot change while it is open. */
function keyOf({ settings, tls }: HttpPlan): string {
  return JSON.stringify([settings.host, settings.port, tls !== null]);
}

function cannotOpen({ settings: { port, host, origin } }: HttpPlan, error: unknown): Problem {
  const why =
    codeOf(error) === "EADDRINUSE"
      ? `port ${port} is in use by another program`
      : `port ${port} on ${host} could not be opened (${messageOf(error)})`;
  return {
    severity: "error",
    what: `${placeOf(origin)}: publishing over HTTP has no port: ${why}.`,
    now: "Nothing is taken over HTTP; the rest works.",
    fix: "Choose another port or address.",
    where: origin,
  };
}
