import type { ClientInfo } from "./events.ts";
import type { Qos } from "./types.ts";

/** Sees what clients publish and the broker accepts; nothing of what the broker says itself. */
export interface MessageObserver {
  /**
   * Whether each message is shown by itself. If not, those of one client to one topic that were read together are shown
   * as the last of them, with their number.
   */
  readonly wantsEach: boolean;
  /** `source` holds the payload in [start, end), and only until this returns. */
  seen(
    topic: string,
    client: ClientInfo,
    source: Buffer,
    start: number,
    end: number,
    qos: Qos,
    retain: boolean,
    count: number,
  ): void;
}
