import type { Reason } from "../core/types.ts";
import { type AuthPacket, decodeAuth } from "./packets/auth.ts";
import { createPropertyScan } from "./packets/property-scan.ts";
import { encodeAuth } from "./packets/server-packets.ts";

interface AuthPacketsDeps {
  readonly write: (bytes: Buffer) => void;
  /** What the client takes, in bytes. */
  readonly maximumPacketSize: () => number;
  readonly heard: (packet: AuthPacket) => void;
  readonly close: (reason: Reason, code?: number) => void;
}

/** The AUTH packets of one connection (MQTT 5, 4.12). */
interface AuthPackets {
  /** The method that the CONNECT named; null: none. It outlives the CONNECT: an open connection may authenticate anew. */
  method(): string | null;
  begin(method: string | null): void;
  /** Reads the AUTH in [start, end). */
  read(bytes: Buffer, start: number, end: number): void;
  /** Says a step of an exchange; false, and the connection is closed, when the client takes no packet as large. */
  say(code: number, data: Uint8Array): boolean;
}

/** Makes the part of a connection that reads and writes AUTH. */
export function createAuthPackets({ write, maximumPacketSize, heard, close }: AuthPacketsDeps): AuthPackets {
  let method: string | null = null;
  return {
    method: () => method,
    begin(named) {
      method = named;
    },
    read(bytes, start, end) {
      const found = decodeAuth(createPropertyScan(), bytes, start, end);
      if (found.kind === "auth") heard(found);
      else close({ kind: found.fault.kind, sentence: found.fault.sentence }, found.fault.code);
    },
    say(code, data) {
      const packet = encodeAuth(code, method ?? "", data);
      const isTaken = packet.length <= maximumPacketSize(); // [MQTT-3.1.2-24]
      if (isTaken) write(packet);
      else close({ kind: "oversize", sentence: "takes no packets that are large enough for its authentication" });
      return isTaken;
    },
  };
}
