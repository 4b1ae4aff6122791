import type { BrokerEvent, ClientInfo, RecordEvent } from "../core/events.ts";
import type { Logger } from "../core/logger.ts";
import type { Reason } from "../core/types.ts";
import { createFolding } from "./folding.ts";

export interface EventLogDeps {
  readonly log: Logger;
  /** mosquitto's `connection_messages`, asked at each line. */
  readonly connectionMessages: () => boolean;
}

export interface EventLog {
  readonly record: RecordEvent;
  stop(): void;
}

/** Turns events into lines for people. What happens again and again is folded into one line with a count. */
export function createEventLog({ log, connectionMessages }: EventLogDeps): EventLog {
  const folding = createFolding((line) => {
    log.notice(
      line.fields,
      line.count === 1 ? `${line.text}.` : `${line.text} (${line.count} times since ${line.since}).`,
    );
  });

  function record(event: BrokerEvent): void {
    const { client } = event;
    switch (event.kind) {
      case "connected":
        if (connectionMessages()) log.notice({ client }, connectedLine(event));
        break;
      case "disconnected":
        if (connectionMessages()) log.notice({ client }, disconnectedLine(client, event.reason));
        break;
      case "refused":
        if (event.reason.kind === "silent")
          log.debug({ client }, `${client.address} connected to ${client.listener} and said nothing.`);
        else
          folding.add(refusalKey(client, event.reason), refusedLine(client, event.reason), {
            client,
            reason: event.reason,
          });
        break;
      case "denied":
        recordDenial(event);
        break;
      case "subscribed":
        log.log("subscribe", { client }, `${client.clientId} ${event.qos} ${event.filter}`);
        break;
      case "unsubscribed":
        log.log("unsubscribe", { client }, `${client.clientId} ${event.filter}`);
        break;
      case "dropped":
        folding.add(
          `dropped ${client.clientId} ${event.reason.kind}`,
          `${deviceName(client)}: ${event.reason.sentence}`,
          { client },
          event.count,
        );
        break;
    }
  }

  function recordDenial(event: Extract<BrokerEvent, { kind: "denied" }>): void {
    const { client, action, topic, decision } = event;
    const verb = action === "publish" ? "publish to" : action === "subscribe" ? "subscribe to" : "receive";
    const text = `${deviceName(client)}${userPart(client)} may not ${verb} ${topic}: ${withHint(decision.reason)}`;
    // One subscriber of "#" is denied a delivery per message: that is what the rules are for, not an event.
    if (action === "receive") log.debug({ client, topic }, `${text}.`);
    else folding.add(`${action} ${client.clientId} ${client.username ?? ""} ${topic}`, text, { client, topic });
  }

  return { record, stop: folding.stop };
}

function connectedLine(event: Extract<BrokerEvent, { kind: "connected" }>): string {
  const { client, version, clean, keepaliveS, source } = event;
  const protocol = version === 5 ? "MQTT 5" : version === 4 ? "MQTT 3.1.1" : "MQTT 3.1";
  const session = clean ? "clean session" : "kept session";
  const who = client.username === null ? "anonymous" : `user ${client.username}, known to ${source}`;
  return `${deviceName(client)} at ${client.address} connected on ${client.listener} (${who}; ${protocol}, ${session}, keepalive ${keepaliveS} s).`;
}

function disconnectedLine(client: ClientInfo, reason: Reason | null): string {
  return `${deviceName(client)} disconnected${reason === null ? "" : `: ${withHint(reason)}`}.`;
}

function refusedLine(client: ClientInfo, reason: Reason): string {
  switch (reason.kind) {
    case "tls_on_plain":
    case "plain_on_tls":
    case "http_on_mqtt":
      return `${client.address} ${withHint(reason)}`;
    case "auth_unavailable":
      return withHint(reason);
    default:
      return `${deviceName(client)} at ${client.address} was refused: ${withHint(reason)}`;
  }
}

function refusalKey({ clientId, username, address }: ClientInfo, { kind }: Reason): string {
  return `refused ${kind} ${clientId} ${username ?? ""} ${address}`;
}

function deviceName({ clientId }: ClientInfo): string {
  return clientId === "" ? "A device" : `Device ${clientId}`;
}

function userPart({ username }: ClientInfo): string {
  return username === null ? "" : ` (user ${username})`;
}

/** Sentence and hint without the last full stop, so that a count can follow. */
function withHint({ sentence, hint }: Reason): string {
  return hint === undefined ? sentence : `${sentence}. ${hint.replace(/\.$/, "")}`;
}
