import type { Context } from "./context.ts";
import { releaseHeldPackets } from "./held-packets.ts";
import { sendHeld } from "./outbound.ts";
import { clearUnmounted } from "./mount-point.ts";
import { replaySlice } from "./replay.ts";
import { flushRun } from "./run.ts";
import { clearSentFrames } from "./send.ts";
import { flushWriter } from "./writer.ts";

/** Hands over everything that was collected. To be called at the end of whatever began outside the engine. */
export function settle(context: Context): void {
  flushRun(context);
  flushWriter(context.writer);
  flushWriter(context.acks);
  clearSentFrames(context.sentFrames);
  clearUnmounted(context.unmounted);
  if (context.held.waiting.length > 0) releaseHeldPackets(context, sendHeld, () => settle(context));
  if (context.replays.ready.size > 0) scheduleReplays(context);
}

function scheduleReplays(context: Context): void {
  if (context.replays.isScheduled) return;
  context.replays.isScheduled = true;
  setImmediate(() => {
    context.replays.isScheduled = false;
    replaySlice(context);
    settle(context);
  });
}
