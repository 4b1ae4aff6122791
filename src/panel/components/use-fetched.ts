import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { usePanel } from "../shell/panel.ts";

export interface Fetched<T> {
  /** The last answer; null: none yet. */
  readonly data: T | null;
  /** Why the last question had no answer. */
  readonly error: string | null;
  /** Asks again. */
  reload(): void;
}

/** Asks the API when the component appears, when `path` or `moment` changes, and every `everyMs`. */
export function useFetched<T>(path: string, everyMs: number | null = null, moment = ""): Fetched<T> {
  const { api, explain } = usePanel();
  const data = useSignal<T | null>(null);
  const error = useSignal<string | null>(null);
  const turn = useSignal(0);
  const at = turn.value;
  useEffect(() => {
    const left = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const answer = await api.get<T>(path, left.signal);
        if (left.signal.aborted) return;
        data.value = answer;
        error.value = null;
      } catch (failure) {
        if (!left.signal.aborted) error.value = explain(failure);
      }
    };
    void ask();
    const timer = everyMs === null ? null : setInterval(() => void ask(), everyMs);
    return () => {
      left.abort();
      if (timer !== null) clearInterval(timer);
    };
  }, [path, everyMs, moment, at]);
  useEffect(() => () => void (data.value = null), [path]);
  return { data: data.value, error: error.value, reload: () => (turn.value += 1) };
}
