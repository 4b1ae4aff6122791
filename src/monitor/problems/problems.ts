import type { ProblemInfo } from "../../core/api/problems.ts";
import type { ClientInfo, RecordEvent } from "../../core/events.ts";
import type { Action, Decision } from "../../core/types.ts";
import { createBursts } from "./bursts.ts";
import { type Card, createCards, isSolvedBy, toldCard } from "./cards.ts";
import { createLoops } from "./loops.ts";
import type { Mutes } from "./mutes.ts";
import { deniedKey, sightingOf } from "./sighting.ts";

export interface ProblemsDeps {
  /** What the rules in force say to a client with a session; null: it has none. */
  readonly decide: (clientId: string, action: Action, topic: string) => Decision | null;
  readonly isBlocked: (client: ClientInfo) => boolean;
  /** What is wrong as long as it is told: settings, bridges, certificates. */
  readonly standing: () => readonly ProblemInfo[];
  /** The user whose name is nearly that of one that is not known; null: there is none. */
  readonly namesake: (username: string) => string | null;
  readonly mutes: Mutes;
  readonly now: () => number;
}

/** What does not work, for whom and why, one card for all that is the same. */
export interface Problems {
  readonly record: RecordEvent;
  /** The worst first, the newest of them first; those that are muted too. */
  list(): readonly ProblemInfo[];
  /** How many are open about each client, those that are muted left out. */
  perClient(): ReadonlyMap<string, number>;
  /** Hides a card for a while; false: there is none of that id. */
  mute(id: string, untilMs: number): boolean;
  /** Shows it again; false: there is none of that id. */
  unmute(id: string): boolean;
  stop(): void;
}

const SWEEP_MS = 10_000;
/** A connection may break; one that breaks so often within an hour is a problem. */
const BREAKS = 3;
const BREAKS_WINDOW_MS = 3_600_000;
const RANKS: Readonly<Record<ProblemInfo["severity"], number>> = { error: 0, warning: 1, info: 2 };

/** Begins to look for problems. */
export function createProblems({ decide, isBlocked, standing, namesake, mutes, now }: ProblemsDeps): Problems {
  const cards = createCards();
  const loops = createLoops(cards);
  const breaks = createBursts(BREAKS, BREAKS_WINDOW_MS);

  /** What a card was about is as it should be. */
  const isOver = ({ sighting, lastMs, isGroup }: Card): boolean => {
    const { kind, terms, client, denied } = sighting;
    if (now() - lastMs > terms.quietMs) return true;
    if (isGroup) return false;
    if (kind === "banned") return !isBlocked(client);
    return denied !== undefined && decide(client.clientId, denied.action, denied.topic)?.verdict === "allow";
  };
  const clock = setInterval(() => cards.close(isOver), SWEEP_MS).unref();

  const withNamesake = (problem: ProblemInfo): ProblemInfo => {
    const { kind, user, reason } = problem;
    const meant = kind === "unknown_user" && user !== null ? namesake(user) : null;
    return meant === null ? problem : { ...problem, reason: { hint: `did you mean "${meant}"?`, ...reason } };
  };

  const list = (): readonly ProblemInfo[] =>
    [...[...cards.all()].map(toldCard).map(withNamesake), ...standing()]
      .map((problem) => {
        const untilMs = mutes.untilOf(problem.id, now());
        return untilMs === null ? problem : { ...problem, mutedUntil: new Date(untilMs).toISOString() };
      })
      .toSorted((a, b) => RANKS[a.severity] - RANKS[b.severity] || Date.parse(b.last) - Date.parse(a.last));

  const isKnown = (id: string): boolean => list().some((problem) => problem.id === id);

  return {
    record(event) {
      const { client } = event;
      if (event.kind === "connected") {
        loops.connected(client);
        cards.close((card) => isSolvedBy(card, client));
        return;
      }
      if (event.kind === "denied" && event.action !== "receive" && cards.again(deniedKey(event), now())) return;
      if (event.kind === "disconnected" && event.reason?.kind === "taken_over") loops.replaced(client, now());
      const sighting = sightingOf(event);
      if (sighting === null) return;
      const isBreak = sighting.kind === "keepalive" && !cards.has(sighting.key);
      const burst = isBreak ? breaks.hit(sighting.key, now()) : [];
      if (burst === null) return;
      cards.add({ ...sighting, count: isBreak ? burst.length : sighting.count }, now());
    },
    list,
    perClient() {
      const counts = new Map<string, number>();
      for (const { id, sighting, isGroup } of cards.all()) {
        const { clientId } = sighting.client;
        if (isGroup || clientId === "" || mutes.untilOf(id, now()) !== null) continue;
        counts.set(clientId, (counts.get(clientId) ?? 0) + 1);
      }
      return counts;
    },
    mute(id, untilMs) {
      if (!isKnown(id)) return false;
      mutes.set(id, untilMs);
      return true;
    },
    unmute(id) {
      if (!isKnown(id)) return false;
      mutes.set(id, null);
      return true;
    },
    stop: () => clearInterval(clock),
  };
}
