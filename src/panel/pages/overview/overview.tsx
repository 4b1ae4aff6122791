import type { JSX } from "preact";
import type { Overview } from "../../../core/api/system.ts";
import { LinkButton } from "../../components/controls.tsx";
import { Card, Loading, Page } from "../../components/page.tsx";
import { Foreign, visible } from "../../components/text.tsx";
import { useCalm } from "../../components/use-calm.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf } from "../../shell/router.ts";
import { Why } from "../problems/problem-card.tsx";
import { BridgesCard, BrokerCard, CertificatesCard, ChecklistCard, RetainedCard } from "./broker-cards.tsx";
import { DevicesCard, HomeAssistantCard, MessagesCard } from "./traffic-cards.tsx";

/** The page Overview: whether all is well, in a sentence, and the figures behind it. */
export function OverviewPage(): JSX.Element {
  const { words, store } = usePanel();
  const { overview } = words.value;
  const seen = store.overview.value;
  return (
    <Page title={overview.title}>
      {seen === null ? <Loading /> : <Verdict seen={seen} />}
      {seen === null ? null : (
        <div class="grid">
          <HomeAssistantCard seen={seen} />
          <DevicesCard seen={seen} />
          <MessagesCard seen={seen} />
          <RetainedCard seen={seen} />
          {seen.bridges.length === 0 ? null : <BridgesCard seen={seen} />}
          {seen.certificates.length === 0 ? null : <CertificatesCard seen={seen} />}
          <BrokerCard seen={seen} />
          {seen.checklist.every(({ done }) => done) ? null : <ChecklistCard seen={seen} />}
        </div>
      )}
    </Page>
  );
}

function Verdict({ seen }: { readonly seen: Overview }): JSX.Element {
  const { words, format } = usePanel();
  const { overview } = words.value;
  const { total, top } = seen.problems;
  const isGood = total === 0;
  const sentence = isGood
    ? overview.good(seen.devices.connected, format.value.number(seen.devices.connected))
    : overview.needsYou(total, format.value.number(total));
  const heard = useCalm(`${sentence} ${homeAssistantSentence(seen, overview)}`);
  return (
    <div class="verdict">
      <p class="unseen" role="status">
        {heard}
      </p>
      <Card title={sentence} tone={isGood ? "good" : "bad"}>
        {isGood ? null : (
          <ul class="list">
            {top.map((problem) => (
              <li key={problem.id} class="list__row">
                <span>
                  <Foreign text={problem.subject} />: <Why problem={problem} />
                  {problem.count > 1 ? ` (${format.value.number(problem.count)}×)` : null}
                </span>
                <a
                  class="button button--small"
                  href={hrefOf("problems", [], { q: problem.subject })}
                  aria-label={overview.showAbout(visible(problem.subject))}
                >
                  {overview.show}
                </a>
              </li>
            ))}
          </ul>
        )}
        {total > top.length ? (
          <div class="actions">
            <LinkButton href={hrefOf("problems")}>{overview.allProblems}</LinkButton>
          </div>
        ) : null}
      </Card>
    </div>
  );
}

/** How Home Assistant is, in a sentence. */
function homeAssistantSentence(
  { homeAssistant }: Overview,
  words: { readonly haConnected: string; readonly haMissing: string; readonly haNone: string },
): string {
  if (homeAssistant.connected === null) return words.haNone;
  return homeAssistant.connected ? words.haConnected : words.haMissing;
}
