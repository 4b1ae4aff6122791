import type { Figures } from "../../../src/core/figures.ts";
import type { Reading } from "../../../src/monitor/sys/reading.ts";

/** Packets by their first byte, as the broker counts them. */
export function packets(counts: Readonly<Record<number, number>>): Float64Array {
  const all = new Float64Array(256);
  for (const [byte, count] of Object.entries(counts)) all[Number(byte)] = count;
  return all;
}

/** A reading of a broker that has done nothing but what is said. */
export function reading(figures: Partial<Figures> = {}, rest: Partial<Omit<Reading, "figures">> = {}): Reading {
  const nothing = { packets: packets({}), bytes: 0, payloadBytes: 0 };
  return {
    uptimeMs: 0,
    memoryBytes: 50_000_000,
    ...rest,
    figures: {
      received: nothing,
      sent: nothing,
      sockets: 0,
      connections: 0,
      sessions: 0,
      sessionsExpired: 0,
      dropped: 0,
      subscriptions: 0,
      sharedSubscriptions: 0,
      subscribers: 0,
      filters: 0,
      retained: 0,
      stored: { count: 0, payloadBytes: 0 },
      queued: { count: 0, payloadBytes: 0 },
      bytesUnsent: 0,
      ...figures,
    },
  };
}
