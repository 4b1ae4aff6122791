import type { ClientEvent, ClientInfo, ClientTopics, LoginSource } from "../../core/api/clients.ts";
import type { Page } from "../../core/api/common.ts";
import type { SubscriptionInfo } from "../../core/figures.ts";
import type { Reason } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import { ApiError } from "./api-error.ts";
import { type ListPart, partOf } from "./page.ts";
import { type PanelRequest, read, type Route, write } from "./route.ts";

export interface ClientRoutesDeps {
  readonly clients: {
    find(part: ClientPart): Promise<Page<ClientInfo>>;
    of(clientId: string): ClientInfo | null;
    events(clientId: string): readonly ClientEvent[] | null;
  };
  readonly desk: {
    subscriptions(clientId: string): readonly SubscriptionInfo[];
    disconnect(clientId: string, reason: Reason): boolean;
    endSession(clientId: string, reason: Reason): boolean;
  };
  /** Makes a test of its subscriptions: whether no rule lets anything through that one asks for. */
  readonly unreadable: (clientId: string) => (filter: string) => boolean;
}

/** Which part of the list is asked for. */
export interface ClientPart extends ListPart<(typeof SORTS)[number]> {
  /** null: those in any. */
  readonly states: readonly ClientInfo["state"][] | null;
}

/** Who is there, who was, and who tried in vain. */
export function clientRoutes({ clients, desk, unreadable }: ClientRoutesDeps): readonly Route[] {
  const found = ({ param }: PanelRequest): ClientInfo => clients.of(param("id")) ?? unknown(param("id"));
  return [
    read(
      "/clients",
      {
        summary: "Devices, with what they do; ?state= picks those in a state, or in some with commas between them",
        answer: "Page<ClientInfo>",
      },
      ({ query }) => clients.find({ ...partOf(query, SORTS), states: statesIn(query) }),
    ),
    read("/clients/{id}", { summary: "One device", answer: "ClientInfo" }, found),
    read(
      "/clients/{id}/events",
      { summary: "What happened to a device, the newest first", answer: "Page<ClientEvent>" },
      ({ param }): Page<ClientEvent> => {
        const items = clients.events(param("id")) ?? unknown(param("id"));
        return { items, total: items.length, next: null };
      },
    ),
    read(
      "/clients/{id}/subscriptions",
      { summary: "What a device subscribed to", answer: 'ClientTopics["subscribes"]' },
      (request): ClientTopics["subscribes"] => {
        const { id } = found(request);
        const isUnreadable = unreadable(id);
        return desk
          .subscriptions(id)
          .map(({ filter, qos, isSuspended }) => ({ filter, qos, isSuspended: isSuspended || isUnreadable(filter) }));
      },
    ),
    write(
      "POST",
      "/clients/{id}/disconnect",
      { summary: "Ends the connection of a device, which may come back", takes: null, answer: null },
      (request) => {
        const { id, source } = found(request);
        refuseBridge(id, source);
        if (!desk.disconnect(id, reasonFor("disconnected", request))) {
          throw new ApiError("conflict", `${id} is not connected.`, "There is nothing to end.");
        }
        return { did: `disconnected ${id}` };
      },
    ),
    write(
      "DELETE",
      "/clients/{id}/session",
      {
        summary: "Ends the session of a device: what it subscribed to, and what waits for it",
        takes: null,
        answer: null,
      },
      (request) => {
        const { id, source } = found(request);
        refuseBridge(id, source);
        if (!desk.endSession(id, reasonFor("ended", request))) {
          throw new ApiError("conflict", `${id} has no session.`, "There is nothing to end.");
        }
        return { did: `ended the session of ${id}` };
      },
    ),
  ];
}

const SORTS = ["id", "user", "state", "since", "in", "out", "queued", "problems"] as const;
const STATES = ["connected", "asleep", "overdue", "gone", "refused"] as const satisfies ClientInfo["state"][];

function statesIn(query: URLSearchParams): ClientPart["states"] {
  const text = query.get("state") ?? "";
  if (text === "") return null;
  return text.split(",").map((wanted) => {
    const state = STATES.find((known) => known === wanted);
    if (state !== undefined) return state;
    throw new ApiError("invalid", `state: "${wanted}" is not known here.`, `Use ${listed(STATES, "or")}.`, {
      field: "state",
    });
  });
}

function unknown(id: string): never {
  throw new ApiError("not_found", `Nobody called ${id} was ever here.`, "Check the client id.");
}

/** A bridge connects again by itself, and belongs to the configuration. */
function refuseBridge(id: string, source: LoginSource | null): void {
  if (source !== "bridge") return;
  throw new ApiError("conflict", `${id} is a bridge of this broker.`, "Change it where it is configured.");
}

function reasonFor(what: string, { by }: PanelRequest): Reason {
  return { kind: "not_allowed", sentence: `${what} in the panel by ${by}` };
}
