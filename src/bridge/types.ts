import type { Logger } from "../core/logger.ts";
import type { ProtocolVersion, Qos, Reason } from "../core/types.ts";

/** What a bridge needs of the broker it belongs to; app.ts hands it in. */
export interface BridgeDeps {
  readonly log: Logger;
  readonly now: () => number;
  /** Opens the session of a bridge; null when there is no room for another. */
  readonly openEnd: (info: LocalEndInfo, output: LocalEndOutput) => LocalEnd | null;
  /** Messages that wait in the session of a bridge. */
  readonly waiting: (clientId: string) => number;
  /** Publishes for the broker itself; an empty payload deletes what is retained. */
  readonly publish: (message: {
    readonly topic: string;
    readonly payload: string;
    readonly qos: Qos;
    readonly retain: boolean;
  }) => void;
  /** Bytes of the largest packet that is taken. */
  readonly maxPacketSize: () => number;
  /** Messages that may come in before they are acknowledged (MQTT 5). */
  readonly receiveMaximum: () => number;
}

export interface LocalEndInfo {
  readonly clientId: string;
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly isClean: boolean;
  readonly isRemoteNew: boolean;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
}

export interface LocalEndOutput {
  packet(bytes: Buffer): void;
  readonly bytesUnsent: number;
  ended(reason: Reason): void;
}

/** The session of a bridge in this broker; it speaks MQTT packets, without CONNECT. */
export interface LocalEnd {
  filters(): readonly string[];
  begin(): void;
  receive(packet: Buffer): void;
  settle(): void;
  drained(): void;
  isFree(packetId: number): boolean;
  close(): void;
}

/** How a bridge is, for the panel and the log. */
export interface BridgeState {
  readonly name: string;
  /** "waiting": for the next attempt, or for enough messages. "stopped": until its configuration changes. */
  readonly status: "connecting" | "connected" | "waiting" | "stopped";
  /** "cabin.lan:1883": the one it is connected to or tries. */
  readonly address: string;
  /** Since when it is as it is, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly passed: Readonly<Passed>;
  /** What went wrong last, also when all is well again; null: nothing did. */
  readonly lastError: { readonly sentence: string; readonly atMs: number } | null;
}

/** Messages that came in through a bridge and went out, since it was started. */
export interface Passed {
  in: number;
  out: number;
}

/** Why a connection ended or never came to be. */
export interface Fault {
  /** Goes on after "Bridge cabin (cabin.lan:1883) ": "was refused: wrong user name or password". */
  readonly sentence: string;
  /** What to do. */
  readonly fix: string;
  /** "version": it is tried in another way. "loop": it is not tried again. */
  readonly kind: "network" | "version" | "loop";
}
