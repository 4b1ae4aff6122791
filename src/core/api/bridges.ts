import type { PlaceInfo } from "./common.ts";

/** How one connection to another broker is. */
export interface BridgeInfo {
  readonly name: string;
  readonly address: string;
  readonly state: "connected" | "connecting" | "waiting" | "stopped";
  readonly since?: string;
  readonly lastError?: string;
  readonly lastErrorAt?: string;
  readonly topics: readonly string[];
  /** Messages that came in and went out since it was started. */
  readonly in: number;
  readonly out: number;
  readonly where?: PlaceInfo;
  /** Whether it was made here, and can be changed here. */
  readonly writable: boolean;
}

/** What a bridge made here carries, as a line `topic` says it. */
export interface BridgeTopicInfo {
  /** Without the prefixes: "sensors/#". */
  readonly filter: string;
  readonly direction: "in" | "out" | "both";
  readonly qos: 0 | 1 | 2;
  /** What stands before it at this broker, and at the other one. */
  readonly localPrefix: string;
  readonly remotePrefix: string;
}

/** A line of a bridge by its name in mosquitto.conf: `address`, `remote_username`, `bridge_cafile`. */
export interface BridgeSetting {
  readonly name: string;
  readonly value: string;
}

/** A bridge made here, to be changed. Never its password. */
export interface BridgeDetail {
  readonly name: string;
  readonly topics: readonly BridgeTopicInfo[];
  readonly settings: readonly BridgeSetting[];
  readonly passwordSet: boolean;
  readonly where: PlaceInfo;
}

export interface NewBridge {
  /** Letters, digits, "-", "_" and ".". */
  readonly name: string;
  readonly topics: readonly BridgeTopicInfo[];
  readonly settings: readonly BridgeSetting[];
  readonly password?: string;
}

/** What is given takes the place of what is there. */
export interface BridgeChange {
  readonly topics?: readonly BridgeTopicInfo[];
  readonly settings?: readonly BridgeSetting[];
  /** null: there is none from now on. */
  readonly password?: string | null;
}

/** What came of connecting once. */
export interface BridgeVerdict {
  readonly ok: boolean;
  readonly sentence: string;
  readonly fix?: string;
  /** The name that the other broker was told. */
  readonly clientId: string;
  /** What was done, in this order; the last one is where it ended. */
  readonly steps: readonly {
    readonly step: "lookup" | "connect" | "tls" | "login" | "subscribe";
    readonly ok: boolean;
    readonly detail?: string;
  }[];
  readonly ms: number;
}
