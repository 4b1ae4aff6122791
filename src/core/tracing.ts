import type { BrokerEvent, ClientInfo } from "./events.ts";
import type { ProtocolVersion } from "./types.ts";

/** Sees the packets of one connection. */
export interface PacketTap {
  /** One whole packet of the client. */
  received(packet: Buffer): void;
  /** Packets to the client, or parts of one in order. */
  sent(bytes: Buffer): void;
}

/** Where a connection comes from. */
export interface Peer {
  readonly port?: number;
}

/** Sees each message that is distributed, but those of the broker itself. */
export type MessageTap = (topic: string, payload: Buffer, clientId: string, username: string | null) => void;

/** Looks over the broker's shoulder while somebody searches for something. */
export interface Watcher {
  /** null: this client is of no interest. */
  tapFor(client: ClientInfo, peer: Peer, version: ProtocolVersion): PacketTap | null;
  /** null: messages are of no interest. */
  readonly message: MessageTap | null;
  record(event: BrokerEvent): void;
}
