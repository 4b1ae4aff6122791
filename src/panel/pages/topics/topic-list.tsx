import type { JSX } from "preact";
import type { IndexInfo } from "../../../core/api/topics.ts";
import { Field, Select } from "../../components/controls.tsx";
import { Notice } from "../../components/page.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { useLate } from "../../components/use-late.ts";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { MODES, PLACES, TopicSearch } from "./topic-search.tsx";
import { TreeLevel } from "./topic-tree.tsx";

/** The tree of all topics, or those that a search has found. */
export function TopicList(): JSX.Element {
  const { words, router } = usePanel();
  const { topics, general } = words.value;
  const { query } = router.route.value;
  const typed = query["q"] ?? "";
  const wanted = useLate(typed);
  const mode = oneOf(MODES, query["mode"] ?? null) ?? "text";
  const place = oneOf(PLACES, query["in"] ?? null) ?? "topic";
  const look = (next: Readonly<Record<string, string>>): void => {
    const kept = Object.entries({ ...query, ...next }).filter(([, value]) => value !== "");
    router.replace(hrefOf("topics", [], Object.fromEntries(kept)));
  };
  return (
    <>
      <IndexNotice />
      <div class="toolbar">
        <Field label={general.search} value={typed} onInput={(q) => look({ q })} />
        <Select
          label={topics.mode}
          value={mode}
          choices={MODES.map((value) => ({ value, label: topics.modes[value] }))}
          onChange={(next) => look({ mode: next })}
        />
        <Select
          label={topics.place}
          value={place}
          choices={PLACES.map((value) => ({ value, label: topics.places[value] }))}
          onChange={(next) => look({ in: next })}
        />
      </div>
      {typed === "" || wanted === "" ? (
        <TreeLevel parent={null} />
      ) : (
        <TopicSearch words={wanted} mode={mode} place={place} />
      )}
    </>
  );
}

const INDEX_AGAIN_MS = 15_000;

/** Says what the list does not have: nothing if it has all. */
function IndexNotice(): JSX.Element | null {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const { number } = format.value;
  const { data } = useFetched<IndexInfo>("topics/index", INDEX_AGAIN_MS);
  if (data === null) return null;
  if (!data.enabled) return <Notice tone="note">{topics.indexOff}</Notice>;
  if (data.forgotten === 0) return null;
  return <Notice tone="note">{topics.forgotten(number(data.topics), number(data.forgotten))}</Notice>;
}
