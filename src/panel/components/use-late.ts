import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const WAIT_MS = 250;

/** A text that somebody types, once there is a pause: not every letter is worth a question to the broker. */
export function useLate(text: string): string {
  const late = useSignal(text);
  useEffect(() => {
    const timer = setTimeout(() => (late.value = text), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, late]);
  return late.value;
}
