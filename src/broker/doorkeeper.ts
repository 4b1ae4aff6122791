import type { ClientInfo } from "../core/events.ts";
import type { SentMessage } from "../core/publishing.ts";
import type { Identity, Reason } from "../core/types.ts";
import type { Limits } from "../settings/types.ts";
import type { Snapshot } from "../snapshot/types.ts";
import { createFlapping, type Flapping } from "./flapping.ts";
import { createUserRates, type UserRates } from "./rates/user-rates.ts";
import { crowded, tooFast, tooOften } from "./too-many.ts";
import type { Link } from "./types.ts";

/** Says why somebody is not let in, whatever its password is; null: nothing is against it. */
export interface Doorkeeper {
  /** Asked before the login, with the user name that the client gives. */
  before(client: ClientInfo): Reason | null;
  /** Asked once it is known who it is; counts the login. */
  after(identity: Identity): Reason | null;
  /** Asked about a connected client when the configuration has changed. */
  again(identity: Identity): Reason | null;
  /** Asked about messages of a user without a connection; counts them. */
  request(identity: Identity, messages: readonly SentMessage[]): Reason | null;
  readonly paceOf: UserRates["paceOf"];
  readonly keptOut: Flapping["keptOut"];
}

interface DoorkeeperDeps {
  readonly current: () => Snapshot;
  readonly limits: () => Limits;
  readonly links: Iterable<Link>;
  readonly now: () => number;
}

/** Makes the keeper of the door: bans, devices that come and go, and how many and how often. */
export function createDoorkeeper({ current, limits, links, now }: DoorkeeperDeps): Doorkeeper {
  const flapping = createFlapping(limits, now);
  const rates = createUserRates(limits, now);

  const bannedOf = (identity: Identity): Reason | null => {
    const { bans } = current();
    return bans.isUnknown && !identity.superuser ? UNKNOWN : bans.of(identity, now());
  };

  return {
    before: (client) => current().bans.of(client, now()) ?? flapping.check(client),
    after(identity) {
      const { maxUserConnections, maxUserConnectRate } = limits();
      const ofUser = identity.superuser || identity.username === null ? Infinity : maxUserConnections;
      return (
        bannedOf(identity) ??
        flapping.connects(identity) ??
        crowded(identity, current().limitsOf(identity).maxConnections, ofUser, links) ??
        (rates.mayConnect(identity) ? null : tooOften(identity, maxUserConnectRate))
      );
    },
    again: bannedOf,
    request(identity, messages) {
      const bytes = messages.reduce((sum, { topic, payload }) => sum + topic.length + payload.length, 0);
      const limit = rates.takeRequest(identity, messages.length, bytes);
      return limit === null ? null : tooFast(identity, limit);
    },
    paceOf: rates.paceOf,
    keptOut: flapping.keptOut,
  };
}

const UNKNOWN: Reason = {
  kind: "auth_unavailable",
  sentence: "the list of bans cannot be read, so it is not known who may connect",
  hint: "The log says what is wrong with the file.",
};
