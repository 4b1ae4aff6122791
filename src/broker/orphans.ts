import type { RecordEvent } from "../core/events.ts";
import { isAllowed } from "../core/reasons.ts";
import type { Identity } from "../core/types.ts";
import type { Snapshot } from "../snapshot/types.ts";
import { isBridgeSession } from "./bridge-end.ts";
import type { Engine } from "./engine.ts";

/**
 * Ends the sessions of clients that are away and whose user is gone: nobody could take them up, and messages would wait
 * for them until they expire. While a file of the users has a fault none is ended, for the user may be back with the
 * next save. Only those that `concerns` picks are looked at.
 */
export function endOrphans(
  engine: Engine,
  snapshot: Snapshot,
  record: RecordEvent,
  concerns: (identity: Identity) => boolean = () => true,
): void {
  if (!knowsItsUsers(snapshot)) return;
  for (const session of engine.sessions.values()) {
    const { clientId, client, connection, identity } = session;
    // a bridge has no user: its session ends with its lines
    if (connection !== null || isBridgeSession(session) || !concerns(identity)) continue;
    const decision = snapshot.logins.mayReturn(identity);
    if (isAllowed(decision)) continue;
    record({ kind: "session_ended", client, reason: decision.reason });
    engine.endSession(clientId, decision.reason);
  }
}

function knowsItsUsers({ problems, settings }: Snapshot): boolean {
  const passwordFiles = [settings, ...settings.listenerAccess.values()].map(({ passwordFile }) => passwordFile);
  const paths = [...passwordFiles, settings.dynamicSecurity?.file ?? null].flatMap((file) => file?.path ?? []);
  return !problems.some(
    ({ severity, where }) =>
      severity === "error" || (where !== undefined && paths.some((path) => path.endsWith(`/${where.file}`))),
  );
}
