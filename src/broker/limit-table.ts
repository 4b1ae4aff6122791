import type { Snapshot } from "../snapshot/types.ts";
import type { EngineLimits } from "./sessions/limits.ts";

/** The limits of the current moment. */
export interface LimitTable {
  all(): EngineLimits;
  /** Those of a listener's connections, by its name. */
  on(listener: string): EngineLimits;
}

/** Makes the table; what it finds is kept until the moment changes. */
export function createLimitTable(current: () => Snapshot): LimitTable {
  let of: Snapshot | null = null;
  let all = current().settings.limits;
  let listeners = new Map<string, EngineLimits>();

  const refresh = (): void => {
    const snapshot = current();
    if (snapshot === of) return;
    of = snapshot;
    all = snapshot.settings.limits;
    listeners = new Map(snapshot.settings.listeners.map(({ name, limits }) => [name, { ...all, ...limits }]));
  };

  return {
    all() {
      refresh();
      return all;
    },
    on(listener) {
      refresh();
      return listeners.get(listener) ?? all;
    },
  };
}
