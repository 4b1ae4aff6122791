import type { ReasonInfo } from "../../core/api/common.ts";
import type { ProblemInfo } from "../../core/api/problems.ts";
import type { BrokerEvent, ClientInfo } from "../../core/events.ts";
import type { Reason, ReasonKind } from "../../core/types.ts";
import { brief } from "../brief.ts";
import { reasonInfo } from "../clients/past-event.ts";
import { actionFor, kindOf, type Kind } from "./kinds.ts";

/** Something that went wrong once, or several times at once. */
export interface Sighting {
  /** The same for what belongs on one card. */
  readonly key: string;
  /** Cards that one peer can cause at will: past some of them it gets one card for all. */
  readonly group: { readonly key: string; readonly subject: string; readonly sentence: string };
  readonly kind: string;
  readonly terms: Kind;
  readonly client: ClientInfo;
  readonly subject: string;
  readonly reason: ReasonInfo;
  readonly action: ProblemInfo["action"];
  /** Of an action that rules denied. */
  readonly denied: ProblemInfo["denied"];
  /** It never became a connection. */
  readonly isRefusal: boolean;
  readonly count: number;
}

/** Names from the network are kept for as long as their card. */
export const LONGEST_NAME = 300;

/** Ends of connections that somebody should look at; the others were wished for, or are told in other ways. */
const ENDS: ReadonlySet<ReasonKind> = new Set([
  "keepalive",
  "oversize",
  "malformed",
  "protocol_error",
  "queue_dropped",
  "rate_limited",
  "memory_full",
]);

/** What an event is on a card; null: it is nothing that somebody must look at. */
export function sightingOf(event: BrokerEvent): Sighting | null {
  const { client } = event;
  switch (event.kind) {
    case "refused":
      return refusal(client, event.reason);
    case "disconnected":
      if (event.reason === null || !ENDS.has(event.reason.kind)) return null;
      return about(client, event.reason, "ended", 1);
    case "denied":
      return denial(event);
    case "dropped":
      return about(client, event.reason, "dropped", event.count);
    case "slowed":
      return about(client, event.reason, "slowed", 1);
    default:
      return null;
  }
}

function refusal(client: ClientInfo, reason: Reason): Sighting | null {
  const { clientId, username, address } = client;
  const one = about(client, reason, "refused", 1);
  if (one === null) return null;
  return {
    ...one,
    isRefusal: true,
    key: clientId === "" ? `${reason.kind} at ${address}` : `${reason.kind} ${clientId} ${username ?? ""}`,
    group: {
      key: `refused ${address}`,
      subject: address,
      sentence: `many logins from ${address} were refused, the latest: ${one.reason.sentence}`,
    },
  };
}

function about(client: ClientInfo, reason: Reason, what: string, count: number): Sighting | null {
  const terms = kindOf(reason.kind);
  if (terms === null) return null;
  const { clientId, username, address } = client;
  const subject = clientId === "" ? address : brief(clientId, LONGEST_NAME);
  const told = reasonInfo(reason);
  return {
    key: `${reason.kind} ${what} ${clientId}`,
    group: {
      key: what,
      subject: address,
      sentence: `many devices have the same trouble, the latest: ${told.sentence}`,
    },
    kind: reason.kind,
    terms,
    client: isLong(client)
      ? { ...client, clientId: subject, username: username && brief(username, LONGEST_NAME) }
      : client,
    subject,
    reason: told,
    // the way to a name that was cut leads nowhere
    action: terms.action === null || isLong(client) ? undefined : actionFor(terms.action, { clientId, user: username }),
    denied: undefined,
    isRefusal: false,
    count,
  };
}

function isLong({ clientId, username }: ClientInfo): boolean {
  return clientId.length + (username ?? "").length > 2 * LONGEST_NAME;
}

const VERBS = {
  publish: "publish to",
  subscribe: "subscribe to",
  unsubscribe: "unsubscribe from",
  receive: "receive",
} as const;

type Denied = Extract<BrokerEvent, { kind: "denied" }>;

/** The key of a denied action that is not a delivery. */
export function deniedKey({ client: { clientId, username }, action, topic, decision }: Denied): string {
  return `${decision.reason.kind} ${action} ${clientId} ${username ?? ""} ${topic}`;
}

function denial(event: Denied): Sighting | null {
  const { client, action, topic, decision } = event;
  const { by, reason } = decision;
  const one = about(client, reason, "denied", 1);
  if (one === null) return null;
  const { clientId, username: user } = client;
  const shown = brief(topic, LONGEST_NAME);
  const sentence = `may not ${VERBS[action]} ${shown}: ${one.reason.sentence}`;
  const isRule = by !== "limits" && reason.kind !== "rules_unavailable" && action !== "unsubscribe";
  // rules are asked and made for the whole topic
  const denied = isRule && shown === topic ? { action, topic } : undefined;
  const { action: label } = one.terms;
  return {
    ...one,
    // one subscriber of "#" is denied a delivery with each topic anew
    key: action === "receive" ? `receive ${clientId}` : deniedKey(event),
    group: {
      key: `denied ${clientId}`,
      subject: one.subject,
      sentence: `may not use many topics, the latest: ${sentence}`,
    },
    reason: { ...one.reason, sentence },
    action: label === null || isLong(client) ? undefined : actionFor(label, { clientId, user, denied }),
    denied,
  };
}
