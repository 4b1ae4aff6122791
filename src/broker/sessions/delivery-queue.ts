import type { Limits } from "../../settings/types.ts";
import type { Delivery } from "./delivery.ts";

type QueueLimits = Pick<Limits, "maxQueuedMessages" | "maxQueuedBytes">;

/** Messages that wait for a client, in order. The first `head` of `items` are gone already. */
export interface DeliveryQueue {
  items: Delivery[];
  head: number;
  count: number;
  bytes: number;
}

/** Which of its two limits a queue has reached. */
export type QueueFull = "messages" | "bytes";

/** Makes an empty queue. */
export function createQueue(): DeliveryQueue {
  return { items: [], head: 0, count: 0, bytes: 0 };
}

function deliveryBytes(delivery: Delivery): number {
  return delivery.message.body.length + delivery.message.topicBytes.length;
}

/** Why one more message of this size does not fit; null: it does. A queue that is null is empty. */
export function limitReached(
  queue: DeliveryQueue | null,
  bytes: number,
  { maxQueuedMessages, maxQueuedBytes }: QueueLimits,
): QueueFull | null {
  if ((queue?.count ?? 0) >= maxQueuedMessages) return "messages";
  return (queue?.bytes ?? 0) + bytes > maxQueuedBytes ? "bytes" : null;
}

/** Adds a delivery, unless the queue is full: then it says of what, and the new one has to give way. */
export function enqueue(queue: DeliveryQueue, delivery: Delivery, limits: QueueLimits): QueueFull | null {
  const bytes = deliveryBytes(delivery);
  const full = limitReached(queue, bytes, limits);
  if (full !== null) return full;
  queue.items.push(delivery);
  queue.count++;
  queue.bytes += bytes;
  return null;
}

/** The delivery that leaves next; stays in the queue. */
export function peek(queue: DeliveryQueue): Delivery | null {
  return queue.items[queue.head] ?? null;
}

/** Takes out the delivery that leaves next. */
export function dequeue(queue: DeliveryQueue): Delivery | null {
  const delivery = queue.items[queue.head];
  if (delivery === undefined) return null;
  queue.head++;
  // give the passed part back now and then, not at every step
  if (queue.head === queue.items.length || queue.head > 1024) {
    queue.items = queue.items.slice(queue.head);
    queue.head = 0;
  }
  queue.count--;
  queue.bytes -= deliveryBytes(delivery);
  return delivery;
}

/** Everything that waits, in the order it would leave. */
export function deliveriesOf(queue: DeliveryQueue): Delivery[] {
  return queue.items.slice(queue.head);
}
