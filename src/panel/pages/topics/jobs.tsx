import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { JobInfo } from "../../../core/api/topics.ts";
import { Notice, type Tone } from "../../components/page.tsx";
import { asSentence, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { useFetched } from "../../components/use-fetched.ts";
import { usePanel } from "../../shell/panel.ts";

/** Work of the broker that takes longer than an answer. */
export interface Jobs {
  /** Those that run, and those that ended while somebody looked. */
  readonly shown: readonly JobInfo[];
  /** Another text whenever one has ended: what it changed is to be fetched anew. */
  readonly moment: string;
  /** Takes one in hand that was started here. */
  follow(job: JobInfo): void;
  hide(id: string): void;
}

const SOON_MS = 500;
const LATER_MS = 5000;

/** Follows the jobs of the broker, whoever started them: also one from before this page was loaded. */
export function useJobs(): Jobs {
  const { words, said } = usePanel();
  const { jobs } = words.value.topics;
  const followed = useSignal<readonly string[]>([]);
  const ended = useSignal<readonly string[]>([]);
  const isBusy = useSignal(false);
  const { data } = useFetched<readonly JobInfo[]>(
    "jobs",
    isBusy.value ? SOON_MS : LATER_MS,
    followed.value.at(-1) ?? "",
  );
  const known = data ?? [];
  const shown = known.filter(({ id, state }) => state === "running" || followed.value.includes(id));

  useEffect(() => {
    isBusy.value = known.some(({ state }) => state === "running");
    const found = shown.map(({ id }) => id).filter((id) => !followed.value.includes(id));
    if (found.length > 0) followed.value = [...found, ...followed.value];
    const over = shown.filter(({ id, state }) => state !== "running" && !ended.value.includes(id));
    if (over.length === 0) return;
    ended.value = [...ended.value, ...over.map(({ id }) => id)];
    said.value = over.map(({ state, what }) => `${jobs[state]}: ${asSentence(visible(what))}`).join(" ");
  }, [data]);

  return {
    shown,
    moment: String(ended.value.length),
    follow(job) {
      isBusy.value = true;
      followed.value = [...followed.value, job.id];
    },
    hide(id) {
      followed.value = followed.value.filter((other) => other !== id);
    },
  };
}

/** How far they are; nothing if there are none. */
export function JobList({ jobs }: { readonly jobs: Jobs }): JSX.Element | null {
  const { topics } = usePanel().words.value;
  if (jobs.shown.length === 0) return null;
  return (
    <section aria-label={topics.jobs.title}>
      {jobs.shown.map((job) => (
        <Progress key={job.id} job={job} jobs={jobs} />
      ))}
    </section>
  );
}

const TONES: Readonly<Record<JobInfo["state"], Tone>> = {
  running: "note",
  finished: "good",
  cancelled: "warn",
  failed: "bad",
};

function Progress({ job, jobs }: { readonly job: JobInfo; readonly jobs: Jobs }): JSX.Element {
  const { words, format, api } = usePanel();
  const { topics, general } = words.value;
  const { number } = format.value;
  const { id, what, done, total, state, error } = job;
  const isRunning = state === "running";
  const cancel = useAction(async () => api.send("POST", `jobs/${id}/cancel`));
  const label = isRunning ? general.cancel : general.close;
  return (
    <Notice
      tone={state === "finished" && error !== undefined ? "warn" : TONES[state]}
      actions={
        <button
          type="button"
          class="button"
          aria-label={`${label}: ${visible(what)}`}
          disabled={cancel.isBusy}
          onClick={() => (isRunning ? cancel.run() : jobs.hide(id))}
        >
          {label}
        </button>
      }
    >
      {topics.jobs[state]}: <Said>{what}</Said>{" "}
      {isRunning ? <progress max={Math.max(total, 1)} value={done} aria-label={visible(what)} /> : null}{" "}
      {state === "finished" ? null : topics.jobs.progress(number(done), number(total))}
      {error === undefined ? null : (
        <p>
          <Said>{error}</Said>
        </p>
      )}
      {cancel.error === null ? null : <p class="error">{cancel.error}</p>}
    </Notice>
  );
}
