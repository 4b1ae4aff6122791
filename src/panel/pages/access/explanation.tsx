import type { JSX } from "preact";
import type { ExplainAnswer, Suggestion } from "../../../core/api/access.ts";
import { CopyButton } from "../../components/controls.tsx";
import { Badge, Card } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign, Said, visible } from "../../components/text.tsx";
import type { Action } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";

interface ExplanationProps {
  readonly answer: ExplainAnswer;
  /** Writes the rule that is proposed. */
  readonly allow: Action;
}

/** Why somebody may or may not, rule by rule. */
export function Explanation({ answer, allow }: ExplanationProps): JSX.Element {
  const { access } = usePanel().words.value;
  const { allowed, sentence, steps, suggestion } = answer;
  const { stepColumns: columns } = access;
  const tone = allowed ? "good" : "bad";
  return (
    <div class="stack">
      <Card title={access.answer} tone={tone}>
        <p role="status">
          <Badge tone={tone}>{allowed ? access.allowed : access.denied}</Badge> <Said>{sentence}</Said>
        </p>
      </Card>
      {suggestion === undefined ? null : <Proposal suggestion={suggestion} allow={allow} />}
      <Card title={access.steps}>
        <Table
          caption={access.steps}
          empty={access.noRules}
          rows={steps.map((step, index) => ({ ...step, order: String(index) }))}
          keyOf={({ order }) => order}
          columns={[
            { name: "rule", label: columns.rule, isHeading: true, cell: ({ rule }) => <Foreign text={rule} /> },
            { name: "matched", label: columns.matched, cell: ({ matched }) => (matched ? access.yes : access.no) },
            { name: "why", label: columns.why, cell: ({ why }) => <Said>{why}</Said> },
            {
              name: "where",
              label: columns.where,
              cell: ({ where, source }) => (where === undefined ? <Foreign text={source} /> : <Place where={where} />),
            },
          ]}
        />
      </Card>
    </div>
  );
}

/** The smallest rule that would allow it, and what it would stand beside. */
function Proposal({
  suggestion: { add, to, diff, writable },
  allow,
}: {
  readonly suggestion: Suggestion;
  readonly allow: Action;
}): JSX.Element {
  const { access } = usePanel().words.value;
  return (
    <Card title={access.proposal} tone="note" actions={<CopyButton text={add} what={access.theRule} />}>
      <p>
        {access.proposalTo} <Foreign text={to} />
      </p>
      <pre class="scroll" tabIndex={0} role="region" aria-label={access.proposal}>
        <bdi>{diff.map(({ kind, text }) => `${kind === "added" ? "+" : " "} ${visible(text)}`).join("\n")}</bdi>
      </pre>
      {allow.error === null ? null : (
        <p class="error" role="alert">
          {allow.error}
        </p>
      )}
      {writable ? (
        <div class="actions">
          <button type="button" class="button button--main" disabled={allow.isBusy} onClick={() => allow.run()}>
            {access.allow}
          </button>
        </div>
      ) : null}
    </Card>
  );
}
