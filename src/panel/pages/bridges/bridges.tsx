import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { BridgeInfo } from "../../../core/api/bridges.ts";
import { Confirm } from "../../components/dialog.tsx";
import { Badge, Card, Empty, Facts, Notice, Page, type Tone } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Ago, Foreign, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { EditBridge, NewBridgeForm } from "./bridge-form.tsx";
import { TryBridge } from "./verdict.tsx";

const AGAIN_MS = 5000;
const TONES: Readonly<Record<BridgeInfo["state"], Tone>> = {
  connected: "good",
  connecting: "note",
  waiting: "bad",
  stopped: "quiet",
};

/** What somebody is about to do, with the bridge of that name. */
interface Doing {
  readonly what: "add" | "edit" | "test" | "remove";
  readonly name: string;
}

/** The page Bridges: the connections to other brokers, or the one that the address names. */
export function BridgesPage(): JSX.Element {
  const { words, router } = usePanel();
  const { bridges } = words.value;
  const [name] = router.route.value.path;
  const fetched = useFetched<readonly BridgeInfo[]>("bridges", AGAIN_MS);
  const doing = useSignal<Doing | null>(null);
  const onClose = (isDone: boolean): void => {
    doing.value = null;
    if (isDone) fetched.reload();
  };
  const shown = (fetched.data ?? []).filter((bridge) => name === undefined || bridge.name === name);
  return (
    <Page
      title={bridges.title}
      lead={bridges.lead}
      actions={
        <button
          type="button"
          class="button button--main"
          aria-haspopup="dialog"
          onClick={() => (doing.value = { what: "add", name: "" })}
        >
          {bridges.add}
        </button>
      }
    >
      {fetched.data === null ? <Waiting fetched={fetched} /> : null}
      {fetched.data?.length === 0 ? <Empty>{bridges.none}</Empty> : null}
      {name === undefined || fetched.data === null ? null : (
        <Notice tone="note" actions={<a href="#/bridges">{bridges.all}</a>}>
          {shown.length === 0 ? bridges.unknown(visible(name)) : bridges.single(visible(name))}
        </Notice>
      )}
      <div class="stack">
        {shown.map((bridge) => (
          <BridgeCard key={bridge.name} bridge={bridge} onDo={(what) => (doing.value = { what, name: bridge.name })} />
        ))}
      </div>
      {doing.value === null ? null : <DoingDialog doing={doing.value} onClose={onClose} />}
    </Page>
  );
}

interface DoingProps {
  readonly doing: Doing;
  readonly onClose: (isDone: boolean) => void;
}

function DoingDialog({ doing: { what, name }, onClose }: DoingProps): JSX.Element {
  switch (what) {
    case "add":
      return <NewBridgeForm onClose={onClose} />;
    case "edit":
      return <EditBridge name={name} onClose={onClose} />;
    case "test":
      return <TryBridge name={name} onClose={() => onClose(false)} />;
    case "remove":
      return <RemoveBridge name={name} onClose={onClose} />;
  }
}

function RemoveBridge({ name, onClose }: Pick<Doing, "name"> & Pick<DoingProps, "onClose">): JSX.Element {
  const { words, api, said } = usePanel();
  const { bridges } = words.value;
  const remove = useAction(async () => {
    await api.send("DELETE", `bridges/${segment(name)}`);
    said.value = bridges.removed(visible(name));
    onClose(true);
  });
  return (
    <Confirm
      title={bridges.removeOf(visible(name))}
      label={bridges.remove}
      isBusy={remove.isBusy}
      error={remove.error}
      onConfirm={() => remove.run()}
      onClose={() => onClose(false)}
    >
      <p>{bridges.removeText}</p>
    </Confirm>
  );
}

interface BridgeCardProps {
  readonly bridge: BridgeInfo;
  readonly onDo: (what: Doing["what"]) => void;
}

function BridgeCard({ bridge, onDo }: BridgeCardProps): JSX.Element {
  const { words, format } = usePanel();
  const { bridges, overview } = words.value;
  const { name, state, since, address, lastError, lastErrorAt, topics, where, writable } = bridge;
  const doable = writable ? (["test", "edit", "remove"] as const) : (["test"] as const);
  const { number } = format.value;
  const rows: (readonly [string, ComponentChildren] | null)[] = [
    [bridges.facts.address, <Foreign key="address" text={address} />],
    since === undefined ? null : [bridges.facts.since, <Ago key="since" at={since} />],
    [bridges.facts.in, number(bridge.in)],
    [bridges.facts.out, number(bridge.out)],
  ];
  return (
    <Card
      title={visible(name)}
      tone={TONES[state]}
      actions={<Badge tone={TONES[state]}>{overview.bridgeStates[state]}</Badge>}
    >
      {lastError === undefined ? null : (
        <p>
          {bridges.facts.error}
          {lastErrorAt === undefined ? null : (
            <>
              {" "}
              (<Ago at={lastErrorAt} />)
            </>
          )}
          : <Said>{lastError}</Said>
        </p>
      )}
      <Facts rows={rows.filter((row) => row !== null)} />
      {topics.length === 0 ? null : (
        <>
          <h3>{bridges.topics}</h3>
          <ul class="list">
            {topics.map((topic) => (
              <li key={topic}>
                <Foreign text={topic} />
              </li>
            ))}
          </ul>
        </>
      )}
      {where === undefined || writable ? null : (
        <p class="muted">
          {bridges.editThere} <Place where={where} />
        </p>
      )}
      <div class="actions">
        {doable.map((what) => (
          <button
            key={what}
            type="button"
            class="button"
            aria-haspopup="dialog"
            aria-label={`${bridges[what]} ${visible(name)}`}
            onClick={() => onDo(what)}
          >
            {bridges[what]}
          </button>
        ))}
      </div>
    </Card>
  );
}
