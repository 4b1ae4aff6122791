import type { BrokerEvent, ClientInfo, RecordEvent } from "../core/events.ts";
import type { Logger } from "../core/logger.ts";
import type { Action, Reason } from "../core/types.ts";
import { createFolding } from "./folding.ts";

const VERBS: Readonly<Record<Action, string>> = {
  publish: "publish to",
  subscribe: "subscribe to",
  unsubscribe: "unsubscribe from",
  receive: "receive",
};

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
        else recordRefusal(client, event.reason);
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
      case "session_ended":
        folding.add(
          `ended ${client.clientId}`,
          `${deviceName(client)}${userPart(client)} lost its stored session: ${withHint(event.reason)}`,
          { client },
          { key: "ended", text: `Many devices lost their stored sessions, the latest ${deviceName(client)}` },
        );
        break;
      case "will":
        log.debug({ client }, () => `${deviceName(client)}: its will was published to ${shortened(event.topic)}.`);
        break;
      case "slowed":
        folding.add(
          `slowed ${client.clientId}`,
          `${deviceName(client)}${userPart(client)} is slowed down: ${withHint(event.reason)}`,
          { client },
          { key: "slowed", text: `Many devices are slowed down, the latest ${deviceName(client)}` },
        );
        break;
      case "dropped":
        folding.add(
          `dropped ${client.clientId} ${event.reason.kind}`,
          `${deviceName(client)}: ${event.reason.sentence}`,
          { client },
          { key: "dropped", text: `Messages to many devices are dropped, the latest ${deviceName(client)}` },
          event.count,
        );
        break;
    }
  }

  /** A device that names itself anew at each try is still one device, so its client id does not tell refusals apart. */
  function recordRefusal(client: ClientInfo, reason: Reason): void {
    const { username, address } = client;
    folding.add(
      `refused ${reason.kind} ${username ?? ""} ${address}`,
      refusedLine(client, reason),
      { client, reason },
      {
        key: `refused ${address}`,
        text: `Many logins from ${address} were refused, the latest: ${refusedLine(client, reason)}`,
      },
    );
  }

  function recordDenial({ client, action, topic, decision }: Extract<BrokerEvent, { kind: "denied" }>): void {
    const verb = VERBS[action];
    const who = (): string => `${deviceName(client)}${userPart(client)} may not ${verb}`;
    // One subscriber of "#" is denied a delivery per message: that is what the rules are for, not an event.
    if (action === "receive") {
      log.debug({ client, topic }, () => `${who()} ${shortened(topic)}: ${withHint(decision.reason)}.`);
      return;
    }
    const text = `${who()} ${shortened(topic)}: ${withHint(decision.reason)}`;
    const peer = `${action} ${client.clientId} ${client.username ?? ""}`;
    folding.add(
      `${peer} ${topic}`,
      text,
      { client, topic },
      {
        key: peer,
        text: `${who()} many topics, the latest ${shortened(topic)}: ${withHint(decision.reason)}`,
      },
    );
  }

  return { record, stop: folding.stop };
}

function connectedLine(event: Extract<BrokerEvent, { kind: "connected" }>): string {
  const { client, version, clean, keepaliveS, source } = event;
  const protocol = version === 5 ? "MQTT 5" : version === 4 ? "MQTT 3.1.1" : "MQTT 3.1";
  const session = clean ? "clean session" : "kept session";
  const who = client.username === null ? "anonymous" : `${userName(client.username)}, known to ${source}`;
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

/** Names may be 64 kB long; nobody needs more than this to find the device. */
const LONGEST_NAME = 100;

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}

function deviceName({ clientId }: ClientInfo): string {
  return clientId === "" ? "A device" : `Device ${shortened(clientId)}`;
}

function userPart({ username }: ClientInfo): string {
  return username === null ? "" : ` (${userName(username)})`;
}

function userName(username: string): string {
  return username === "" ? "with an empty user name" : `user ${shortened(username)}`;
}

/** Sentence and hint, which may be the end of one, without the last full stop, so that a count can follow. */
function withHint({ sentence, hint }: Reason): string {
  return hint === undefined
    ? sentence
    : `${sentence}. ${hint.charAt(0).toUpperCase()}${hint.slice(1).replace(/\.$/, "")}`;
}
