import type { Paste } from "./access.ts";

/** Where the broker's own figures go. */
export interface FiguresInfo {
  readonly sensors: SensorsInfo;
  readonly metrics: MetricsInfo;
}

/** A device of Home Assistant whose sensors are the figures. */
export interface SensorsInfo {
  readonly active: boolean;
  /** Of that device. */
  readonly name: string;
  /** Client ids or user names that have a sensor each for whether they are connected. */
  readonly devices: readonly string[];
  /** What the owner writes himself to switch it; missing: a PATCH does. */
  readonly paste?: Paste;
}

/** A page for Prometheus. */
export interface MetricsInfo {
  readonly active: boolean;
  /** Whether a token has to be shown. */
  readonly needsToken: boolean;
  /** What the owner writes himself to switch it; missing: a PATCH does. */
  readonly paste?: Paste;
}

/** What is to be otherwise; what is missing stays. */
export interface FiguresChange {
  readonly sensors?: { readonly active?: boolean; readonly devices?: readonly string[] };
  readonly metrics?: { readonly active: boolean };
}
