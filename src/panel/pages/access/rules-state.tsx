import type { JSX } from "preact";
import { usePanel } from "../../shell/panel.ts";
import { ProblemCard } from "../problems/problem-card.tsx";

/** Since when the rules are as they are, and what is wrong with their files. */
export function RulesState(): JSX.Element | null {
  const { words, store, format } = usePanel();
  const { access } = words.value;
  const rules = store.overview.value?.rules;
  if (rules === undefined) return null;
  const at = format.value.clock(rules.loadedAt);
  const faults = (store.problems.value?.items ?? []).filter(
    ({ kind, subject }) => kind === "config" && rules.files.includes(subject),
  );
  const isKept = faults.some(({ severity }) => severity === "error");
  return (
    <div class="stack verdict">
      {faults.map((fault) => (
        <ProblemCard key={fault.id} problem={fault} />
      ))}
      <p class="muted" role="status">
        <time dateTime={rules.loadedAt} title={format.value.moment(rules.loadedAt)}>
          {isKept ? access.stillUsing(at) : access.reloaded(at)}
        </time>
      </p>
    </div>
  );
}
