import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { DeletePlan, DiscoveryDelete, JobInfo, RetainedDelete } from "../../../core/api/topics.ts";
import { Field } from "../../components/controls.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { Loading } from "../../components/page.tsx";
import { Foreign } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";

interface DeleteProps {
  readonly path: "retained/delete" | "discovery/delete";
  /** What is to go; null: a topic filter is asked for. */
  readonly request: RetainedDelete | DiscoveryDelete | null;
  /** Names of the devices that it belongs to; missing: that does not matter. */
  readonly devices?: readonly string[];
  readonly onStarted: (job: JobInfo) => void;
  readonly onClose: () => void;
}

/** Deletes retained messages after showing which would go: its token stands for exactly what was shown. */
export function DeleteDialog({ path, request, devices, onStarted, onClose }: DeleteProps): JSX.Element {
  const { words, api, format } = usePanel();
  const { topics, general } = words.value;
  const { deleting } = topics;
  const filter = useSignal("");
  const plan = useSignal<DeletePlan | null>(null);
  const ask = useAction(async () => {
    plan.value = await api.send<DeletePlan>("POST", path, request ?? { filter: filter.value });
  });
  const run = useAction(async () => {
    onStarted(await api.send<JobInfo>("POST", path, { token: plan.value?.token }));
    onClose();
  });
  useEffect(() => {
    if (request !== null) ask.run();
  }, []);

  if (plan.value === null) {
    return (
      <Confirm
        title={deleting.heading}
        label={deleting.preview}
        isBusy={ask.isBusy || (request === null && filter.value === "")}
        error={ask.error}
        onConfirm={() => ask.run()}
        onClose={onClose}
      >
        {request === null ? (
          <Field
            label={topics.filter}
            hint={topics.filterHint}
            value={filter.value}
            onInput={(text) => (filter.value = text)}
          />
        ) : (
          <Loading />
        )}
      </Confirm>
    );
  }
  const { count, sample } = plan.value;
  const { number } = format.value;
  return (
    <Confirm
      title={deleting.title(count, number(count), devices?.length ?? 0)}
      label={deleting.go}
      isBusy={run.isBusy || count === 0}
      error={run.error}
      onConfirm={() => run.run()}
      onClose={onClose}
    >
      {devices === undefined ? null : <Names title={words.value.devices.title} names={devices} />}
      {count === 0 ? (
        <p>{general.nothingFound}</p>
      ) : (
        <>
          <Names title={topics.title} names={sample} />
          {count > sample.length ? <p class="muted">{deleting.more(number(count - sample.length))}</p> : null}
          {devices === undefined ? null : <p>{deleting.textDevices}</p>}
          <p>{deleting.text}</p>
        </>
      )}
    </Confirm>
  );
}

function Names({ title, names }: { readonly title: string; readonly names: readonly string[] }): JSX.Element {
  return (
    <ul class="scroll" tabIndex={0} aria-label={title}>
      {names.map((name, index) => (
        <li key={index}>
          <Foreign text={name} />
        </li>
      ))}
    </ul>
  );
}
