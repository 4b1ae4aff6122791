import type { JSX } from "preact";
import type { Overview } from "../../../core/api/system.ts";
import { Badge, Card, Facts, type Tone } from "../../components/page.tsx";
import { Ago, Foreign, Logged, Said } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

interface Seen {
  readonly seen: Overview;
}

const WARN_DAYS = 21;
const ALARM_DAYS = 7;
const BRIDGE_TONES: Readonly<Record<Overview["bridges"][number]["state"], Tone>> = {
  connected: "good",
  connecting: "note",
  waiting: "bad",
  stopped: "quiet",
};

/** What is kept for those who come later. */
export function RetainedCard({ seen: { retained } }: Seen): JSX.Element {
  const { words, format } = usePanel();
  const { overview } = words.value;
  const { number, bytes } = format.value;
  return (
    <Card
      title={overview.retained}
      actions={
        retained.probablyUnused === 0 ? null : (
          <a class="button button--small" href={hrefOf("topics", ["clean-up"])}>
            {overview.cleanUp(number(retained.probablyUnused))}
          </a>
        )
      }
    >
      <Facts
        rows={[
          [overview.retainedFacts.count, number(retained.count)],
          [overview.retainedFacts.bytes, bytes(retained.bytes)],
        ]}
      />
    </Card>
  );
}

/** Connections to other brokers. */
export function BridgesCard({ seen: { bridges } }: Seen): JSX.Element {
  const { overview } = usePanel().words.value;
  return (
    <Card title={overview.bridges}>
      <ul class="list">
        {bridges.map(({ name, state, since, lastError }) => (
          <li key={name}>
            <div class="list__row">
              <a href={hrefOf("bridges", [name])}>
                <Foreign text={name} />
              </a>
              <span>
                <Badge tone={BRIDGE_TONES[state]}>{overview.bridgeStates[state]}</Badge>
                {since === undefined ? null : (
                  <>
                    {" "}
                    <Ago at={since} />
                  </>
                )}
              </span>
            </div>
            {lastError === undefined || state === "connected" ? null : (
              <p class="error">
                <Said>{lastError}</Said>
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** How long certificates last. */
export function CertificatesCard({ seen: { certificates } }: Seen): JSX.Element {
  const { words, format } = usePanel();
  const { overview } = words.value;
  return (
    <Card title={overview.certificates}>
      <ul class="list">
        {certificates.map(({ file, names, daysLeft, problem }) => (
          <li key={file}>
            <div class="list__row">
              <Foreign text={names[0] ?? file} />
              <Badge tone={toneOf(daysLeft)}>{overview.daysLeft(daysLeft, format.value.number(daysLeft))}</Badge>
            </div>
            {problem === undefined ? null : (
              <p class="error">
                <Logged>{problem}</Logged>
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function toneOf(daysLeft: number): Tone {
  if (daysLeft <= ALARM_DAYS) return "bad";
  return daysLeft <= WARN_DAYS ? "warn" : "good";
}

/** The program itself. */
export function BrokerCard({ seen: { version, startedAt, memoryBytes, writesPerHour } }: Seen): JSX.Element {
  const { words, format } = usePanel();
  const { overview } = words.value;
  const { number, bytes } = format.value;
  return (
    <Card title={overview.broker}>
      <Facts
        rows={[
          [overview.brokerFacts.version, version],
          [overview.brokerFacts.started, <Ago key="started" at={startedAt} />],
          [overview.brokerFacts.memory, bytes(memoryBytes)],
          [overview.brokerFacts.writes, number(writesPerHour)],
        ]}
      />
    </Card>
  );
}

/** What is left to do after the installation; gone when all is done. */
export function ChecklistCard({ seen: { checklist } }: Seen): JSX.Element {
  const { overview } = usePanel().words.value;
  return (
    <Card title={overview.checklist}>
      <ul class="list">
        {checklist.map(({ step, done }) => (
          <li key={step} class="list__row">
            <span>{overview.steps[step]}</span>
            <Badge tone={done ? "good" : "quiet"}>{done ? overview.done : overview.open}</Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}
