import type { ClientEvent } from "../../core/api/clients.ts";
import type { ReasonInfo } from "../../core/api/common.ts";

/** Something that happened to a client, as it is kept. */
export interface PastEvent {
  atMs: number;
  readonly kind: ClientEvent["kind"];
  readonly reason: ReasonInfo | null;
  readonly ip: string | null;
  readonly topic: string | null;
  count: number;
}

const KEPT = 100;

/** Adds an event to a history, the oldest first. What happens again and again is one event with a count. */
export function remember(history: PastEvent[], event: PastEvent): void {
  const last = history.at(-1);
  if (last !== undefined && isSame(last, event)) {
    last.count += event.count;
    last.atMs = event.atMs;
    return;
  }
  history.push(event);
  if (history.length > KEPT) history.shift();
}

function isSame(one: PastEvent, other: PastEvent): boolean {
  return (
    one.kind === other.kind &&
    one.topic === other.topic &&
    one.ip === other.ip &&
    one.reason?.sentence === other.reason?.sentence
  );
}

/** A history as the API tells it, the newest first. */
export function toldEvents(history: readonly PastEvent[]): readonly ClientEvent[] {
  return history.toReversed().map(({ atMs, kind, reason, ip, topic, count }) => ({
    at: new Date(atMs).toISOString(),
    kind,
    ...(reason === null ? {} : { reason }),
    ...(ip === null ? {} : { ip }),
    ...(topic === null ? {} : { topic }),
    ...(count === 1 ? {} : { count }),
  }));
}
