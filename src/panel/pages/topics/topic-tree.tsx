import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { TopicLevel } from "../../../core/api/topics.ts";
import { Empty } from "../../components/page.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { ShortValue } from "./value.tsx";

const AGAIN_MS = 5000;

/** What is below a topic, fetched when it is opened; null: the first level. */
export function TreeLevel({ parent }: { readonly parent: string | null }): JSX.Element {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const path = parent === null ? "topics" : `topics?parent=${segment(parent)}`;
  const fetched = useFetched<TopicLevel>(path, AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { children, more } = fetched.data;
  if (children.length === 0) return <Empty>{topics.none}</Empty>;
  return (
    <>
      <ul class={parent === null ? "tree" : "tree tree--inner"} aria-label={topics.below(visible(parent ?? ""))}>
        {children.map((child) => (
          <Branch key={child.name} child={child} />
        ))}
      </ul>
      {more === 0 ? null : <p class="muted">{topics.moreChildren(format.value.number(more))}</p>}
    </>
  );
}

function Branch({ child }: { readonly child: TopicLevel["children"][number] }): JSX.Element {
  const { words, format } = usePanel();
  const { topics } = words.value;
  const isOpen = useSignal(false);
  const { name, topic, below, preview, retained } = child;
  const shown = name === "" ? <em>{topics.emptyName}</em> : <Foreign text={name} />;
  return (
    <li>
      <div class="tree__row">
        {below === 0 ? (
          <span class="tree__turn" />
        ) : (
          <button
            type="button"
            class="tree__turn"
            aria-expanded={isOpen.value}
            aria-label={topics.openBelow(visible(topic))}
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <span aria-hidden="true">{isOpen.value ? "▾" : "▸"}</span>
          </button>
        )}
        {preview === undefined ? <span>{shown}</span> : <a href={hrefOf("topics", [], { topic })}>{shown}</a>}
        {below === 0 ? null : (
          <span class="muted small">
            {below === 1 ? topics.oneBelow : topics.countBelow(format.value.number(below))}
          </span>
        )}
        {retained ? <span class="muted small">{topics.retained}</span> : null}
        {preview === undefined ? null : <ShortValue preview={preview} />}
      </div>
      {isOpen.value && below > 0 ? <TreeLevel parent={topic} /> : null}
    </li>
  );
}
