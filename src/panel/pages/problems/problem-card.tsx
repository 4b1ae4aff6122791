import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { ExplainRequest } from "../../../core/api/access.ts";
import type { ProblemInfo } from "../../../core/api/problems.ts";
import { LinkButton } from "../../components/controls.tsx";
import { Badge, Facts, type Tone } from "../../components/page.tsx";
import { Ago, Foreign, Logged, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import { hrefOf, ownHref, parseRoute } from "../../shell/router.ts";
import { AllowThis } from "../access/allow-this.tsx";
import { isAboutDevice, kindName } from "./kinds.ts";

const TONES: Readonly<Record<ProblemInfo["severity"], Tone>> = { info: "note", warning: "warn", error: "bad" };
const MUTED_DAYS = 7;

/** One problem: who, what, why, since when, and what to do. */
export function ProblemCard({ problem }: { readonly problem: ProblemInfo }): JSX.Element {
  const { words, format, said, api } = usePanel();
  const { problems } = words.value;
  const { subject, reason, action, count } = problem;
  const name = visible(subject);
  const isMuted = problem.mutedUntil !== undefined;
  const isAllowing = useSignal(false);
  const denied = deniedIn(problem);
  const mute = useAction(async () => {
    const path = `problems/${segment(problem.id)}/mute`;
    if (isMuted) await api.send("DELETE", path);
    else await api.send("POST", path, { days: MUTED_DAYS });
    said.value = isMuted ? problems.unmutedNow(name) : problems.mutedNow(name);
  });
  return (
    <article
      class={`card card--${TONES[problem.severity]}`}
      aria-label={`${name}: ${kindName(words.value, problem.kind)}`}
    >
      <div class="card__head">
        <h2>
          <Foreign text={subject} />
        </h2>
        <Badge tone={TONES[problem.severity]}>{kindName(words.value, problem.kind)}</Badge>
      </div>
      <p>
        <Why problem={problem} />
      </p>
      {reason.hint === undefined ? null : (
        <p>
          <Said>{reason.hint}</Said>
        </p>
      )}
      <Facts rows={factsOf(problem, problems)} />
      <p class="muted">
        {count === 1
          ? problems.once(format.value.moment(problem.first))
          : problems.times(format.value.number(count), format.value.moment(problem.first))}
        {count === 1 ? null : (
          <>
            {". "}
            {problems.last} <Ago at={problem.last} />
          </>
        )}
        {problem.mutedUntil === undefined ? null : (
          <>, {problems.mutedUntil(format.value.moment(problem.mutedUntil))}</>
        )}
      </p>
      {mute.error === null ? null : (
        <p class="error" role="alert">
          {mute.error}
        </p>
      )}
      <div class="actions">
        {action === undefined ? null : (
          <LinkButton href={ownHref(action.route)}>{problems.actions[action.label]}</LinkButton>
        )}
        {denied === null ? null : (
          <>
            <button type="button" class="button" aria-haspopup="dialog" onClick={() => (isAllowing.value = true)}>
              {words.value.access.allow}
            </button>
            <LinkButton href={hrefOf("access", ["rules"], denied.username === null ? {} : { q: denied.username })}>
              {problems.showRules}
            </LinkButton>
          </>
        )}
        {isAboutDevice(problem) && action?.label !== "show_device" ? (
          <LinkButton href={hrefOf("devices", [subject])}>{problems.actions.show_device}</LinkButton>
        ) : null}
        <button
          type="button"
          class="button"
          aria-label={isMuted ? problems.unmuteAbout(name) : problems.muteAbout(name)}
          disabled={mute.isBusy}
          onClick={() => mute.run()}
        >
          {isMuted ? problems.unmute : problems.mute}
        </button>
      </div>
      {denied === null || !isAllowing.value ? null : (
        <AllowThis
          request={denied}
          onClose={() => (isAllowing.value = false)}
          onDone={() => (isAllowing.value = false)}
        />
      )}
    </article>
  );
}

/** The reason of a problem. */
export function Why({ problem: { kind, reason } }: { readonly problem: ProblemInfo }): JSX.Element {
  return kind === "config" ? <Logged>{reason.sentence}</Logged> : <Said>{reason.sentence}</Said>;
}

/** What rules denied, as the broker can be asked about it; null: nothing, or no rule can allow it. */
function deniedIn({ denied, action }: ProblemInfo): ExplainRequest | null {
  if (denied === undefined || action === undefined) return null;
  const { user = null, client } = parseRoute(ownHref(action.route)).query;
  return { ...denied, username: user, ...(client === undefined ? {} : { clientId: client }) };
}

function factsOf(
  { user, ips, reason: { where }, denied }: ProblemInfo,
  words: ReturnType<typeof usePanel>["words"]["value"]["problems"],
): readonly (readonly [string, ComponentChildren])[] {
  const place = where === undefined ? null : where.line === undefined ? where.file : words.line(where.file, where.line);
  return [
    user === null ? null : ([words.user, <Foreign key="user" text={user} />] as const),
    ips.length === 0 ? null : ([words.address(ips.length), ips.join(", ")] as const),
    denied === undefined ? null : ([words.topic, <Foreign key="topic" text={denied.topic} />] as const),
    place === null ? null : ([words.place, <Foreign key="place" text={place} />] as const),
  ].filter((fact) => fact !== null);
}
