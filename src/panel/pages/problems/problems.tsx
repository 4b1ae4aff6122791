import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { ProblemInfo } from "../../../core/api/problems.ts";
import { Chips, Field } from "../../components/controls.tsx";
import { Empty, Loading, Page } from "../../components/page.tsx";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { groupOf, GROUPS } from "./kinds.ts";
import { ProblemCard } from "./problem-card.tsx";

const CARDS_AT_FIRST = 50;

/** The page Problems: what went wrong, folded to one card for each device and reason. */
export function ProblemsPage(): JSX.Element {
  const { words, store, router, format } = usePanel();
  const { problems, general } = words.value;
  const { query } = router.route.value;
  const rows = store.problems.value;
  const shown = useSignal(CARDS_AT_FIRST);
  const group = oneOf(GROUPS, query["kind"] ?? null) ?? "all";
  const search = query["q"] ?? "";
  const filter = (next: Readonly<Record<string, string>>): void => {
    const kept = Object.entries({ ...query, ...next }).filter(([, value]) => value !== "" && value !== "all");
    router.replace(hrefOf("problems", [], Object.fromEntries(kept)));
  };
  const found = (rows?.items ?? [])
    .filter((problem) => group === "all" || groupOf(problem) === group)
    .filter((problem) => holds(problem, search))
    .toSorted((a, b) => b.last.localeCompare(a.last));
  const open = found.filter(({ mutedUntil }) => mutedUntil === undefined);
  const muted = found.filter(({ mutedUntil }) => mutedUntil !== undefined);

  return (
    <Page title={problems.title} lead={problems.lead}>
      <div class="toolbar">
        <Chips
          label={problems.groups}
          value={group}
          chips={[
            { value: "all", label: general.all },
            ...GROUPS.map((value) => ({ value, label: problems.group[value] })),
          ]}
          onChange={(kind) => filter({ kind })}
        />
        <Field label={general.search} value={search} onInput={(q) => filter({ q })} />
      </div>
      {rows === null ? <Loading /> : null}
      {rows !== null && found.length === 0 ? (
        <Empty>{rows.items.length === 0 ? problems.none : general.nothingFound}</Empty>
      ) : null}
      <div class="stack">
        {open.slice(0, shown.value).map((problem) => (
          <ProblemCard key={problem.id} problem={problem} />
        ))}
        {open.length <= shown.value ? null : (
          <button type="button" class="button" onClick={() => (shown.value += CARDS_AT_FIRST)}>
            {general.more(format.value.number(Math.min(CARDS_AT_FIRST, open.length - shown.value)))}
          </button>
        )}
        {muted.length === 0 ? null : (
          <details>
            <summary>{problems.muted(format.value.number(muted.length))}</summary>
            <div class="stack">
              {muted.slice(0, shown.value).map((problem) => (
                <ProblemCard key={problem.id} problem={problem} />
              ))}
            </div>
          </details>
        )}
      </div>
    </Page>
  );
}

function holds({ subject, user, ips, reason, denied }: ProblemInfo, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [subject, user ?? "", ...ips, reason.sentence, reason.where?.file ?? "", denied?.topic ?? ""].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}
