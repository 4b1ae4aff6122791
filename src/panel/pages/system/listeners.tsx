import type { JSX } from "preact";
import type { ListenerInfo } from "../../../core/api/system.ts";
import { CopyButton } from "../../components/controls.tsx";
import { Badge, Card, Empty, Facts } from "../../components/page.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 10_000;

/** The ports where devices come in, and a line to try each. */
export function Listeners(): JSX.Element {
  const { system } = usePanel().words.value;
  const fetched = useFetched<readonly ListenerInfo[]>("listeners", AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  if (fetched.data.length === 0) return <Empty>{system.noListeners}</Empty>;
  return (
    <div class="stack">
      {fetched.data.map((listener) => (
        <ListenerCard key={listener.name} listener={listener} />
      ))}
    </div>
  );
}

function ListenerCard({ listener }: { readonly listener: ListenerInfo }): JSX.Element {
  const { words, format } = usePanel();
  const { system } = words.value;
  const { name, url, open, tls, anonymous, connections, tryIt } = listener;
  const tone = open ? "good" : "bad";
  // The broker does not know by which name people reach it; this page does.
  const here = (text: string): string => text.replace("HOST", location.hostname);
  return (
    <Card
      title={system.listener(visible(name))}
      tone={tone}
      actions={<Badge tone={tone}>{open ? system.open : system.closed}</Badge>}
    >
      <Facts
        rows={[
          [system.listenerFacts.address, <Foreign key="url" text={here(url)} />],
          [system.listenerFacts.tls, tls ? system.yes : system.no],
          [system.listenerFacts.anonymous, anonymous ? system.yes : system.no],
          [system.listenerFacts.connections, format.value.number(connections)],
        ]}
      />
      {open ? (
        <div>
          <h3>{system.tryIt}</h3>
          <div class="list__row">
            <code>{here(tryIt)}</code>
            <CopyButton text={here(tryIt)} what={system.tryItOf(visible(name))} />
          </div>
        </div>
      ) : null}
    </Card>
  );
}
