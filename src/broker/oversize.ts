import type { Reason } from "../core/types.ts";
import { megabytes } from "./megabytes.ts";
import type { FrameFault } from "./packets/frames.ts";

/** Why a stream cannot be read on; `limit` is that of the packet's type, and names the option when that is what limits it. */
export function unreadable(fault: FrameFault, size: number, limit: number, maxPacketSize: number): Reason {
  return fault === "malformed"
    ? { kind: "malformed", sentence: "sent a packet length that cannot be read" }
    : { kind: "oversize", sentence: oversize(size, limit, maxPacketSize) };
}

function oversize(size: number, limit: number, maxPacketSize: number): string {
  if (limit < maxPacketSize) {
    return `sent a packet of ${megabytes(size)} that holds no message; the limit is ${megabytes(limit)}`;
  }
  return `sent a message of ${megabytes(size)}; the limit is ${megabytes(limit)} (max_packet_size)`;
}
