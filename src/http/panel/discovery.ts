import type { DeletePlan, DiscoveryInfo } from "../../core/api/topics.ts";
import { ApiError } from "./api-error.ts";
import { pageOf } from "./page.ts";
import { runPlan, textsOf, type RetainedRoutesDeps } from "./retained.ts";
import { read, write, type Route } from "./route.ts";

export interface DiscoveryRoutesDeps extends Pick<RetainedRoutesDeps, "run"> {
  readonly devices: () => Promise<readonly DiscoveryInfo[]>;
  /** Those that a client has announced. */
  readonly announcedBy: (clientId: string) => Promise<readonly DiscoveryInfo[]>;
  /** What the announcements of some devices are; a text says why they cannot be deleted. */
  readonly plan: (ids: readonly string[]) => Promise<DeletePlan | string>;
}

const TERMS = {
  texts: ({ name, id, topics }: DiscoveryInfo) => [name, id, ...topics],
  sorts: {
    name: ({ name }: DiscoveryInfo) => name,
    unused: ({ probablyUnused }: DiscoveryInfo) => (probablyUnused ? 0 : 1),
  },
};

/** The devices that were announced to Home Assistant, and how those that are left over go. */
export function discoveryRoutes({ devices, announcedBy, plan, run }: DiscoveryRoutesDeps): readonly Route[] {
  return [
    read(
      "/discovery",
      {
        summary:
          "Devices that retained messages announce to Home Assistant; with ?unused=1 those that probably nobody uses",
        answer: "Page<DiscoveryInfo>",
      },
      async ({ query }) => {
        const all = await devices();
        return pageOf(
          query.get("unused") === "1" ? all.filter(({ probablyUnused }) => probablyUnused) : all,
          query,
          TERMS,
        );
      },
    ),
    read(
      "/clients/{id}/discovery",
      { summary: "Devices that a client has announced to Home Assistant", answer: "Page<DiscoveryInfo>" },
      async ({ param, query }) => pageOf(await announcedBy(param("id")), query, TERMS),
    ),
    write(
      "POST",
      "/discovery/delete",
      {
        summary: "With `ids`: which announcements would be deleted, and a token. With `token`: deletes them",
        takes: "DiscoveryDelete",
        answer: "DeletePlan | JobInfo",
      },
      async ({ body, by }) => {
        if (body["token"] !== undefined) return runPlan(run, body, by);
        const planned = await plan(textsOf(body["ids"], "ids"));
        if (typeof planned === "string") throw new ApiError("too_large", planned, "Choose fewer.");
        return { body: planned, did: null };
      },
    ),
  ];
}
