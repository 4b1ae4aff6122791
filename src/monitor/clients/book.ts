import type { ClientInfo } from "../../core/events.ts";
import type { ProtocolVersion } from "../../core/types.ts";
import type { PastEvent } from "./history.ts";
import { remember } from "./history.ts";
import { NO_RHYTHM, type Rhythm } from "./rhythm.ts";

/** What is remembered of a client, also when it is gone or never came in. */
export interface Entry {
  client: ClientInfo;
  /** Name of the login source that vouched for it last; null: none ever did. */
  source: string | null;
  version: ProtocolVersion | null;
  keepaliveS: number;
  isClean: boolean;
  /** 0: it never was. */
  connectedAtMs: number;
  leftAtMs: number;
  /** Since when it has been refused, without coming in; 0: it came in last. */
  refusedAtMs: number;
  rhythm: Rhythm;
  readonly history: PastEvent[];
  /** Grows with each client that is heard of: that of the one heard of last is the highest. */
  heard: number;
}

/** All clients that are remembered. */
export interface Book {
  get(clientId: string): Entry | undefined;
  /** The entry of a client, which was heard of now; null: it is not remembered. */
  touch(client: ClientInfo): Entry | null;
  remember(entry: Entry, event: PastEvent): void;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Client ids of so many that were heard of last. */
  latest(count: number): readonly string[];
}

/** Past these those that were heard of longest ago are forgotten, and this much is left. */
const MAX_ENTRIES = 5_000;
const MAX_EVENTS = 50_000;
/** Of names, which may be 64 kB each. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const LEFT = 0.9;
/** Names that one address can fill the book with, by trying them. */
const MAX_STRANGERS = 20;
/** Nobody is remembered who never came in with a longer name. */
const LONGEST_STRANGER = 512;

/** Makes an empty book. Names come from the network, so that it is bounded in each way in which it can grow. */
export function createBook(): Book {
  const entries = new Map<string, Entry>();
  /** Clients that never came in, by address. */
  const strangers = new Map<string, string[]>();
  let events = 0;
  let characters = 0;
  let heard = 0;

  const forget = (clientId: string): void => {
    const entry = entries.get(clientId);
    if (entry === undefined) return;
    entries.delete(clientId);
    characters -= clientId.length;
    events -= entry.history.length;
  };

  // many at a time: to keep them in order at each event takes longer with each client, as does looking for the oldest
  const trim = (): void => {
    const oldestFirst = [...entries].toSorted(([, one], [, other]) => one.heard - other.heard);
    for (const [clientId] of oldestFirst) {
      const isTrim = entries.size <= MAX_ENTRIES * LEFT && events <= MAX_EVENTS * LEFT;
      if (isTrim && characters <= MAX_CHARACTERS * LEFT) break;
      forget(clientId);
    }
  };

  const addStranger = ({ clientId, address }: ClientInfo): void => {
    const known = (strangers.get(address) ?? []).filter((id) => entries.get(id)?.connectedAtMs === 0);
    known.push(clientId);
    if (known.length > MAX_STRANGERS) forget(known.shift() ?? "");
    strangers.delete(address);
    strangers.set(address, known);
    if (strangers.size <= MAX_ENTRIES) return;
    const [longest] = strangers.keys();
    if (longest !== undefined) strangers.delete(longest);
  };

  return {
    entries,
    get: (clientId) => entries.get(clientId),
    latest(count) {
      const newest = [...entries].toSorted(([, one], [, other]) => other.heard - one.heard).slice(0, count);
      return newest.map(([clientId]) => clientId);
    },
    touch(client) {
      const { clientId } = client;
      const known = entries.get(clientId);
      if (known !== undefined) {
        known.heard = ++heard;
        return known;
      }
      if (clientId === "") return null;
      const entry: Entry = {
        client,
        source: null,
        version: null,
        keepaliveS: 0,
        isClean: true,
        connectedAtMs: 0,
        leftAtMs: 0,
        refusedAtMs: 0,
        rhythm: NO_RHYTHM,
        history: [],
        heard: ++heard,
      };
      entries.set(clientId, entry);
      characters += clientId.length;
      if (entries.size > MAX_ENTRIES || characters > MAX_CHARACTERS) trim();
      return entry;
    },
    remember(entry, event) {
      const { clientId } = entry.client;
      if (event.kind === "refused" && entry.connectedAtMs === 0 && entry.history.length === 0) {
        if (clientId.length > LONGEST_STRANGER) return forget(clientId);
        addStranger(entry.client);
      }
      const before = entry.history.length;
      remember(entry.history, event);
      events += entry.history.length - before;
      if (events > MAX_EVENTS) trim();
    },
  };
}
