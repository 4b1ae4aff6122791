import type { JSX } from "preact";
import type { RuleInfo } from "../../../core/api/access.ts";
import { Field } from "../../components/controls.tsx";
import { Badge } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { Place } from "../../components/place.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign } from "../../components/text.tsx";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

const AGAIN_MS = 5000;

/** Every rule in the order in which it counts, and where it stands. */
export function Rules(): JSX.Element {
  const { words, router, store } = usePanel();
  const { access, general } = words.value;
  const { ruleColumns: columns } = access;
  const search = router.route.value.query["q"] ?? "";
  const loadedAt = store.overview.value?.rules.loadedAt ?? "";
  const pages = usePages<RuleInfo>("rules", `q=${segment(useLate(search))}`, AGAIN_MS, loadedAt);
  const { data, before } = pages;
  return (
    <>
      <div class="toolbar">
        <Field
          label={general.search}
          value={search}
          onInput={(q) => router.replace(hrefOf("access", ["rules"], q === "" ? {} : { q }))}
        />
      </div>
      {data === null ? (
        <Waiting fetched={pages} />
      ) : (
        <Table
          caption={access.tab.rules}
          empty={search === "" ? access.noRules : general.nothingFound}
          rows={data.items.map((rule, index) => ({ ...rule, order: before + index + 1 }))}
          keyOf={({ order }) => String(order)}
          columns={[
            { name: "text", label: columns.text, isHeading: true, cell: ({ text }) => <Foreign text={text} /> },
            { name: "who", label: columns.who, cell: ({ who }) => <Foreign text={who} /> },
            {
              name: "effect",
              label: columns.effect,
              cell: ({ effect }) => <Badge tone={effect === "allow" ? "good" : "bad"}>{access.effects[effect]}</Badge>,
            },
            {
              name: "where",
              label: columns.where,
              cell: ({ where, source }) => (where === undefined ? <Foreign text={source} /> : <Place where={where} />),
            },
          ]}
        />
      )}
      <Pager pages={pages} />
    </>
  );
}
