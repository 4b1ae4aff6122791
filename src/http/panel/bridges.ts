import type { BridgeInfo } from "../../core/api/system.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { read, type Route } from "./route.ts";

/** How one connection to another broker is. */
export interface BridgeFacts {
  readonly name: string;
  readonly status: BridgeInfo["state"];
  readonly address: string;
  readonly sinceMs: number;
  readonly lastError: { readonly sentence: string } | null;
  /** Messages that came in and went out since it was started. */
  readonly passed: { readonly in: number; readonly out: number };
}

export interface BridgeRoutesDeps {
  readonly current: () => Pick<Snapshot, "bridges">;
  readonly states: () => readonly BridgeFacts[];
}

/** The connections to other brokers. */
export function bridgeRoutes(deps: BridgeRoutesDeps): readonly Route[] {
  const about = { summary: "The connections to other brokers, and how they are", answer: "BridgeInfo[]" };
  return [read("/bridges", about, () => bridgesOf(deps))];
}

/** One entry for each bridge that runs, with what its lines say. */
export function bridgesOf({ current, states }: BridgeRoutesDeps): readonly BridgeInfo[] {
  const plans = new Map(current().bridges.map(({ settings }) => [settings.name, settings]));
  return states().map(({ name, status, address, sinceMs, lastError, passed }) => {
    const settings = plans.get(name);
    return {
      name,
      address,
      state: status,
      since: new Date(sinceMs).toISOString(),
      ...(lastError === null ? {} : { lastError: lastError.sentence }),
      topics: (settings?.topics ?? []).map(({ direction, local, remote }) => `${direction} ${local} ↔ ${remote}`),
      ...passed,
      ...(settings === undefined ? {} : { where: settings.origin }),
    };
  });
}
