import type { Action, Decision, ProtocolVersion, Qos, Reason } from "./types.ts";

/** A client as it is named in log lines and, later, in the panel. */
export interface ClientInfo {
  readonly clientId: string;
  readonly username: string | null;
  readonly address: string;
  readonly listener: string;
}

/** What happened at the edges. The broker reports, the monitor remembers and writes. */
export type BrokerEvent =
  | {
      readonly kind: "connected";
      readonly client: ClientInfo;
      readonly version: ProtocolVersion;
      readonly clean: boolean;
      readonly keepaliveS: number;
      readonly source: string;
    }
  /** `reason` is null after a clean DISCONNECT. */
  | { readonly kind: "disconnected"; readonly client: ClientInfo; readonly reason: Reason | null }
  /** A connection that never became a session. `client.clientId` is empty when CONNECT was not read. */
  | { readonly kind: "refused"; readonly client: ClientInfo; readonly reason: Reason }
  | {
      readonly kind: "denied";
      readonly client: ClientInfo;
      readonly action: Action;
      readonly topic: string;
      readonly decision: Decision;
    }
  | { readonly kind: "subscribed"; readonly client: ClientInfo; readonly filter: string; readonly qos: Qos }
  | { readonly kind: "unsubscribed"; readonly client: ClientInfo; readonly filter: string }
  /** The session of a client that is away ended before its time. */
  | { readonly kind: "session_ended"; readonly client: ClientInfo; readonly reason: Reason }
  /** The will of a client was published. */
  | { readonly kind: "will"; readonly client: ClientInfo; readonly topic: string }
  /** It is not read for a while, because it sends faster than it may. */
  | { readonly kind: "slowed"; readonly client: ClientInfo; readonly reason: Reason }
  /** Messages not delivered because of a limit: a full queue, a client that does not read, its packet size. */
  | { readonly kind: "dropped"; readonly client: ClientInfo; readonly reason: Reason; readonly count: number };

export type RecordEvent = (event: BrokerEvent) => void;
