import type { ClientEvent, ClientInfo, ClientState } from "../../core/api/clients.ts";
import type { ClientFacts } from "../../core/client-facts.ts";
import type { BrokerEvent, ClientInfo as Named, RecordEvent } from "../../core/events.ts";
import { createBook, type Entry } from "./book.ts";
import { toldEvents } from "./history.ts";
import { createMeter, type Meter, rateOf, sample, SAMPLE_MS } from "./meter.ts";
import { pastEventOf } from "./past-event.ts";
import { usualAwayMs, withRound } from "./rhythm.ts";
import { loginSourceOf } from "./source.ts";

export interface ClientsDeps {
  /** Of every session now, and of one. */
  readonly facts: { all(): Iterable<ClientFacts>; of(clientId: string): ClientFacts | null };
  readonly isTls: (listener: string) => boolean;
  /** Who keeps somebody out; null: nobody does. */
  readonly blockedBy: (who: Named) => string | null;
  /** Open problems about each client. */
  readonly problems: () => ReadonlyMap<string, number>;
  readonly now: () => number;
}

/** Who is there, who was, and who tried in vain. */
export interface Clients {
  readonly record: RecordEvent;
  list(): readonly ClientInfo[];
  /** null: nobody of that name was ever heard of. */
  of(clientId: string): ClientInfo | null;
  /** What happened to a client, the newest first; null: nobody of that name was ever heard of. */
  events(clientId: string): readonly ClientEvent[] | null;
  stop(): void;
}

interface Meters {
  readonly incoming: Meter;
  readonly outgoing: Meter;
}

/** Begins to remember. What happened before is known only as far as sessions tell it. */
export function createClients({ facts, isTls, blockedBy, problems, now }: ClientsDeps): Clients {
  const book = createBook();
  const startedAtMs = now();
  let meters = new Map<string, Meters>();
  let sampledAtMs = 0;

  const measure = (): void => {
    sampledAtMs = now();
    const next = new Map<string, Meters>();
    for (const { clientId, messagesIn, messagesOut } of facts.all()) {
      const own = meters.get(clientId) ?? { incoming: createMeter(), outgoing: createMeter() };
      sample(own.incoming, messagesIn);
      sample(own.outgoing, messagesOut);
      next.set(clientId, own);
    }
    meters = next;
  };
  measure();
  const clock = setInterval(measure, SAMPLE_MS).unref();

  const infoOf = (entry: Entry | undefined, known: ClientFacts | null, open: number): ClientInfo | null => {
    const client = namedIn(known) ?? entry?.client ?? null;
    if (client === null) return null;
    const { clientId, username, address, listener } = client;
    const own = meters.get(clientId) ?? { incoming: createMeter(), outgoing: createMeter() };
    const sinceMs = now() - sampledAtMs;
    const blocker = blockedBy(client);
    const source = known?.source ?? entry?.source ?? null;
    const version = known?.connection?.version ?? entry?.version ?? null;
    return {
      id: clientId,
      user: username,
      source: source === null ? null : loginSourceOf(source),
      ...stateOf(entry, known, { nowMs: now(), startedAtMs }),
      ip: address,
      listener,
      tls: isTls(listener),
      protocol: version,
      keepalive: known?.connection?.keepaliveS ?? entry?.keepaliveS ?? 0,
      clean: entry?.isClean ?? known?.expiryS === 0,
      expiry: known === null ? 0 : known.expiryS,
      in: rateOf(own.incoming, known?.messagesIn ?? 0, known?.bytesIn ?? 0, sinceMs),
      out: rateOf(own.outgoing, known?.messagesOut ?? 0, known?.bytesOut ?? 0, sinceMs),
      queued: known?.queued ?? { count: 0, bytes: 0 },
      ...(known === null || known.lastTopic === null ? {} : { lastTopic: known.lastTopic }),
      problems: open,
      ...(blocker === null ? {} : { blockedBy: blocker }),
    };
  };

  return {
    record(event) {
      const entry = book.touch(event.client);
      if (entry === null) return;
      note(entry, event, now());
      const past = pastEventOf(event, now());
      if (past !== null) book.remember(entry, past);
    },
    list() {
      const open = problems();
      const all = new Map([...facts.all()].map((known) => [known.clientId, known]));
      const ids = new Set([...all.keys(), ...book.entries.keys()]);
      return [...ids].flatMap(
        (clientId) => infoOf(book.get(clientId), all.get(clientId) ?? null, open.get(clientId) ?? 0) ?? [],
      );
    },
    of: (clientId) => infoOf(book.get(clientId), facts.of(clientId), problems().get(clientId) ?? 0),
    events(clientId) {
      const entry = book.get(clientId);
      if (entry !== undefined) return toldEvents(entry.history);
      return facts.of(clientId) === null ? null : [];
    },
    stop: () => clearInterval(clock),
  };
}

/** Takes over what an event says of a client. */
function note(entry: Entry, event: BrokerEvent, nowMs: number): void {
  switch (event.kind) {
    case "connected":
      if (entry.leftAtMs > 0 && entry.connectedAtMs > 0) {
        const hereMs = entry.leftAtMs - entry.connectedAtMs;
        entry.rhythm = withRound(entry.rhythm, hereMs, nowMs - entry.leftAtMs);
      }
      entry.client = event.client;
      entry.source = event.source;
      entry.version = event.version;
      entry.keepaliveS = event.keepaliveS;
      entry.isClean = event.clean;
      entry.connectedAtMs = nowMs;
      entry.leftAtMs = 0;
      entry.refusedAtMs = 0;
      break;
    case "disconnected":
      entry.client = event.client;
      entry.leftAtMs = nowMs;
      // whoever was refused meanwhile was somebody else
      entry.refusedAtMs = 0;
      break;
    case "refused":
      // the one that is let in is the one whose name it is
      if (entry.connectedAtMs === 0) entry.client = event.client;
      if (entry.refusedAtMs === 0) entry.refusedAtMs = nowMs;
      break;
    default:
      break;
  }
}

function stateOf(
  entry: Entry | undefined,
  known: ClientFacts | null,
  { nowMs, startedAtMs }: { readonly nowMs: number; readonly startedAtMs: number },
): { readonly state: ClientState; readonly since: string; readonly expectedBy?: string } {
  const connection = known?.connection ?? null;
  if (connection !== null) return { state: "connected", since: moment(connection.sinceMs) };
  if (entry !== undefined && entry.refusedAtMs > 0) return { state: "refused", since: moment(entry.refusedAtMs) };
  const leftAtMs = entry?.leftAtMs || known?.awaySinceMs || startedAtMs;
  const usualMs = entry === undefined ? null : usualAwayMs(entry.rhythm);
  if (usualMs !== null) {
    const dueMs = leftAtMs + usualMs;
    if (nowMs > dueMs) return { state: "overdue", since: moment(dueMs), expectedBy: moment(dueMs) };
    return { state: "asleep", since: moment(leftAtMs), expectedBy: moment(dueMs) };
  }
  return { state: known === null ? "gone" : "asleep", since: moment(leftAtMs) };
}

function moment(atMs: number): string {
  return new Date(atMs).toISOString();
}

function namedIn(known: ClientFacts | null): Named | null {
  if (known === null) return null;
  const { clientId, username, address, listener } = known;
  return { clientId, username, address, listener };
}
