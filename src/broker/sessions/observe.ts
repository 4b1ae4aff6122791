import type { ClientInfo } from "../../core/events.ts";
import { payloadOf, type StoredMessage } from "../routing/stored-message.ts";
import type { Context } from "./context.ts";

/** Shows a message that did not come in a packet of its client to who looks at what is published. */
export function observeMessage({ observer }: Context, client: ClientInfo, message: StoredMessage): void {
  if (observer === null) return;
  const payload = Buffer.from(payloadOf(message), "latin1");
  observer.seen(message.topic, client, payload, 0, payload.length, message.qos, message.retain, 1);
}
