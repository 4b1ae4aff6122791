import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RuleInfo } from "../../../core/api/access.ts";
import type { Page } from "../../../core/api/common.ts";
import { Field } from "../../components/controls.tsx";
import { Badge } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 5000;

/** Every rule in the order in which it counts, and where it stands. */
export function Rules(): JSX.Element {
  const { words, format } = usePanel();
  const { access, general } = words.value;
  const { ruleColumns: columns } = access;
  const typed = useSignal("");
  const fetched = useFetched<Page<RuleInfo>>("rules?limit=200", AGAIN_MS);
  const { data } = fetched;
  return (
    <>
      <div class="toolbar">
        <Field label={general.search} value={typed.value} onInput={(text) => (typed.value = text)} />
      </div>
      {data === null ? (
        <Waiting fetched={fetched} />
      ) : (
        <>
          <Table
            caption={access.tab.rules}
            empty={data.total === 0 ? access.noRules : general.nothingFound}
            rows={data.items
              .map((rule, index) => ({ ...rule, order: index + 1 }))
              .filter((rule) => holds(rule, typed.value))}
            keyOf={({ order }) => String(order)}
            columns={[
              { name: "text", label: columns.text, isHeading: true, cell: ({ text }) => <Foreign text={text} /> },
              { name: "who", label: columns.who, cell: ({ who }) => <Foreign text={who} /> },
              {
                name: "effect",
                label: columns.effect,
                cell: ({ effect }) => (
                  <Badge tone={effect === "allow" ? "good" : "bad"}>{access.effects[effect]}</Badge>
                ),
              },
              {
                name: "where",
                label: columns.where,
                cell: ({ where, source }) =>
                  where === undefined ? <Foreign text={source} /> : <Place where={where} />,
              },
            ]}
          />
          {data.next === null ? null : (
            <p class="muted">
              {access.moreRules(format.value.number(data.items.length), format.value.number(data.total))}
            </p>
          )}
        </>
      )}
    </>
  );
}

function holds({ text, who, source, where }: RuleInfo, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [text, who, source, where?.file ?? ""].some((part) => part.toLowerCase().includes(wanted));
}
