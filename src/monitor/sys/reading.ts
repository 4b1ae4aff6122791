import type { Figures, TrafficFigures } from "../../core/figures.ts";

/** What $SYS is made of, at one moment. */
export interface Reading {
  readonly figures: Figures;
  /** Since the start of the broker. */
  readonly uptimeMs: number;
  /** Of the whole process. */
  readonly memoryBytes: number;
}

/** One topic of $SYS with what it says. */
export type SysValue = readonly [topic: string, payload: string];

/** Types of control packets, as the upper half of their first byte has them. */
const PUBLISH = 3;

/** Packets of every type. */
export function allPackets({ packets }: TrafficFigures): number {
  return sum(packets, 0, packets.length);
}

/** Packets of one type. */
export function packetsOf({ packets }: TrafficFigures, type: number): number {
  return sum(packets, type << 4, (type + 1) << 4);
}

/** PUBLISH packets of every QoS. */
export function publishes(traffic: TrafficFigures): number {
  return packetsOf(traffic, PUBLISH);
}

/** PUBLISH packets of one QoS, which is in two of their flags. */
export function publishesOf({ packets }: TrafficFigures, qos: 0 | 1 | 2): number {
  let count = 0;
  for (const retain of [0, 1]) {
    for (const dup of [0, 8]) count += packets[(PUBLISH << 4) | dup | (qos << 1) | retain] ?? 0;
  }
  return count;
}

function sum(packets: ArrayLike<number>, start: number, end: number): number {
  let count = 0;
  for (let byte = start; byte < end; byte++) count += packets[byte] ?? 0;
  return count;
}
