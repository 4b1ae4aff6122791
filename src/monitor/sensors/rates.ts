import type { SensorRates, SensorReading } from "./sensor-list.ts";

/** Makes rates of one reading after the other. */
export interface Rates {
  take(reading: SensorReading): SensorRates;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type Counts = Pick<SensorReading, "atMs" | "messagesIn" | "messagesOut" | "denied" | "refused" | "dropped">;

/** Begins with a broker that started at some moment; what was counted before the last hour is not known. */
export function createRates(startedAtMs: number): Rates {
  /** Of the last hour, and the last one before it. */
  const taken: Counts[] = [{ atMs: startedAtMs, messagesIn: 0, messagesOut: 0, denied: 0, refused: 0, dropped: 0 }];
  return {
    take(reading) {
      const { atMs, messagesIn, messagesOut, denied, refused, dropped } = reading;
      const now: Counts = { atMs, messagesIn, messagesOut, denied, refused, dropped };
      const last = taken.at(-1) ?? now;
      taken.push(now);
      while ((taken[1]?.atMs ?? Infinity) <= atMs - HOUR_MS) taken.shift();
      const isKnown = (taken[0]?.atMs ?? atMs) > atMs - 2 * HOUR_MS;
      // switched on long after the start
      if (!isKnown) taken.shift();
      const first = taken[0] ?? now;
      const perMinute = (count: number, before: number): number =>
        atMs - last.atMs < 1 ? 0 : Math.round(((count - before) * MINUTE_MS) / (atMs - last.atMs));
      return {
        inPerMinute: perMinute(messagesIn, last.messagesIn),
        outPerMinute: perMinute(messagesOut, last.messagesOut),
        deniedPerHour: denied - first.denied,
        refusedPerHour: refused - first.refused,
        droppedPerHour: dropped - first.dropped,
      };
    },
  };
}
