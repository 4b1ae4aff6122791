import { onTestFinished, vi } from "vitest";
import type { ClientFacts } from "../../../src/core/client-facts.ts";
import type { BrokerEvent } from "../../../src/core/events.ts";
import type { Reason } from "../../../src/core/types.ts";
import { createClients, type Clients } from "../../../src/monitor/clients/clients.ts";

/** 10:00 UTC of a day. */
export const START = Date.UTC(2026, 4, 3, 10);

export const MINUTE = 60_000;

/** A moment so many milliseconds after the start, as the API tells it. */
export function at(ms: number): string {
  return new Date(START + ms).toISOString();
}

/** Who comes and goes in a test. */
export function named(
  clientId: string,
  address = "192.0.2.7",
  username: string | null = "meter",
): BrokerEvent["client"] {
  return { clientId, username, address, listener: "1883" };
}

/** Facts of a session, changed as a test needs it. */
export function factsOf(clientId: string, changes: Partial<ClientFacts> = {}): ClientFacts {
  return {
    clientId,
    username: "meter",
    source: "logins",
    address: "192.0.2.7",
    listener: "1883",
    isBridge: false,
    connection: { sinceMs: START, version: 4, keepaliveS: 60 },
    awaySinceMs: null,
    expiryS: 0,
    messagesIn: 0,
    bytesIn: 0,
    messagesOut: 0,
    bytesOut: 0,
    queued: { count: 0, bytes: 0 },
    lastTopic: null,
    ...changes,
  };
}

export function connected(client: BrokerEvent["client"]): Extract<BrokerEvent, { kind: "connected" }> {
  return { kind: "connected", client, version: 4, clean: true, keepaliveS: 60, source: "logins" };
}

export function disconnected(client: BrokerEvent["client"], reason: Reason | null = null): BrokerEvent {
  return { kind: "disconnected", client, reason };
}

export function refused(client: BrokerEvent["client"], reason: Reason = WRONG): BrokerEvent {
  return { kind: "refused", client, reason };
}

export function denied(
  client: BrokerEvent["client"],
  action: "publish" | "subscribe" | "receive",
  topic: string,
): BrokerEvent {
  const reason: Reason = { kind: `${action}_denied`, sentence: "no rule of user meter matches" };
  return { kind: "denied", client, action, topic, decision: { verdict: "deny", by: "acl", reason } };
}

export const WRONG: Reason = {
  kind: "wrong_password",
  sentence: "wrong password for user meter",
  hint: "Set a new password.",
};

export interface Watched {
  readonly clients: Clients;
  /** Sessions that there are, by client id. */
  readonly sessions: Map<string, ClientFacts>;
  readonly blocked: Map<string, string>;
  readonly open: Map<string, number>;
  /** Lets time pass. */
  pass(ms: number): void;
}

/** Starts to watch a broker that is played by the test. */
export function watch(): Watched {
  vi.useFakeTimers({ now: START });
  const sessions = new Map<string, ClientFacts>();
  const blocked = new Map<string, string>();
  const open = new Map<string, number>();
  const clients = createClients({
    facts: { all: () => sessions.values(), of: (clientId) => sessions.get(clientId) ?? null },
    isTls: (listener) => listener === "8883",
    blockedBy: ({ clientId }) => blocked.get(clientId) ?? null,
    problems: () => open,
    now: Date.now,
  });
  onTestFinished(() => {
    clients.stop();
    vi.useRealTimers();
  });
  return { clients, sessions, blocked, open, pass: (ms) => void vi.advanceTimersByTime(ms) };
}
