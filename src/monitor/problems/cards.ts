import { createHash } from "node:crypto";
import type { ProblemInfo } from "../../core/api/problems.ts";
import type { ClientInfo } from "../../core/events.ts";
import { brief } from "../brief.ts";
import { LONGEST_NAME, type Sighting } from "./sighting.ts";

/** What went wrong again and again, on one card. */
export interface Card {
  readonly id: string;
  readonly group: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  readonly ips: string[];
  /** The latest, without its key, which may hold long names. */
  sighting: Omit<Sighting, "key">;
  /** It stands for several that would have cards of their own. */
  readonly isGroup: boolean;
}

/** Cards that are open. */
export interface Cards {
  add(sighting: Sighting, atMs: number, ips?: readonly string[]): void;
  /** Counts the latest sighting once more, if it has this key: a loop in a device is denied thousands of times a second. */
  again(key: string, atMs: number): boolean;
  has(key: string): boolean;
  /** Closes those of which it is said. */
  close(isOver: (card: Card) => boolean): void;
  all(): Iterable<Card>;
}

/** Past these the one that was silent for longest is closed. */
const MAX_CARDS = 500;
/** Cards of one group that are told apart. */
const MAX_OF_GROUP = 5;
const MAX_IPS = 8;

/** Makes the stack of cards, empty. */
export function createCards(): Cards {
  /** The one that was seen last at the end. */
  const cards = new Map<string, Card>();
  const sizes = new Map<string, number>();

  let latest: { readonly key: string; readonly card: Card } | null = null;

  const close = ({ id, group }: Card): void => {
    cards.delete(id);
    latest = null;
    const size = (sizes.get(group) ?? 1) - 1;
    if (size > 0) sizes.set(group, size);
    else sizes.delete(group);
  };

  return {
    add({ key, ...seen }, atMs, ips = [seen.client.address]) {
      const group = brief(seen.group.key, LONGEST_NAME);
      const sighting = { ...seen, group: { ...seen.group, key: group } };
      const ownId = idOf(key);
      const isOwn = cards.has(ownId) || (sizes.get(group) ?? 0) < MAX_OF_GROUP;
      const id = isOwn ? ownId : idOf(group);
      const known = cards.get(id);
      const card = known ?? {
        id,
        group,
        firstMs: atMs,
        lastMs: atMs,
        count: 0,
        ips: [],
        sighting,
        isGroup: !isOwn,
      };
      card.lastMs = atMs;
      card.count += sighting.count;
      card.sighting = sighting;
      for (const ip of ips) if (!card.ips.includes(ip) && card.ips.length < MAX_IPS) card.ips.push(ip);
      cards.delete(id);
      cards.set(id, card);
      latest = { key, card };
      if (known !== undefined) return;
      sizes.set(group, (sizes.get(group) ?? 0) + 1);
      if (cards.size <= MAX_CARDS) return;
      const [oldest] = cards.values();
      if (oldest !== undefined) close(oldest);
    },
    again(key, atMs) {
      if (latest?.key !== key) return false;
      latest.card.count++;
      latest.card.lastMs = atMs;
      return true;
    },
    has: (key) => cards.has(idOf(key)),
    close(isOver) {
      for (const card of cards.values()) if (isOver(card)) close(card);
    },
    all: () => cards.values(),
  };
}

/** The same after a restart, so that what is muted stays muted; of names that may be long. */
function idOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 16);
}

/** A card as the API tells it. */
export function toldCard({ id, firstMs, lastMs, count, ips, sighting, isGroup }: Card): ProblemInfo {
  const { kind, terms, subject, reason, action, denied, group, client } = sighting;
  return {
    id,
    kind,
    severity: terms.severity,
    subject: isGroup ? group.subject : subject,
    user: isGroup || client.username === null ? null : brief(client.username, LONGEST_NAME),
    ips: [...ips],
    count,
    first: new Date(firstMs).toISOString(),
    last: new Date(lastMs).toISOString(),
    reason: isGroup ? { ...reason, sentence: group.sentence } : reason,
    ...(action === undefined ? {} : { action }),
    ...(denied === undefined ? {} : { denied }),
  };
}

/** Whether a client that has come in now is the one that was refused. */
export function isSolvedBy({ sighting, ips, isGroup }: Card, client: ClientInfo): boolean {
  if (!sighting.isRefusal || isGroup) return false;
  const { clientId, username } = sighting.client;
  if (clientId === "") return ips.includes(client.address);
  return clientId === client.clientId && (username === client.username || ips.includes(client.address));
}
