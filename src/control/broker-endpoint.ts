import { readEnvelope, type Asked } from "../dynsec/envelope.ts";
import type { Snapshot } from "../snapshot/types.ts";
import type { ListenerSettings } from "../settings/types.ts";
import { DYNSEC_TOPIC } from "./dynsec-endpoints.ts";
import type { Endpoint } from "./desk.ts";

export interface BrokerEndpointDeps {
  readonly current: () => Snapshot;
  /** The real port of a listener; null: it is not open. */
  readonly portOf: (listener: string) => number | null;
}

/** Where questions about the broker are published, as Mosquitto 2.1 has it with `enable_control_api`. */
export const BROKER_TOPIC = "$CONTROL/broker/v1";

/** Answers what plugins and listeners there are. */
export function brokerEndpoint({ current, portOf }: BrokerEndpointDeps): Endpoint {
  return {
    audience: "subscribers",
    async answer(payload) {
      const responses = readEnvelope(payload).map((asked) => respond(asked, current(), portOf));
      return { reply: JSON.stringify({ responses }), follow: () => undefined };
    },
  };
}

function respond(asked: Asked, snapshot: Snapshot, portOf: BrokerEndpointDeps["portOf"]): object {
  if (asked.kind === "fault") return { command: asked.name, error: asked.error };
  const correlation = asked.correlation === null ? {} : { correlationData: asked.correlation };
  switch (asked.name.toLowerCase()) {
    case "listplugins":
      return { command: "listPlugins", data: { plugins: plugins(snapshot) }, ...correlation };
    case "listlisteners": {
      const listeners = snapshot.settings.listeners.flatMap((listener) => listed(listener, portOf(listener.name)));
      return { command: "listListeners", data: { listeners }, ...correlation };
    }
    default:
      return { command: asked.name, error: "Unknown command", ...correlation };
  }
}

function plugins({ settings: { dynamicSecurity } }: Snapshot): readonly object[] {
  return dynamicSecurity === null ? [] : [{ name: "dynamic-security", "control-endpoints": [DYNSEC_TOPIC] }];
}

function listed({ protocol, host, tls }: ListenerSettings, port: number | null): readonly object[] {
  if (port === null) return [];
  const address = host === "::" ? {} : { "bind-address": host };
  return [{ port, protocol: protocol === "mqtt" ? "mqtt" : "mqtt+websockets", ...address, tls: tls !== null }];
}
