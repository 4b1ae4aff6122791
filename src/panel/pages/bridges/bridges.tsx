import type { ComponentChildren, JSX } from "preact";
import type { BridgeInfo } from "../../../core/api/bridges.ts";
import { Badge, Card, Empty, Facts, Notice, Page, type Tone } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Ago, Foreign, Said, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 5000;
const TONES: Readonly<Record<BridgeInfo["state"], Tone>> = {
  connected: "good",
  connecting: "note",
  waiting: "bad",
  stopped: "quiet",
};

/** The page Bridges: the connections to other brokers, or the one that the address names. */
export function BridgesPage(): JSX.Element {
  const { words, router } = usePanel();
  const { bridges } = words.value;
  const [name] = router.route.value.path;
  const fetched = useFetched<readonly BridgeInfo[]>("bridges", AGAIN_MS);
  const shown = (fetched.data ?? []).filter((bridge) => name === undefined || bridge.name === name);
  return (
    <Page title={bridges.title} lead={bridges.lead}>
      {fetched.data === null ? <Waiting fetched={fetched} /> : null}
      {fetched.data?.length === 0 ? <Empty>{bridges.none}</Empty> : null}
      {name === undefined || fetched.data === null ? null : (
        <Notice tone="note" actions={<a href="#/bridges">{bridges.all}</a>}>
          {shown.length === 0 ? bridges.unknown(visible(name)) : bridges.single(visible(name))}
        </Notice>
      )}
      <div class="stack">
        {shown.map((bridge) => (
          <BridgeCard key={bridge.name} bridge={bridge} />
        ))}
      </div>
    </Page>
  );
}

function BridgeCard({ bridge }: { readonly bridge: BridgeInfo }): JSX.Element {
  const { words, format } = usePanel();
  const { bridges, overview } = words.value;
  const { name, state, since, address, lastError, topics, where } = bridge;
  const { number } = format.value;
  const rows: (readonly [string, ComponentChildren] | null)[] = [
    [bridges.facts.address, <Foreign key="address" text={address} />],
    since === undefined ? null : [bridges.facts.since, <Ago key="since" at={since} />],
    [bridges.facts.in, number(bridge.in)],
    [bridges.facts.out, number(bridge.out)],
    where === undefined ? null : [bridges.facts.where, <Place key="where" where={where} />],
  ];
  return (
    <Card
      title={visible(name)}
      tone={TONES[state]}
      actions={<Badge tone={TONES[state]}>{overview.bridgeStates[state]}</Badge>}
    >
      {lastError === undefined ? null : (
        <p>
          <Said>{lastError}</Said>
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
    </Card>
  );
}
