import type { Identity, Reason } from "../core/types.ts";
import { counted } from "../core/words.ts";
import type { Link } from "./types.ts";

/** Why no further connection is taken. */
export function tooMany(limit: number): Reason {
  const sentence = `the broker has ${limit} connections already, its limit (global_max_connections)`;
  return { kind: "too_many_connections", sentence };
}

/** Why one more connection of a user is too many; one of the same client id is replaced and does not count. */
export function crowded(
  { username, clientId }: Identity,
  /** What dynamic security says of the client; null: nothing. */
  maxOfClient: number | null,
  /** What holds for every user. */
  maxOfUser: number,
  links: Iterable<Link>,
): Reason | null {
  if (maxOfClient === null && maxOfUser === Infinity) return null;
  let others = 0;
  for (const link of links) {
    const identity = link.identity();
    if (identity !== null && identity.username === username && identity.clientId !== clientId) others++;
  }
  const isOfClient = maxOfClient !== null && maxOfClient <= maxOfUser;
  if (others < (isOfClient ? maxOfClient : maxOfUser)) return null;
  return {
    kind: "too_many_connections",
    sentence: `user ${username} has ${counted(others, "connection")} already, which is as many as it may have`,
    hint: isOfClient
      ? 'Raise "maxconnections" of this client of dynamic security, or give each device a user of its own.'
      : "Raise max_user_connections, or give each device a user of its own.",
  };
}

/** Why a user has to wait before it connects again. */
export function tooOften({ username }: Identity, perSecond: number): Reason {
  return {
    kind: "connect_rate",
    sentence: `user ${username} connects more often than ${counted(perSecond, "time")} a second (max_user_connect_rate)`,
  };
}

/** Why a message that came without a connection is not taken. */
export function tooFast({ username }: Identity, limit: string): Reason {
  return { kind: "rate_limited", sentence: `user ${username} publishes faster than it may (${limit})` };
}
