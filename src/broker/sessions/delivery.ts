import type { Qos } from "../../core/types.ts";
import type { ByteString } from "../packets/bytes.ts";
import type { StoredMessage } from "../routing/stored-message.ts";

/**
 * How far a delivery is. "queued": no packet id yet. "sent": PUBLISH is out, the client's PUBACK or PUBREC is awaited.
 * "resend": it was out on an earlier connection and not yet on this one. "released": PUBREL is out, PUBCOMP is awaited.
 */
export type DeliveryState = "queued" | "sent" | "resend" | "released";

/** One message on its way to one session. */
export interface Delivery {
  readonly message: StoredMessage;
  readonly qos: Qos;
  /** The RETAIN flag to send. */
  readonly retain: boolean;
  readonly subscriptionIds: ByteString;
  /** The shared subscription it was chosen for: "$share/group/home/#"; null: its own. */
  readonly group: string | null;
  /** Grows within a session: the order in which a restart puts deliveries back. */
  readonly order: number;
  state: DeliveryState;
  /** 0 while queued. */
  packetId: number;
  /** Whether it takes a place in the client's receive maximum on this connection. */
  isCounted: boolean;
}
