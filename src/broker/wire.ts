import type { ClientInfo } from "../core/events.ts";
import type { PacketTap, Watcher } from "../core/tracing.ts";
import type { ProtocolVersion } from "../core/types.ts";
import type { ConnectionInfo } from "./connection.ts";
import { countPacket, type Traffic } from "./sessions/traffic.ts";

/** What passes between a link and its client, and who looks at it. */
export interface Wire {
  /** Sends a packet of the link's own. */
  readonly say: (packet: Buffer) => void;
  /** Sends bytes of whole packets, or parts of one in order, which were counted. */
  readonly write: (bytes: Buffer) => void;
  /** A packet has come, [start, end) of what was read. */
  readonly received: (bytes: Buffer, start: number, end: number) => void;
  /** Finds out anew who looks at it; null: its version of MQTT is not known. */
  readonly look: (client: ClientInfo, seen: { readonly version: ProtocolVersion } | null) => void;
}

/** Makes the wire of one connection; nobody looks at it yet. */
export function createWire(
  outbox: { write(bytes: Buffer): void },
  sent: Traffic,
  info: ConnectionInfo,
  tapFor: Watcher["tapFor"],
): Wire {
  let tap: PacketTap | null = null;
  const write = (bytes: Buffer): void => {
    if (tap !== null) tap.sent(bytes);
    outbox.write(bytes);
  };
  return {
    say(packet) {
      countPacket(sent, packet);
      write(packet);
    },
    write,
    received(bytes, start, end) {
      if (tap !== null) tap.received(bytes.subarray(start, end));
    },
    look(client, seen) {
      tap = seen === null ? null : tapFor(client, info, seen.version);
    },
  };
}
