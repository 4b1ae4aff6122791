import type { Reason } from "../../core/types.ts";

/** Where a session's bytes go: the Link of its connection. Nothing here ever waits. */
export interface Output {
  /**
   * Takes over bytes that hold one or more whole packets, or parts of one in order. They do not change afterwards.
   * They may be a piece of a larger buffer: what has to be kept beyond this turn of the event loop is better copied.
   */
  write(bytes: Buffer): void;
  /** Bytes taken over and not yet given to the operating system, those of this turn included. */
  bytesUnsent(): number;
  /** Sends what was written, then closes the connection. */
  end(reason: Reason): void;
}
