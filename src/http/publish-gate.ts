import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { HttpPlan } from "../snapshot/types.ts";
import { createGate, type Gate } from "./gate.ts";
import type { PublishApiDeps } from "./publish-api.ts";

/** Makes the gate where messages are taken over HTTP. The web server and what it needs are loaded when it opens. */
export function createPublishGate(deps: PublishApiDeps & { readonly log: Logger }): Gate<HttpPlan> {
  return createGate({
    placeOf: ({ settings }) => settings,
    tlsOf: ({ tls }) => tls,
    async open({ settings: { host, port }, tls }) {
      const [{ openWebServer }, { createPublishApi }] = await Promise.all([
        import("./web-server.ts"),
        import("./publish-api.ts"),
      ]);
      const { fetch } = createPublishApi(deps);
      const fault = (error: Error): void => {
        deps.log.error({}, `The port for publishing over HTTP reports a fault: ${messageOf(error)}`);
      };
      return openWebServer({ host, port, tls, fetch, fault });
    },
    closed: { what: "publishing over HTTP", now: "Nothing is taken over HTTP; the rest works." },
  });
}
