import { useSignal } from "@preact/signals";
import { usePanel } from "../shell/panel.ts";

export interface Action {
  readonly isBusy: boolean;
  /** Why it was not done; null: it was, or was not tried yet. */
  readonly error: string | null;
  run(): void;
}

/** Something that a button does: once at a time, and with a sentence when it fails. */
export function useAction(work: () => Promise<void>): Action {
  const { explain } = usePanel();
  const isBusy = useSignal(false);
  const error = useSignal<string | null>(null);
  const run = async (): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = null;
    try {
      await work();
    } catch (failure) {
      error.value = explain(failure);
    } finally {
      isBusy.value = false;
    }
  };
  return { isBusy: isBusy.value, error: error.value, run: () => void run() };
}
