import type { BrokerName } from "./brokers/broker.ts";
import type { Figure } from "./figure.ts";
import type { Target, Transport } from "./target.ts";

/** What one broker is measured with, and what is reported. */
export interface Scenario {
  /** As in issue and report: "b", "d0-tls". */
  readonly name: string;
  readonly title: string;
  readonly transport: Transport;
  /** Interleaved in this order. */
  readonly brokers: readonly BrokerName[];
  /** Whether every round needs brokers that have done nothing yet, which memory figures do. */
  readonly isFresh: boolean;
  readonly figures: readonly Figure[];
  /** Runs in the generator's process. */
  run(load: Load): Promise<Outcome>;
}

/** One measurement to be taken. */
export interface Load {
  readonly target: Target;
  /** Length of what is measured. */
  readonly seconds: number;
  /** Length of the same load before it. */
  readonly warmUpSeconds: number;
  /** From the start of the broker's process until its port answered. */
  readonly startUpMs: number;
}

/** What one measurement gave. */
export interface Outcome {
  /** By key of the figure. */
  readonly values: Readonly<Record<string, number>>;
  /** What must not happen and did: "3 messages lost". */
  readonly faults: readonly string[];
}
