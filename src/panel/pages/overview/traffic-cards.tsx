import type { JSX } from "preact";
import type { ClientState } from "../../../core/api/clients.ts";
import type { Overview } from "../../../core/api/system.ts";
import { Chart } from "../../components/chart.tsx";
import { Badge, Card, Facts, type Tone } from "../../components/page.tsx";
import { Ago, Foreign } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";

interface Seen {
  readonly seen: Overview;
}

const INTEGRATION = "/config/integrations/integration/mqtt";
const STATES = [
  ["connected", "good"],
  ["asleep", "note"],
  ["overdue", "warn"],
  ["refused", "bad"],
] as const satisfies readonly (readonly [ClientState, Tone])[];

/** Whether Home Assistant is here. */
export function HomeAssistantCard({ seen: { homeAssistant } }: Seen): JSX.Element {
  const { words, format, homeAssistant: around } = usePanel();
  const { overview, devices } = words.value;
  const { connected, since, user, protocol, perMin } = homeAssistant;
  const facts = [
    since === undefined ? null : ([overview.haFacts.since, <Ago key="since" at={since} />] as const),
    user === undefined ? null : ([overview.haFacts.user, <Foreign key="user" text={user} />] as const),
    protocol === undefined ? null : ([overview.haFacts.protocol, devices.protocols[protocol]] as const),
    perMin === undefined ? null : ([overview.haFacts.perMin, format.value.number(perMin)] as const),
  ].filter((fact) => fact !== null);
  return (
    <Card title={overview.ha}>
      {connected === null ? (
        <p>{overview.haNone}</p>
      ) : (
        <p>
          <Badge tone={connected ? "good" : "bad"}>{connected ? devices.states.connected : devices.states.gone}</Badge>
        </p>
      )}
      {connected === false ? <p>{overview.haMissing}</p> : null}
      <Facts rows={facts} />
      {around.isAround && connected !== null ? (
        <div class="actions">
          <button type="button" class="button" onClick={() => around.navigate(INTEGRATION)}>
            {overview.openIntegration}
          </button>
        </div>
      ) : null}
    </Card>
  );
}

/** How many devices are how; each number leads to its list. */
export function DevicesCard({ seen }: Seen): JSX.Element {
  const { words, format } = usePanel();
  const { overview, devices } = words.value;
  return (
    <Card
      title={overview.devices}
      actions={
        <a class="button button--small" href={hrefOf("devices")}>
          {overview.allDevices}
        </a>
      }
    >
      <ul class="list">
        {STATES.map(([state, tone]) => (
          <li key={state} class="list__row">
            <a href={hrefOf("devices", [], { state: state === "overdue" ? "asleep" : state })}>
              <Badge tone={seen.devices[state] === 0 ? "quiet" : tone}>{devices.states[state]}</Badge>
            </a>
            <strong class="number">{format.value.number(seen.devices[state])}</strong>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Messages of the last hour. */
export function MessagesCard({ seen: { messages, talkers } }: Seen): JSX.Element {
  const { words, format } = usePanel();
  const { overview } = words.value;
  const { history } = messages;
  return (
    <Card title={overview.messages}>
      <Chart
        summary={overview.messagesSummary(
          format.value.number(messages.in.perMin),
          format.value.number(messages.out.perMin),
        )}
        times={history.map(({ at }) => at)}
        lines={[
          { name: overview.messagesIn, values: history.map((minute) => minute.in), now: messages.in.perMin },
          { name: overview.messagesOut, values: history.map((minute) => minute.out), now: messages.out.perMin },
        ]}
      />
      {talkers.length === 0 ? null : (
        <>
          <h3>{overview.talkers}</h3>
          <ul class="list" aria-label={overview.talkers}>
            {talkers.map(({ client, perMin }) => (
              <li key={client} class="list__row">
                <a href={hrefOf("devices", [client])}>
                  <Foreign text={client} />
                </a>
                <span>{overview.perMinute(format.value.number(perMin))}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
