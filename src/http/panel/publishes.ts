import type { ClientTopics } from "../../core/api/clients.ts";
import type { Page } from "../../core/api/common.ts";
import { read, type Route } from "./route.ts";

export interface PublishesRoutesDeps {
  readonly publishedBy: (clientId: string) => Promise<Page<ClientTopics["publishes"][number]>>;
}

/** What each device publishes. */
export function publishesRoutes({ publishedBy }: PublishesRoutesDeps): readonly Route[] {
  return [
    read(
      "/clients/{id}/publishes",
      {
        summary: "Topics that a device published to, the newest first, 200 at most",
        answer: 'Page<ClientTopics["publishes"][number]>',
      },
      ({ param }) => publishedBy(param("id")),
    ),
  ];
}
