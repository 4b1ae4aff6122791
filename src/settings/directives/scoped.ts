import { faulty, swallowed, used, type Draft, type Line } from "./draft.ts";
import type { CarryOut } from "./row.ts";

/** Carries out a line of the whole broker, which with per_listener_settings is one of the listener above it. */
export function scoped<T>(
  ofAll: (draft: Draft, value: T, line: Line) => Draft,
  /** `listener` is its index. */
  ofOne: (draft: Draft, listener: number, value: T, line: Line) => Draft,
): CarryOut<T> {
  return (draft, value, line) => {
    const { listener } = draft.current;
    if (!draft.isPerListener) return used(ofAll(draft, value, line));
    if (listener === "refused") return swallowed(draft);
    if (listener !== null) return used(ofOne(draft, listener, value, line));
    const fault = {
      what: `"${line.name}" belongs below a "listener" line because of per_listener_settings, and there is none above it.`,
      fix: "Move the line below the listener that it is meant for.",
    };
    if (value === true) return faulty(draft, fault);
    // to leave the line out would open every listener that has none of its own
    return faulty(ofAll(draft, value, line), {
      ...fault,
      now: "It counts for every listener without such a line of its own",
    });
  };
}
