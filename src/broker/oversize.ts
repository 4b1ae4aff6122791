import { megabytes } from "./megabytes.ts";

/** Says that a packet is too large; `limit` is that of its type, and names the option when that is what limits it. */
export function oversize(size: number, limit: number, maxPacketSize: number): string {
  if (limit < maxPacketSize) {
    return `sent a packet of ${megabytes(size)} that holds no message; the limit is ${megabytes(limit)}`;
  }
  return `sent a message of ${megabytes(size)}; the limit is ${megabytes(limit)} (max_packet_size)`;
}
