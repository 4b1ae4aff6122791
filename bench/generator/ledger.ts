/** Keeps what every receiver got of every publisher, and finds loss, repetition and disorder. */
export interface Ledger {
  /** Deliveries of each publisher, to all receivers together. */
  readonly delivered: Float64Array;
  /** All deliveries. */
  readonly total: () => number;
  /** Takes note of one delivery. */
  record(receiver: number, publisher: number, sequence: number): void;
  /** What went wrong so far; `sent` is what each publisher has sent, for what is missing at the end. */
  faults(sent: readonly number[], receiversPerPublisher: number): readonly string[];
}

/** Makes a ledger; sequence numbers begin with 0. */
export function createLedger(receivers: number, publishers: number): Ledger {
  const expected = Array.from({ length: receivers }, () => new Uint32Array(publishers));
  const delivered = new Float64Array(publishers);
  let total = 0;
  let skipped = 0;
  let repeated = 0;
  return {
    delivered,
    total: () => total,
    record(receiver, publisher, sequence) {
      const row = expected[receiver];
      if (row === undefined) return;
      const next = row[publisher] ?? 0;
      total++;
      delivered[publisher] = (delivered[publisher] ?? 0) + 1;
      if (sequence === next) {
        row[publisher] = next + 1;
      } else if (sequence > next) {
        skipped += sequence - next;
        row[publisher] = sequence + 1;
      } else repeated++;
    },
    faults(sent, receiversPerPublisher) {
      const owed = sent.reduce((sum, count) => sum + count * receiversPerPublisher, 0);
      const missing = owed - total + repeated - skipped;
      return [
        ...(skipped > 0 ? [`${skipped} lost or out of order`] : []),
        ...(repeated > 0 ? [`${repeated} repeated or out of order`] : []),
        ...(missing > 0 ? [`${missing} did not arrive`] : []),
      ];
    },
  };
}
