import { messageOf } from "../core/errors.ts";
import type { ClientInfo, RecordEvent } from "../core/events.ts";
import type { Logger } from "../core/logger.ts";
import { deny, isAllowed } from "../core/reasons.ts";
import type { Access, Action, Decision, Identity, ReasonKind } from "../core/types.ts";
import type { Snapshot } from "../snapshot/types.ts";

/** What one logged-in client may do, asked of the current moment each time. */
export interface Session {
  readonly identity: Identity;
  readonly client: ClientInfo;
  /** Records the denial. */
  mayPublish(topic: string): boolean;
  /** Records the denial. */
  maySubscribe(filter: string): boolean;
  /** Records the first denial of each topic only: a "#" under narrow rules is denied with every message. */
  mayReceive(topic: string): boolean;
  /** Whether `counter` names a message that the last question about receiving did not; overlapping filters ask twice. */
  isNew(counter: number): boolean;
}

export interface SessionDeps {
  readonly identity: Identity;
  readonly client: ClientInfo;
  readonly current: () => Snapshot;
  readonly record: RecordEvent;
  readonly log: Logger;
}

/** Topics whose decision is remembered, per client and action. A table that is full is emptied. */
const REMEMBERED_TOPICS = 500;

/** Makes the session of one client; its rules are picked anew when the configuration has changed. */
export function createSession({ identity, client, current, record, log }: SessionDeps): Session {
  let generation = -1;
  let access: Access | null = null;
  let publish = new Map<string, Decision>();
  let receive = new Map<string, boolean>();
  let lastCounter = -1;

  const renew = (): void => {
    const snapshot = current();
    if (snapshot.generation === generation) return;
    access = snapshot.policy.for(identity);
    generation = snapshot.generation;
    publish = new Map();
    receive = new Map();
  };

  /** A rule source with a fault denies; it must not take the broker down. */
  const decide = (action: Action, topic: string): Decision => {
    try {
      return access?.check(action, topic) ?? undecided(action);
    } catch (error) {
      log.error({ client, action, topic }, `The rules could not be asked: ${messageOf(error)}`);
      return undecided(action);
    }
  };

  const safelyRenew = (): void => {
    try {
      renew();
    } catch (error) {
      access = null;
      log.error({ client }, `The rules could not be picked: ${messageOf(error)}`);
    }
  };

  return {
    identity,
    client,
    mayPublish(topic) {
      safelyRenew();
      const decision = publish.get(topic) ?? remember(publish, topic, decide("publish", topic));
      if (isAllowed(decision)) return true;
      record({ kind: "denied", client, action: "publish", topic, decision });
      return false;
    },
    maySubscribe(filter) {
      safelyRenew();
      const decision = decide("subscribe", filter);
      if (isAllowed(decision)) return true;
      record({ kind: "denied", client, action: "subscribe", topic: filter, decision });
      return false;
    },
    mayReceive(topic) {
      safelyRenew();
      const known = receive.get(topic);
      if (known !== undefined) return known;
      const decision = decide("receive", topic);
      if (isAllowed(decision)) return remember(receive, topic, true);
      record({ kind: "denied", client, action: "receive", topic, decision });
      return remember(receive, topic, false);
    },
    isNew(counter) {
      if (counter === lastCounter) return false;
      lastCounter = counter;
      return true;
    },
  };
}

function remember<T>(table: Map<string, T>, topic: string, value: T): T {
  if (table.size >= REMEMBERED_TOPICS) table.clear();
  table.set(topic, value);
  return value;
}

const KINDS: Readonly<Record<Action, ReasonKind>> = {
  publish: "publish_denied",
  subscribe: "subscribe_denied",
  receive: "receive_denied",
};

function undecided(action: Action): Decision {
  return deny("broker", { kind: KINDS[action], sentence: "the rules could not be asked" });
}
