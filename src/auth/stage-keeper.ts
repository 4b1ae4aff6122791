import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { StageTerms } from "../core/stage-terms.ts";
import type { Authenticator } from "../core/types.ts";
import { createStageLedger, type StageLedger } from "./figures.ts";
import { createStage } from "./stage.ts";

/**
 * Owns the stages of auth.yaml: one that is as it was before keeps its connections and what it remembers through a
 * reload, and one that is not needed any more is closed.
 */
export interface StageKeeper {
  readonly ledger: StageLedger;
  /**
   * The stage with these terms, made with `create` unless there is one whose `key` is the same.
   * @throws whatever `create` throws.
   */
  take(terms: StageTerms, key: string, create: () => Authenticator): Authenticator;
  /** A stage that is part of one moment and goes with it. */
  wrap(terms: StageTerms, inner: Authenticator): Authenticator;
  /** The newest stage of that id that `take` gave; null: there was none. */
  latest(id: string): Authenticator | null;
  /** Closes those that are not among `stages`. */
  keepOnly(stages: readonly Authenticator[]): Promise<void>;
  /** Ends all questions and closes all. */
  stop(): Promise<void>;
}

interface Kept {
  readonly key: string;
  readonly stage: Authenticator;
}

/** Makes a keeper without a stage. */
export function createStageKeeper(log: Logger): StageKeeper {
  const ledger = createStageLedger();
  const stopping = new AbortController();
  /** Oldest first. */
  let kept: readonly Kept[] = [];
  const wrap = (terms: StageTerms, inner: Authenticator): Authenticator =>
    createStage(inner, terms, { log, ledger, stopping: stopping.signal });

  const close = async ({ name, close }: Authenticator): Promise<void> => {
    try {
      await close?.();
    } catch (error) {
      log.warn({ stage: name }, `The login source ${name} was not closed in good order (${messageOf(error)}).`);
    }
  };

  const keepOnly = async (stages: readonly Authenticator[]): Promise<void> => {
    const gone = kept.filter(({ stage }) => !stages.includes(stage));
    kept = kept.filter(({ stage }) => stages.includes(stage));
    await Promise.all(gone.map(({ stage }) => close(stage)));
  };

  return {
    ledger,
    wrap,
    take(terms, key, create) {
      const same = kept.find((other) => other.key === key);
      if (same !== undefined) return same.stage;
      const stage = wrap(terms, create());
      kept = [...kept, { key, stage }];
      return stage;
    },
    latest: (id) => kept.findLast(({ stage }) => stage.name === id)?.stage ?? null,
    keepOnly,
    async stop() {
      stopping.abort();
      await keepOnly([]);
    },
  };
}
