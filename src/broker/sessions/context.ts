import type { RecordEvent } from "../../core/events.ts";
import type { MessageObserver } from "../../core/observing.ts";
import type { MessageTap } from "../../core/tracing.ts";
import type { Access, Identity } from "../../core/types.ts";
import type { AckHeader } from "../packets/acks.ts";
import type { PublishHeader } from "../packets/publish-header.ts";
import type { RetainedStore } from "../routing/retained-store.ts";
import type { Router } from "../routing/router.ts";
import type { Counters } from "./counters.ts";
import type { HeldPackets } from "./held-packets.ts";
import type { Unmounted } from "./mount-point.ts";
import type { Journal } from "./journal.ts";
import type { EngineLimits } from "./limits.ts";
import type { ReplaySchedule } from "./replay.ts";
import type { RetainedSources } from "./retained-sources.ts";
import type { Run } from "./run.ts";
import type { SentFrames } from "./send.ts";
import type { Due, Session } from "./session.ts";
import type { TimerWheel } from "./timer-wheel.ts";
import type { Traffic } from "./traffic.ts";
import type { Writer } from "./writer.ts";

/** Takes a message to a topic below $CONTROL/ that its sender may publish to. It must not answer before it returns. */
export type TakeControlMessage = (
  topic: string,
  payload: Uint8Array,
  from: Pick<Identity, "clientId" | "username">,
) => void;

/** The engine's state: made once by createEngine(), handed to every function that works on it. */
export interface Context {
  readonly sessions: Map<string, Session>;
  readonly router: Router<Session>;
  readonly retained: RetainedStore;
  readonly counters: Counters;
  readonly received: Traffic;
  readonly sent: Traffic;
  readonly wheel: TimerWheel<Due>;
  readonly journal: Journal | null;
  readonly record: RecordEvent;
  readonly now: () => number;
  readonly accessFor: (identity: Identity) => Access;
  /** Messages that a client may publish in a second; null: as many as it can. */
  readonly maxPublishRate: (identity: Identity) => number | null;
  readonly control: TakeControlMessage;
  /** Whether a client that does what the rules deny loses its connection. */
  readonly endsDenied: () => boolean;
  limits: EngineLimits;
  /** Nothing may be kept that is not kept yet: the process is at its limit. */
  isMemoryFull: boolean;
  /** null: nobody looks at messages. */
  tap: MessageTap | null;
  /** null: nobody keeps what is published. */
  observer: MessageObserver | null;
  /** Grows with every message. */
  sequence: number;
  /** Packets to anyone, and acknowledgements to the client whose packets are being read. */
  readonly writer: Writer;
  readonly acks: Writer;
  readonly held: HeldPackets;
  /** QoS 0 messages of one topic that were read and not yet delivered. */
  readonly run: Run;
  readonly sentFrames: SentFrames;
  readonly unmounted: Unmounted;
  readonly replays: ReplaySchedule;
  readonly sources: RetainedSources;
  /** Read into again and again: a packet on the fast path allocates nothing. */
  readonly header: PublishHeader;
  readonly ackHeader: AckHeader;
}
