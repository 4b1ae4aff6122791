import type { Reason } from "../core/types.ts";
import { fitsClientId } from "./extensions.ts";
import type { Client, ClientLimits, DynsecState } from "./types.ts";

/**
 * Says why a user may not log in, whatever its password, and with a certificate neither; null when nothing bars it.
 * `clientId` is the one the connection has in the end, made up by the broker or not.
 */
export function loginRefusal(state: DynsecState, username: string, clientId: string): Reason | null {
  const client = state.clients.get(username);
  const reason = client === undefined ? null : refusalOf(client, clientId);
  return reason === null ? null : { ...reason, where: { file: state.file } };
}

/** Gives the limits of a user, or of anonymous clients, that the broker keeps count of. */
export function limitsOf(state: DynsecState, username: string | null): ClientLimits {
  const client = username === null ? undefined : state.clients.get(username);
  const groups = username === null ? [state.anonymousGroup] : (client?.groups.map(({ group }) => group) ?? []);
  const links = [...(client?.roles ?? []), ...groups.flatMap((group) => group?.roles ?? [])];
  const rates = links.map(({ role }) => role.maxPublishRate).filter((rate) => rate !== null);
  return {
    maxConnections: client?.maxConnections ?? null,
    maxPublishRate: rates.length === 0 ? null : Math.min(...rates),
  };
}

function refusalOf({ name, disabled, clientId: only, clientIds }: Client, clientId: string): Reason | null {
  if (disabled) {
    const hint = 'enable it with "enableClient"';
    return { kind: "not_allowed", sentence: `the client ${name} is disabled`, hint };
  }
  if (only === null && clientIds === null) return null;
  if (only === clientId || clientIds?.some((pattern) => fitsClientId(pattern, clientId)) === true) return null;
  return {
    kind: "not_allowed",
    sentence: `user ${name} may not use the client id ${clientId}`,
    hint: 'set the right client id in the device, or change it with "setClientId"',
  };
}
