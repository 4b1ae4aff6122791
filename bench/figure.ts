import type { BrokerName } from "./brokers/broker.ts";

/** What is asked of a figure; ratios are ours to the other broker's, in the same round. */
export type Floor =
  | { readonly kind: "ratio-at-least"; readonly value: number }
  | { readonly kind: "ratio-at-most"; readonly value: number }
  | { readonly kind: "at-least"; readonly value: number }
  | { readonly kind: "at-most"; readonly value: number };

/** One number that a scenario gives. */
export interface Figure {
  readonly key: string;
  /** With its unit: "messages per CPU second". */
  readonly title: string;
  /** The broker to compare with. */
  readonly against: BrokerName;
  /** null: reported only. */
  readonly floor: Floor | null;
}

/** Whether a figure reaches its floor; null when it cannot be told. */
export function reaches(floor: Floor, own: number, ratio: number): boolean | null {
  const value = floor.kind === "at-least" || floor.kind === "at-most" ? own : ratio;
  if (Number.isNaN(value)) return null;
  return floor.kind === "at-least" || floor.kind === "ratio-at-least" ? value >= floor.value : value <= floor.value;
}

/** ">= 12 x" or "<= 5". */
export function floorText(floor: Floor): string {
  switch (floor.kind) {
    case "ratio-at-least":
      return `>= ${floor.value} x`;
    case "ratio-at-most":
      return `<= ${floor.value} x`;
    case "at-least":
      return `>= ${floor.value}`;
    case "at-most":
      return `<= ${floor.value}`;
  }
}
