import type { Reason } from "../../core/types.ts";
import { Code } from "../packets/codes.ts";
import type { Context } from "./context.ts";
import { expireRetained } from "./distribute.ts";
import { disconnect, endSession, EXPELLED } from "./lifecycle.ts";
import type { Connection, Due } from "./session.ts";
import { publishWill } from "./wills.ts";

/** Does what a timer was set for. */
export function fire(context: Context, due: Due): void {
  switch (due.kind) {
    case "keepalive":
      checkKeepalive(context, due.connection);
      return;
    case "login":
      // who it was is not known any more, so its will is nobody's
      disconnect(context, due.connection, Code.notAuthorized, LOGIN_OVER, EXPELLED);
      return;
    case "expiry":
      context.counters.sessionsExpired++;
      endSession(context, due.session);
      return;
    case "will":
      publishWill(context, due.session);
      return;
    case "retained":
      expireRetained(context, due.topic, due.sequence);
      return;
  }
}

const LOGIN_OVER: Reason = {
  kind: "not_allowed",
  sentence: "its login has expired",
  hint: "The device has to log in again with a new token.",
};

/** Closes a silent connection; a timer that finds life is set again, so that packets need not touch it. */
function checkKeepalive(context: Context, connection: Connection): void {
  const { keepaliveTimer, keepaliveMs, lastSeenMs } = connection;
  if (connection.isClosed || keepaliveTimer === null) return;
  if (context.now() - lastSeenMs < keepaliveMs) {
    context.wheel.schedule(keepaliveTimer, lastSeenMs + keepaliveMs);
    return;
  }
  const sentence = `no sign of life for ${Math.round(keepaliveMs / 1000)} s`;
  disconnect(context, connection, Code.keepAliveTimeout, { kind: "keepalive", sentence });
}
