import type { RecordEvent } from "../core/events.ts";
import type { Reason } from "../core/types.ts";

/** Connections that were refused since the start, by the kind of the reason. */
export interface Refusals {
  readonly record: RecordEvent;
  readonly byKind: ReadonlyMap<Reason["kind"], number>;
  total(): number;
}

/** Starts at 0. */
export function createRefusals(): Refusals {
  const byKind = new Map<Reason["kind"], number>();
  return {
    record(event) {
      if (event.kind !== "refused") return;
      const { kind } = event.reason;
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
    },
    byKind,
    total() {
      let total = 0;
      for (const count of byKind.values()) total += count;
      return total;
    },
  };
}
