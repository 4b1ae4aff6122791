import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

const CALM_MS = 10_000;

/** A text that is read out: the first at once, later ones at most every 10 seconds, so that nobody is talked over. */
export function useCalm(text: string): string {
  const said = useSignal(text);
  const saidAtMs = useRef(0);
  useEffect(() => {
    const waitMs = said.peek() === "" ? 0 : saidAtMs.current + CALM_MS - Date.now();
    const timer = setTimeout(
      () => {
        said.value = text;
        saidAtMs.current = Date.now();
      },
      Math.max(waitMs, 0),
    );
    return () => clearTimeout(timer);
  }, [text, said]);
  return said.value;
}
