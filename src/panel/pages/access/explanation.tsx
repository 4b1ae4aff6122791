import type { JSX } from "preact";
import type { ExplainAnswer, Suggestion } from "../../../core/api/access.ts";
import { Badge, Card } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign, Said } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { Lines } from "./allow-this.tsx";

interface ExplanationProps {
  readonly answer: ExplainAnswer;
  /** Opens the rule that is proposed. */
  readonly onAllow: () => void;
}

/** Why somebody may or may not, rule by rule. */
export function Explanation({ answer, onAllow }: ExplanationProps): JSX.Element {
  const { access } = usePanel().words.value;
  const { allowed, sentence, steps, suggestion } = answer;
  const { stepColumns: columns } = access;
  const tone = allowed ? "good" : "bad";
  return (
    <div class="stack">
      <Card title={access.answer} tone={tone}>
        <p role="status">
          <Badge tone={tone}>{allowed ? access.allowed : access.denied}</Badge>{" "}
          {/* the badge says its first word already: "Denied: " */}
          <Said>{sentence.slice(sentence.indexOf(": ") + 2)}</Said>
        </p>
      </Card>
      {suggestion === undefined ? null : <Proposal suggestion={suggestion} onAllow={onAllow} />}
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
  suggestion,
  onAllow,
}: {
  readonly suggestion: Suggestion;
  readonly onAllow: () => void;
}): JSX.Element {
  const { access } = usePanel().words.value;
  return (
    <Card title={access.proposal} tone="note">
      <Lines suggestion={suggestion} />
      {suggestion.writable ? (
        <div class="actions">
          <button type="button" class="button button--main" aria-haspopup="dialog" onClick={onAllow}>
            {access.allow}
          </button>
        </div>
      ) : null}
    </Card>
  );
}
