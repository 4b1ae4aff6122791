import type { ClientInfo } from "../../core/api/clients.ts";
import type { Overview } from "../../core/api/system.ts";
import { createPauses } from "../pauses.ts";
import type { Row } from "./row.ts";

/** What the first page says of all clients together. */
export interface Survey {
  readonly total: number;
  readonly away: Pick<Overview["devices"], "asleep" | "overdue" | "refused">;
  /** Home Assistant itself; null: it is not connected. */
  readonly homeAssistant: ClientInfo | null;
  /** Those that send most, the first the most. */
  readonly talkers: Overview["talkers"];
  /** Whether something was let in that is neither Home Assistant nor one of its apps. */
  readonly hasDevices: boolean;
}

interface SurveyDeps {
  readonly rows: () => Iterable<Row>;
  readonly infoOf: (row: Row) => ClientInfo;
  readonly now: () => number;
}

/** The user that Home Assistant itself logs in as, and that of its apps. */
const HOME_ASSISTANT = "homeassistant";
const APPS = "addons";
const TALKERS = 3;
/** A survey that took no longer is made anew whenever somebody asks. */
const CHEAP_MS = 2;
/** Others are made once a second at most, and take at most one part in this of the time. */
const EVERY_MS = 1_000;
const SHARE = 25;

/** Makes the surveyor. With very many clients the answer is that of a moment ago, and nobody waits for the next. */
export function createSurvey({ rows, infoOf, now }: SurveyDeps): () => Survey {
  let last: Survey | null = null;
  let nextAtMs = 0;
  let isRunning = false;

  const make = async (): Promise<void> => {
    isRunning = true;
    const startedAtMs = performance.now();
    const tally = createTally(infoOf);
    const pauses = createPauses();
    for (const row of rows()) {
      // what has never been looked at cannot be told: then the first look is one piece
      if (last !== null && pauses.isDue()) await pauses.rest();
      tally.add(row);
    }
    last = tally.survey();
    const tookMs = performance.now() - startedAtMs;
    nextAtMs = tookMs <= CHEAP_MS ? 0 : now() + Math.max(EVERY_MS, tookMs * SHARE);
    isRunning = false;
  };

  return () => {
    if (!isRunning && now() >= nextAtMs) void make();
    return last ?? createTally(infoOf).survey();
  };
}

function createTally(infoOf: SurveyDeps["infoOf"]) {
  const away = { asleep: 0, overdue: 0, refused: 0 };
  let total = 0;
  let hasDevices = false;
  let own: Row | null = null;
  let talkers: { readonly client: string; readonly perMin: number }[] = [];
  return {
    add(row: Row): void {
      const { client, state } = row;
      total++;
      if (state !== "connected" && state !== "gone") away[state]++;
      if (client.username === HOME_ASSISTANT) {
        if (state === "connected") own ??= row;
      } else if (state !== "refused" && client.username !== APPS) hasDevices = true;
      const perMin = row.perMinIn();
      if (perMin <= (talkers[TALKERS - 1]?.perMin ?? 0)) return;
      talkers = [...talkers, { client: client.clientId, perMin }]
        .toSorted((a, b) => b.perMin - a.perMin)
        .slice(0, TALKERS);
    },
    survey: (): Survey => {
      return { total, away: { ...away }, homeAssistant: own === null ? null : infoOf(own), talkers, hasDevices };
    },
  };
}
