/** What a stage of the login chain was asked and said since the start. */
export interface StageFigures {
  /** Clients it decided about, from memory or not. */
  readonly asked: number;
  readonly yes: number;
  readonly no: number;
  readonly ignored: number;
  /** No decision: it failed, or took too long. */
  readonly failed: number;
  /** Time until its answers, all of them together. */
  readonly totalMs: number;
  /** Questions that left this machine, and those of them that failed. */
  readonly questions: number;
  readonly failedQuestions: number;
  /** Questions not asked because the last ones had no answer. */
  readonly open: number;
  /** Times that an older yes served while it was silent. */
  readonly stale: number;
}

export type StageFigure = keyof StageFigures;

/** The figures of all stages, by name; one owner for the life of the process. */
export interface StageLedger {
  add(stage: string, figure: StageFigure, amount: number): void;
  /** Takes down how its last question ended: null is a decision, else why there was none. */
  ended(stage: string, error: string | null): void;
  /** Of the stages whose last question had no decision: why. */
  errors(): ReadonlyMap<string, string>;
  read(): ReadonlyMap<string, StageFigures>;
}

/** Makes a ledger without a figure. */
export function createStageLedger(): StageLedger {
  const stages = new Map<string, Record<StageFigure, number>>();
  const errors = new Map<string, string>();
  return {
    add(stage, figure, amount) {
      const figures = stages.get(stage) ?? { ...NONE };
      figures[figure] += amount;
      stages.set(stage, figures);
    },
    ended(stage, error) {
      if (error === null) errors.delete(stage);
      else errors.set(stage, error);
    },
    errors: () => new Map(errors),
    read: () => new Map([...stages].map(([stage, figures]) => [stage, { ...figures }])),
  };
}

const NONE: StageFigures = {
  asked: 0,
  yes: 0,
  no: 0,
  ignored: 0,
  failed: 0,
  totalMs: 0,
  questions: 0,
  failedQuestions: 0,
  open: 0,
  stale: 0,
};
