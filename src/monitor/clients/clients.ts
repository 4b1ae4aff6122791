import type { ClientEvent, ClientInfo } from "../../core/api/clients.ts";
import type { Page } from "../../core/api/common.ts";
import type { ClientFacts } from "../../core/client-facts.ts";
import type { BrokerEvent, ClientInfo as Named, RecordEvent } from "../../core/events.ts";
import { createPauses } from "../pauses.ts";
import { createBook, type Entry } from "./book.ts";
import { stateOf } from "./client-state.ts";
import { type ClientQuery, findClients } from "./find.ts";
import { toldEvents } from "./history.ts";
import { createMeter, type Meter, rateOf, sample, SAMPLE_MS } from "./meter.ts";
import { pastEventOf } from "./past-event.ts";
import { withRound } from "./rhythm.ts";
import type { Row } from "./row.ts";
import { loginSourceOf } from "./source.ts";
import { createSurvey, type Survey } from "./survey.ts";

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
  /** All, or those that were heard of last where there are too many to be told again and again. */
  latest(): readonly ClientInfo[];
  /** How many there are count those; null: those are all. */
  count(): number | null;
  find(query: ClientQuery): Promise<Page<ClientInfo>>;
  /** What all are together; where there are very many, a moment ago. */
  survey(): Survey;
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

/** Past these only so many are told that were heard of last. */
const MOST = 2_000;
const LATEST = 200;

/** Begins to remember. What happened before is known only as far as sessions tell it. */
export function createClients({ facts, isTls, blockedBy, problems, now }: ClientsDeps): Clients {
  const book = createBook();
  const startedAtMs = now();
  let meters = new Map<string, Meters>();
  let sampledAtMs = 0;

  const measure = async (): Promise<void> => {
    const atMs = now();
    const next = new Map<string, Meters>();
    const pauses = createPauses();
    for (const { clientId, messagesIn, messagesOut } of facts.all()) {
      if (pauses.isDue()) await pauses.rest();
      const own = meters.get(clientId) ?? { incoming: createMeter(), outgoing: createMeter() };
      sample(own.incoming, messagesIn);
      sample(own.outgoing, messagesOut);
      next.set(clientId, own);
    }
    meters = next;
    sampledAtMs = atMs;
  };
  void measure();
  const clock = setInterval(() => void measure(), SAMPLE_MS).unref();

  const rowOf = (entry: Entry | undefined, known: ClientFacts | null, open: number): Row | null => {
    const client = known ?? entry?.client ?? null;
    if (client === null) return null;
    const { clientId } = client;
    const sinceMs = now() - sampledAtMs;
    return {
      client,
      entry,
      known,
      problems: open,
      ...stateOf(entry, known, { nowMs: now(), startedAtMs }),
      perMinIn: () => rateOf(meters.get(clientId)?.incoming ?? NEVER, known?.messagesIn ?? 0, 0, sinceMs).perMin,
      perMinOut: () => rateOf(meters.get(clientId)?.outgoing ?? NEVER, known?.messagesOut ?? 0, 0, sinceMs).perMin,
    };
  };

  function* rows(): Generator<Row, void> {
    const open = problems();
    for (const known of facts.all()) {
      const row = rowOf(book.get(known.clientId), known, open.get(known.clientId) ?? 0);
      if (row !== null) yield row;
    }
    for (const [clientId, entry] of book.entries) {
      if (facts.of(clientId) !== null) continue;
      const row = rowOf(entry, null, open.get(clientId) ?? 0);
      if (row !== null) yield row;
    }
  }

  const infoOf = ({ client, entry, known, state, sinceMs, dueMs, problems: open }: Row): ClientInfo => {
    const { clientId, username, address, listener } = client;
    const own = meters.get(clientId) ?? { incoming: NEVER, outgoing: NEVER };
    const sampledMs = now() - sampledAtMs;
    const blocker = blockedBy({ clientId, username, address, listener });
    const source = known?.source ?? entry?.source ?? null;
    const version = known?.connection?.version ?? entry?.version ?? null;
    return {
      id: clientId,
      user: username,
      source: source === null ? null : loginSourceOf(source),
      state,
      since: moment(sinceMs),
      ...(dueMs === null ? {} : { expectedBy: moment(dueMs) }),
      ip: address,
      listener,
      tls: isTls(listener),
      protocol: version,
      keepalive: known?.connection?.keepaliveS ?? entry?.keepaliveS ?? 0,
      clean: entry?.isClean ?? known?.expiryS === 0,
      expiry: known === null ? 0 : known.expiryS,
      in: rateOf(own.incoming, known?.messagesIn ?? 0, known?.bytesIn ?? 0, sampledMs),
      out: rateOf(own.outgoing, known?.messagesOut ?? 0, known?.bytesOut ?? 0, sampledMs),
      queued: known?.queued ?? { count: 0, bytes: 0 },
      ...(known === null || known.lastTopic === null ? {} : { lastTopic: known.lastTopic }),
      problems: open,
      ...(blocker === null ? {} : { blockedBy: blocker }),
    };
  };

  const oneOf = (clientId: string, open: ReadonlyMap<string, number>): ClientInfo | null => {
    const row = rowOf(book.get(clientId), facts.of(clientId), open.get(clientId) ?? 0);
    return row === null ? null : infoOf(row);
  };
  const survey = createSurvey({ rows, infoOf, now });
  const count = (): number | null => (survey().total > MOST ? survey().total : null);

  return {
    record(event) {
      const entry = book.touch(event.client);
      if (entry === null) return;
      note(entry, event, now());
      const past = pastEventOf(event, now());
      if (past !== null) book.remember(entry, past);
    },
    list: () => [...rows()].map(infoOf),
    latest() {
      if (count() === null) return [...rows()].map(infoOf);
      const open = problems();
      return book.latest(LATEST).flatMap((clientId) => oneOf(clientId, open) ?? []);
    },
    count,
    find: (query) => findClients({ rows, infoOf }, query),
    survey,
    of: (clientId) => oneOf(clientId, problems()),
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

function moment(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** The meter of a session that began after the last sample. */
const NEVER: Meter = { samples: [] };
