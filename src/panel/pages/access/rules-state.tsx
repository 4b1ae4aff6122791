import type { JSX } from "preact";
import { usePanel } from "../../shell/panel.ts";
import { ProblemCard } from "../problems/problem-card.tsx";

/** Since when the rules are as they are, and what keeps newer ones from being used. */
export function RulesState(): JSX.Element | null {
  const { words, store, format } = usePanel();
  const { access } = words.value;
  const rules = store.overview.value?.rules;
  if (rules === undefined) return null;
  const at = format.value.clock(rules.loadedAt);
  const faults = (store.problems.value?.items ?? []).filter(
    ({ kind, severity, subject }) => kind === "config" && severity === "error" && rules.files.includes(subject),
  );
  return (
    <div class="stack verdict">
      {faults.map((fault) => (
        <ProblemCard key={fault.id} problem={fault} />
      ))}
      <p class="muted" role="status">
        <time dateTime={rules.loadedAt} title={format.value.moment(rules.loadedAt)}>
          {faults.length > 0 ? access.stillUsing(at) : access.reloaded(at)}
        </time>
      </p>
    </div>
  );
}
