import type { ClientDesk, ClientFacts } from "../core/client-facts.ts";
import type { RecordEvent } from "../core/events.ts";
import { isBridgeSession } from "./bridge-end.ts";
import type { Engine } from "./engine.ts";
import { subscriptionsIn } from "./figures.ts";
import { Code, NEVER_EXPIRES } from "./packets/codes.ts";
import type { Session } from "./sessions/session.ts";

/** Makes the desk for questions about single clients. */
export function createClientDesk(engine: Engine, record: RecordEvent): ClientDesk {
  const { sessions } = engine;
  return {
    *all() {
      for (const session of sessions.values()) yield factsOf(session);
    },
    of(clientId) {
      const session = sessions.get(clientId);
      return session === undefined ? null : factsOf(session);
    },
    identity: (clientId) => sessions.get(clientId)?.identity ?? null,
    subscriptions(clientId) {
      const session = sessions.get(clientId);
      return session === undefined ? [] : [...subscriptionsIn(session)];
    },
    decide: (clientId, action, topic) => sessions.get(clientId)?.access.check(action, topic) ?? null,
    disconnect(clientId, reason) {
      const connection = sessions.get(clientId)?.connection ?? null;
      if (connection !== null) engine.disconnect(connection, Code.administrativeAction, reason);
      return connection !== null;
    },
    endSession(clientId, reason) {
      const session = sessions.get(clientId);
      if (session === undefined) return false;
      engine.endSession(clientId, reason);
      record({ kind: "session_ended", client: session.client, reason });
      return true;
    },
  };
}

function factsOf(session: Session): ClientFacts {
  const { clientId, client, connection, expiryS, expiryTimer, identity, queue } = session;
  const endsAtMs = expiryTimer?.dueMs ?? 0;
  const { messagesIn, bytesIn, messagesOut, bytesOut } = session;
  return {
    clientId,
    username: identity.username,
    source: identity.source,
    address: client.address,
    listener: client.listener,
    isBridge: isBridgeSession(session),
    connection:
      connection === null
        ? null
        : {
            sinceMs: connection.openedAtMs,
            version: connection.version,
            keepaliveS: connection.keepaliveMs / 1500, // one and a half times the interval [MQTT-3.1.2-22]
          },
    awaySinceMs: connection === null && endsAtMs > 0 ? endsAtMs - expiryS * 1000 : null,
    expiryS: expiryS === NEVER_EXPIRES ? null : expiryS,
    messagesIn,
    // the -0 that it begins with
    bytesIn: bytesIn + 0,
    messagesOut,
    bytesOut: bytesOut + 0,
    queued: { count: queue?.count ?? 0, bytes: queue?.bytes ?? 0 },
    lastTopic: connection?.lastTopic?.text ?? null,
  };
}
