import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DiscoveryInfo } from "../../../core/api/topics.ts";
import { Check, Chips, Field } from "../../components/controls.tsx";
import { Badge, Card } from "../../components/page.tsx";
import { Pager, usePages } from "../../components/pager.tsx";
import { Foreign, Said, visible } from "../../components/text.tsx";
import { useLate } from "../../components/use-late.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import type { Jobs } from "./jobs.tsx";

const AGAIN_MS = 10_000;
/** At the end of a reason: "nothing was published to its topics since 2026-05-03T06:00:00.000Z". */
const MOMENT = /(?<= (?:at|since) )\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const WHICH = ["unused", "all"] as const;

/** The devices that are announced to Home Assistant, and how those that are left over go. */
export function CleanUp({ jobs }: { readonly jobs: Jobs }): JSX.Element {
  const { words, router, format } = usePanel();
  const { topics, general } = words.value;
  const { ghosts } = topics;
  const { query } = router.route.value;
  const typed = query["q"] ?? "";
  const search = useLate(typed);
  const which = oneOf(WHICH, query["which"] ?? null) ?? "unused";
  /** As they were when they were chosen, because the list may show others by now. */
  const chosen = useSignal<readonly DiscoveryInfo[]>([]);
  const isAsking = useSignal(false);
  const unused = which === "unused" ? "&unused=1" : "";
  const pages = usePages<DiscoveryInfo>("discovery", `q=${segment(search)}&sort=name${unused}`, AGAIN_MS, jobs.moment);
  const look = (next: Readonly<Record<string, string>>): void => {
    const kept = Object.entries({ ...query, ...next }).filter(([, value]) => value !== "" && value !== "unused");
    router.replace(hrefOf("topics", ["clean-up"], Object.fromEntries(kept)));
  };
  const choose = (device: DiscoveryInfo, isOn: boolean): void => {
    const others = chosen.value.filter(({ id }) => id !== device.id);
    chosen.value = isOn ? [...others, device] : others;
  };
  const { data } = pages;
  const total = data?.total ?? 0;
  const count = which === "unused" ? ghosts.unusedCount : ghosts.count;
  return (
    <>
      <p class="muted">{ghosts.lead}</p>
      <div class="toolbar">
        <Chips
          label={ghosts.which}
          value={which}
          chips={[
            { value: "unused", label: ghosts.unused },
            { value: "all", label: general.all },
          ]}
          onChange={(next) => look({ which: next })}
        />
        <Field label={general.search} value={typed} onInput={(q) => look({ q })} />
        <button
          type="button"
          class="button"
          aria-haspopup="dialog"
          disabled={chosen.value.length === 0}
          onClick={() => (isAsking.value = true)}
        >
          {ghosts.deleteChosen(chosen.value.length)}
        </button>
      </div>
      {data === null ? (
        <Waiting fetched={pages} />
      ) : (
        <div class="stack">
          <p role="status">{count(total, format.value.number(total))}</p>
          {data.items.map((device) => (
            <Announced
              key={device.id}
              device={device}
              isChosen={chosen.value.some(({ id }) => id === device.id)}
              onChoose={(isOn) => choose(device, isOn)}
            />
          ))}
        </div>
      )}
      <Pager pages={pages} />
      {isAsking.value ? (
        <DeleteDialog
          path="discovery/delete"
          request={{ ids: chosen.value.map(({ id }) => id) }}
          devices={chosen.value.map(({ name }) => name)}
          onStarted={(job) => {
            chosen.value = [];
            jobs.follow(job);
          }}
          onClose={() => (isAsking.value = false)}
        />
      ) : null}
    </>
  );
}

interface AnnouncedProps {
  readonly device: DiscoveryInfo;
  readonly isChosen: boolean;
  readonly onChoose: (isOn: boolean) => void;
}

/** A device, each reason for and against its being left over, and its messages. */
function Announced({ device, isChosen, onChoose }: AnnouncedProps): JSX.Element {
  const { words, format } = usePanel();
  const { topics: texts } = words.value;
  const { ghosts } = texts;
  const { id, name, topics, probablyUnused, reasons, publisher } = device;
  return (
    <Card
      title={visible(name)}
      actions={
        probablyUnused ? (
          <Check label={texts.choose(visible(name))} isOn={isChosen} onChange={onChoose} />
        ) : (
          <Badge tone="good">{ghosts.inUse}</Badge>
        )
      }
    >
      <p class="muted small">
        <Foreign text={publisher === null ? id : `${id}, ${ghosts.publisher(publisher)}`} />
      </p>
      <ul class="list">
        {reasons.map(({ sentence, holds }) => (
          <li key={sentence} class="list__row">
            <Said>{sentence.replace(MOMENT, (at) => format.value.moment(at))}</Said>
            <Badge tone={holds ? "warn" : "good"}>{holds ? ghosts.holds : ghosts.fails}</Badge>
          </li>
        ))}
      </ul>
      <details>
        <summary>{ghosts.messages(topics.length, format.value.number(topics.length))}</summary>
        <ul class="scroll" tabIndex={0} aria-label={texts.title}>
          {topics.map((topic) => (
            <li key={topic}>
              <a href={hrefOf("topics", [], { topic })}>
                <Foreign text={topic} />
              </a>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}
