import type { Delivery } from "./delivery.ts";

export interface QueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  /** What gives way when a queue is full: the new message, or the oldest one. */
  readonly dropPolicy: "newest" | "oldest";
  /** Messages of a higher priority leave first, and drop later; the topic decides, so that its order is kept. */
  readonly priorityOf: (topic: string) => number;
}

/** Messages that wait for a client. */
export interface DeliveryQueue {
  /** Highest priority first. */
  readonly lanes: Lane[];
  count: number;
  bytes: number;
}

/** Deliveries of one priority, in order. `head` of them are gone already. */
interface Lane {
  readonly priority: number;
  items: Delivery[];
  head: number;
}

/** Which of its two limits a queue has reached. */
export type QueueFull = "messages" | "bytes";

/** Makes an empty queue. */
export function createQueue(): DeliveryQueue {
  return { lanes: [], count: 0, bytes: 0 };
}

function deliveryBytes(delivery: Delivery): number {
  return delivery.message.body.length + delivery.message.topicBytes.length;
}

/** Whether one more message of this size fits without dropping. */
export function hasRoom(queue: DeliveryQueue | null, bytes: number, limits: QueueLimits): boolean {
  return queue === null
    ? limits.maxQueuedMessages > 0
    : queue.count < limits.maxQueuedMessages && queue.bytes + bytes <= limits.maxQueuedBytes;
}

/**
 * Adds a delivery and hands every one that had to give way to `dropped`, with `context` and `owner` so that it needs no
 * closure. False: the new one itself had to.
 * A message of higher priority pushes out one of lower priority under either policy.
 */
export function enqueue<C, O>(
  queue: DeliveryQueue,
  delivery: Delivery,
  limits: QueueLimits,
  dropped: (context: C, owner: O, delivery: Delivery, full: QueueFull) => void,
  context: C,
  owner: O,
): boolean {
  const priority = limits.priorityOf(delivery.message.topic);
  const bytes = deliveryBytes(delivery);
  if (bytes > limits.maxQueuedBytes || limits.maxQueuedMessages === 0) {
    dropped(context, owner, delivery, limits.maxQueuedMessages === 0 ? "messages" : "bytes");
    return false;
  }
  while (!hasRoom(queue, bytes, limits)) {
    const full = queue.count < limits.maxQueuedMessages ? "bytes" : "messages";
    const victim = victimFor(queue, priority, limits.dropPolicy);
    if (victim === null) {
      dropped(context, owner, delivery, full);
      return false;
    }
    dropped(context, owner, victim, full);
  }
  laneOf(queue, priority).items.push(delivery);
  queue.count++;
  queue.bytes += bytes;
  return true;
}

/** The delivery that leaves next; stays in the queue. */
export function peek(queue: DeliveryQueue): Delivery | null {
  for (const lane of queue.lanes) {
    const delivery = lane.items[lane.head];
    if (delivery !== undefined) return delivery;
  }
  return null;
}

/** Takes out the delivery that leaves next. */
export function dequeue(queue: DeliveryQueue): Delivery | null {
  for (const lane of queue.lanes) {
    const delivery = shift(queue, lane);
    if (delivery !== null) return delivery;
  }
  return null;
}

/** Everything that waits, in the order it would leave. */
export function deliveriesOf(queue: DeliveryQueue): Delivery[] {
  return queue.lanes.flatMap((lane) => lane.items.slice(lane.head));
}

function victimFor(queue: DeliveryQueue, priority: number, policy: QueueLimits["dropPolicy"]): Delivery | null {
  const lowest = queue.lanes.findLast((lane) => lane.head < lane.items.length);
  if (lowest === undefined || lowest.priority > priority) return null;
  if (lowest.priority === priority && policy === "newest") return null;
  return shift(queue, lowest);
}

function shift(queue: DeliveryQueue, lane: Lane): Delivery | null {
  const delivery = lane.items[lane.head];
  if (delivery === undefined) return null;
  lane.head++;
  // give the passed part back now and then, not at every step
  if (lane.head === lane.items.length || lane.head > 1024) {
    lane.items = lane.items.slice(lane.head);
    lane.head = 0;
  }
  queue.count--;
  queue.bytes -= deliveryBytes(delivery);
  return delivery;
}

function laneOf(queue: DeliveryQueue, priority: number): Lane {
  const index = queue.lanes.findIndex((lane) => lane.priority <= priority);
  const found = queue.lanes[index];
  if (found?.priority === priority) return found;
  const lane: Lane = { priority, items: [], head: 0 };
  queue.lanes.splice(index < 0 ? queue.lanes.length : index, 0, lane);
  return lane;
}
