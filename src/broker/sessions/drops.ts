import { megabytes } from "../megabytes.ts";
import type { Context } from "./context.ts";
import type { QueueFull } from "./delivery-queue.ts";
import type { Connection, Session } from "./session.ts";

/** Counts and reports a message that a full queue gave up. */
export function dropFromQueue(context: Context, session: Session, full: QueueFull): void {
  countQueueDrop(context, full);
  const why =
    session.connection === null
      ? "while it is away"
      : session.isHeld
        ? "while its rules are being asked"
        : "because it does not acknowledge them";
  const { maxQueuedMessages, maxQueuedBytes } = context.limits;
  const sentence = `messages are dropped ${why} (at most ${maxQueuedMessages} or ${megabytes(maxQueuedBytes)} wait)`;
  report(context, session, "queue_dropped", sentence, 1);
}

/** Counts a message that a full queue gave up. */
export function countQueueDrop({ counters }: Context, full: QueueFull): void {
  if (full === "messages") counters.droppedQueueMessages++;
  else counters.droppedQueueBytes++;
}

/** Counts and reports a message that would have to wait while the process is at its memory limit. */
export function dropForMemory(context: Context, session: Session): void {
  context.counters.droppedMemory++;
  const sentence = "messages are dropped because the broker is short of memory (memory_limit)";
  report(context, session, "memory_full", sentence, 1);
}

/** Counts and reports QoS 0 messages to a client that does not read. */
export function dropUnsent(context: Context, connection: Connection, count: number): void {
  context.counters.droppedUnsent += count;
  // before CONNACK is out nothing may be sent [MQTT-3.2.0-1]; that is no fault of the client
  if (!connection.hasBegun) return;
  const waiting = megabytes(connection.output.bytesUnsent());
  const sentence = `messages are dropped because it does not read them (${waiting} are waiting)`;
  report(context, connection.session, "queue_dropped", sentence, count);
}

/** Counts and reports a message above the maximum packet size of the client. */
export function dropTooLarge(context: Context, connection: Connection): void {
  context.counters.droppedTooLarge++;
  const limit = megabytes(connection.maximumPacketSize);
  report(context, connection.session, "oversize", `messages are dropped because it takes at most ${limit}`, 1);
}

function report(
  { record }: Context,
  { client }: Session,
  kind: "queue_dropped" | "oversize" | "memory_full",
  sentence: string,
  count: number,
): void {
  record({ kind: "dropped", client, reason: { kind, sentence }, count });
}
