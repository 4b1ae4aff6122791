import type { Delivery } from "./delivery.ts";

/**
 * Deliveries that have a packet id, each in the slot of its id: ids are given in turn, so a few slots hold a window of
 * them, and nothing is hashed or moved.
 */
export interface Inflight {
  /** A power of two of them; the slot of an id is the id modulo their number. */
  slots: (Delivery | null)[];
  count: number;
  /** Packet id given last. */
  lastPacketId: number;
}

const FIRST_SLOTS = 32;
const MAX_PACKET_ID = 0xffff;

/** Starts with nothing in flight. */
export function createInflight(): Inflight {
  return { slots: emptySlots(FIRST_SLOTS), count: 0, lastPacketId: 0 };
}

/** The delivery with a packet id; null when nobody waits for it. */
export function inflightOf(inflight: Inflight | null, packetId: number): Delivery | null {
  if (inflight === null) return null;
  const delivery = inflight.slots[packetId & (inflight.slots.length - 1)] ?? null;
  return delivery !== null && delivery.packetId === packetId ? delivery : null;
}

/** Gives a delivery the next free packet id and its slot. */
export function takePacketId(inflight: Inflight, delivery: Delivery): void {
  if (inflight.count * 2 >= inflight.slots.length && inflight.slots.length <= MAX_PACKET_ID) grow(inflight);
  const { slots } = inflight;
  let packetId = inflight.lastPacketId;
  do packetId = packetId >= MAX_PACKET_ID ? 1 : packetId + 1;
  while (slots[packetId & (slots.length - 1)] !== null);
  delivery.packetId = packetId;
  inflight.lastPacketId = packetId;
  slots[packetId & (slots.length - 1)] = delivery;
  inflight.count++;
}

/** Puts a delivery back that has its packet id from an earlier run. */
export function putBack(inflight: Inflight, delivery: Delivery): void {
  if (inflightOf(inflight, delivery.packetId) !== null) return;
  while (inflight.slots[delivery.packetId & (inflight.slots.length - 1)] !== null) grow(inflight);
  inflight.slots[delivery.packetId & (inflight.slots.length - 1)] = delivery;
  inflight.lastPacketId = delivery.packetId;
  inflight.count++;
}

/** Frees the packet id of a delivery. */
export function release(inflight: Inflight, delivery: Delivery): void {
  if (inflightOf(inflight, delivery.packetId) !== delivery) return;
  inflight.slots[delivery.packetId & (inflight.slots.length - 1)] = null;
  inflight.count--;
}

/** Everything in flight, in the order of first sending. */
export function allInflight(inflight: Inflight | null): Delivery[] {
  if (inflight === null || inflight.count === 0) return [];
  // ids are given in turn and begin anew at 1: what follows the last one is the oldest
  const age = ({ packetId }: Delivery): number => (packetId - inflight.lastPacketId - 1) & MAX_PACKET_ID;
  return inflight.slots.filter((delivery) => delivery !== null).toSorted((a, b) => age(a) - age(b));
}

function grow(inflight: Inflight): void {
  const slots = emptySlots(inflight.slots.length * 2);
  for (const delivery of inflight.slots)
    if (delivery !== null) slots[delivery.packetId & (slots.length - 1)] = delivery;
  inflight.slots = slots;
}

function emptySlots(count: number): (Delivery | null)[] {
  return Array.from({ length: count }, () => null);
}
