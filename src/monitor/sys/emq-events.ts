import type { BrokerEvent, ClientInfo, RecordEvent } from "../../core/events.ts";
import { codesOf } from "../../core/reasons.ts";
import type { ProtocolVersion, Reason } from "../../core/types.ts";
import { emqTopic, LONGEST_LEVEL, topicLevel } from "./emq-tree.ts";

const PROTOCOL_NAMES: Readonly<Record<ProtocolVersion, string>> = { 3: "MQIsdp", 4: "MQTT", 5: "MQTT" };

export interface EmqEventsDeps {
  readonly publish: (topic: string, payload: string) => void;
  /** Whether anybody subscribed to what a topic is in. */
  readonly isHeard: (topic: string) => boolean;
}

/**
 * Turns who comes, goes and is refused into EMQ's messages: "$SYS/brokers/<node>/clients/<client id>/connected" with
 * {"clientid": "c1", "username": "test", "ipaddress": "192.168.1.7", "connack": 0, "ts": 1432648482, ...}.
 */
export function createEmqEvents(
  node: string,
  { publish, isHeard }: EmqEventsDeps,
  now: () => number = Date.now,
): RecordEvent {
  const say = (client: ClientInfo, what: "connected" | "disconnected", rest: object): void => {
    const { clientId, username, address } = client;
    if (clientId === "" || clientId.length > LONGEST_LEVEL) return;
    const topic = emqTopic(node, `clients/${topicLevel(clientId)}/${what}`);
    // at nearly every home they would be made for nobody, and thousands of them when all devices come at once
    if (!isHeard(topic)) return;
    const ts = Math.floor(now() / 1000);
    publish(topic, JSON.stringify({ clientid: clientId, username, ipaddress: address, ...rest, ts }));
  };

  return (event) => {
    switch (event.kind) {
      case "connected":
        say(event.client, "connected", { ...connectedFields(event), connected_at: Math.floor(now() / 1000) });
        break;
      case "refused": {
        const { connack } = codesOf(event.reason.kind);
        if (connack !== null) say(event.client, "connected", { connack });
        break;
      }
      case "disconnected":
        say(event.client, "disconnected", { reason: reasonText(event.reason) });
        break;
      default:
        break;
    }
  };
}

function connectedFields({ client, version, clean, keepaliveS }: Extract<BrokerEvent, { kind: "connected" }>): object {
  return {
    clean_sess: clean,
    clean_start: clean,
    session: !clean,
    protocol: version,
    proto_ver: version,
    proto_name: PROTOCOL_NAMES[version],
    keepalive: keepaliveS,
    connack: 0,
    sockport: portOf(client),
  };
}

/** The port of a listener, which is the end of its name: "1883", "127.0.0.1:1885". null: it has none. */
function portOf({ listener }: ClientInfo): number | null {
  const port = /\d+$/.exec(listener)?.[0];
  return port === undefined ? null : Number(port);
}

/** EMQ's words for why a connection ended. */
function reasonText(reason: Reason | null): string {
  switch (reason?.kind) {
    case undefined:
      return "normal";
    case "ok":
      return "closed";
    case "keepalive":
      return "keepalive_timeout";
    case "taken_over":
      return "conflict";
    case "shutting_down":
      return "shutdown";
    case "not_allowed":
    case "banned":
    case "flapping":
    case "unknown_user":
    case "wrong_password":
      return "kick";
    default:
      return "internal_error";
  }
}
