import { topicFault } from "../../core/topic.ts";
import type { Context } from "./context.ts";
import { distribute, retain } from "./distribute.ts";
import { messageOfWill } from "./message-of.ts";
import { observeMessage } from "./observe.ts";
import { mayPublish, payloadFault, type Refusal, refusePublish, retainedFault } from "./permissions.ts";
import { flushRun } from "./run.ts";
import { isPersistent, type Session } from "./session.ts";

/** The limits changed after its CONNECT. */
const RETAINED_OFF: Refusal = {
  counter: "refusedRetained",
  reason: { kind: "protocol_error", sentence: "retained messages are not taken" },
};

/** No packet can carry it behind the prefix of its client. */
const TOPIC_TOO_LONG: Refusal = {
  counter: "refusedText",
  reason: { kind: "malformed", sentence: "the topic is too long with the prefix of this client" },
};

/** Sends the will when its delay is over (MQTT 5, 3.1.3.2.2); at once when there is none. */
export function startWill(context: Context, session: Session, nowMs: number): void {
  const { will } = session;
  if (will === null) return;
  if (will.delayS === 0) {
    publishWill(context, session);
    return;
  }
  session.willTimer ??= { target: { kind: "will", session }, dueMs: 0 };
  context.wheel.schedule(session.willTimer, nowMs + will.delayS * 1000);
}

/** Forgets the will: the client said goodbye, or came back in time [MQTT-3.1.3-9]. */
export function cancelWill(context: Context, session: Session): void {
  session.will = null;
  if (session.willTimer !== null) context.wheel.cancel(session.willTimer);
}

/** Sends the will, if there is one and the rules allow it now. */
export function publishWill(context: Context, session: Session): void {
  const { will } = session;
  if (will === null) return;
  cancelWill(context, session);
  if (isPersistent(session)) context.journal?.session(session);
  flushRun(context);
  if (!mayPublish(context, session, will.topic)) return;
  const oversize = payloadFault(context, will.payload.length);
  if (oversize !== null) {
    refusePublish(context, session, will.topic, oversize);
    return;
  }
  if (topicFault(will.topic) !== null) {
    refusePublish(context, session, will.topic, TOPIC_TOO_LONG);
    return;
  }
  if (will.retain && !context.limits.retainAvailable) {
    refusePublish(context, session, will.topic, RETAINED_OFF);
    return;
  }
  const entry = context.router.entryOf(will.topic);
  // a command of somebody who has gone is carried out for nobody
  if (entry.isControl) return;
  const message = messageOfWill(context, entry, will, session);
  context.record({ kind: "will", client: session.client, topic: will.topic });
  if (message.retain && !retain(context, message, entry)) {
    refusePublish(context, session, will.topic, retainedFault(context));
  }
  observeMessage(context, session.client, message);
  distribute(context, entry, message, session);
}
