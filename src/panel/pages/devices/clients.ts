import type { ClientInfo, ClientState } from "../../../core/api/clients.ts";
import type { Tone } from "../../components/page.tsx";

/** Filters of the list, in the order of their chips. */
export const FILTERS = ["connected", "asleep", "refused", "gone", "bridge", "app"] as const;

export type Filter = (typeof FILTERS)[number];

export const TONES: Readonly<Record<ClientState, Tone>> = {
  connected: "good",
  asleep: "note",
  overdue: "warn",
  gone: "quiet",
  refused: "bad",
};

/** Users that Home Assistant gives its apps. */
const APP_USERS = ["homeassistant", "addons"];

/** Whether a device passes a filter of the list. */
export function passes(client: ClientInfo, filter: Filter | "all"): boolean {
  switch (filter) {
    case "all":
      return true;
    case "asleep":
      return client.state === "asleep" || client.state === "overdue";
    case "bridge":
      return client.source === "bridge";
    case "app":
      return client.user !== null && APP_USERS.includes(client.user);
    default:
      return client.state === filter;
  }
}

/** Whether a text is part of what names a device. */
export function holds(client: ClientInfo, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [client.id, client.user ?? "", client.ip, client.lastTopic ?? ""].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

/** The device that an address means: by its client id, else by its user, the one that is here first. */
export function named(clients: readonly ClientInfo[], name: string): ClientInfo | null {
  const ofUser = clients.filter(({ user }) => user === name);
  return (
    clients.find(({ id }) => id === name) ?? ofUser.find(({ state }) => state === "connected") ?? ofUser[0] ?? null
  );
}
