import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { BackendInfo, BackendTrial, BackendVerdict } from "../../../core/api/access.ts";
import { Field } from "../../components/controls.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { Badge, type Tone } from "../../components/page.tsx";
import { Table } from "../../components/table.tsx";
import { Foreign, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";
import type { Words } from "../../words/words.ts";

const AGAIN_MS = 5000;
const TONES: Readonly<Record<BackendInfo["state"], Tone>> = { ok: "good", failing: "bad", unused: "quiet" };
const VERDICTS: Readonly<Record<BackendVerdict["verdict"], Tone>> = {
  allow: "good",
  deny: "bad",
  ignore: "note",
  failed: "bad",
};

/** Where logins come from, in the order in which it is asked, and how it goes there. */
export function Backends(): JSX.Element {
  const { words, format } = usePanel();
  const { access } = words.value;
  const { backendColumns: columns } = access;
  const tried = useSignal<string | null>(null);
  const fetched = useFetched<readonly BackendInfo[]>("backends", AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  const { number } = format.value;
  return (
    <>
      <Table
        caption={access.tab.backends}
        empty={access.noBackends}
        rows={fetched.data.map((backend, index) => ({ ...backend, order: index + 1 }))}
        keyOf={({ name }) => name}
        columns={[
          {
            name: "name",
            label: columns.name,
            isHeading: true,
            cell: ({ name, type, order }) => (
              <>
                {order}. <Foreign text={name} />
                {name === type ? null : <div class="muted small">{type}</div>}
              </>
            ),
          },
          {
            name: "state",
            label: columns.state,
            cell: ({ state, lastError }) => (
              <>
                <Badge tone={TONES[state]}>{access.backendStates[state]}</Badge>
                {lastError === undefined ? null : (
                  <div class="small">
                    <Said>{lastError}</Said>
                  </div>
                )}
              </>
            ),
          },
          {
            name: "answers",
            label: columns.answers,
            cell: ({ asked, allowed, refused, failed }) =>
              asked === 0 ? "–" : access.answers(number(allowed), number(refused), number(failed)),
          },
          {
            name: "latency",
            label: columns.latency,
            isNumber: true,
            cell: ({ latencyMs }) => (latencyMs === undefined ? "–" : `${number(latencyMs)} ms`),
          },
          {
            name: "test",
            label: access.tab.test,
            cell: ({ name }) => (
              <button
                type="button"
                class="button button--small"
                aria-haspopup="dialog"
                aria-label={access.testBackend(visible(name))}
                onClick={() => (tried.value = name)}
              >
                {access.tab.test}
              </button>
            ),
          },
        ]}
      />
      {tried.value === null ? null : <TestLogin name={tried.value} onClose={() => (tried.value = null)} />}
    </>
  );
}

/** Tries a login at one source; it counts for nobody. */
function TestLogin({ name, onClose }: { readonly name: string; readonly onClose: () => void }): JSX.Element {
  const { words, api, format } = usePanel();
  const { access } = words.value;
  const user = useSignal("");
  const password = useSignal("");
  const clientId = useSignal("");
  const verdict = useSignal<BackendVerdict | null>(null);
  const test = useAction(async () => {
    verdict.value = null;
    const trial: BackendTrial = {
      username: user.value === "" ? null : user.value,
      password: password.value === "" ? null : password.value,
      ...(clientId.value === "" ? {} : { clientId: clientId.value }),
    };
    verdict.value = await api.send<BackendVerdict>("POST", `backends/${segment(name)}/test`, trial);
  });
  return (
    <Confirm
      title={access.testBackend(visible(name))}
      label={access.check}
      isBusy={test.isBusy}
      error={test.error}
      onConfirm={() => test.run()}
      onClose={onClose}
    >
      <p>{access.testCounts}</p>
      <Field label={access.user} value={user.value} hint={access.userHint} onInput={(text) => (user.value = text)} />
      <Field label={access.password} value={password.value} isSecret onInput={(text) => (password.value = text)} />
      <Field
        label={access.clientId}
        value={clientId.value}
        hint={access.clientIdHint}
        onInput={(text) => (clientId.value = text)}
      />
      <p role="status">
        {verdict.value === null ? null : (
          <>
            <Badge tone={VERDICTS[verdict.value.verdict]}>{wordOf(access, verdict.value.verdict)}</Badge>{" "}
            <Said>{verdict.value.sentence}</Said> ({format.value.number(verdict.value.ms)} ms)
          </>
        )}
      </p>
    </Confirm>
  );
}

function wordOf(access: Words["access"], verdict: BackendVerdict["verdict"]): string {
  switch (verdict) {
    case "allow":
      return access.allowed;
    case "deny":
      return access.denied;
    case "ignore":
      return access.unknown;
    case "failed":
      return access.backendStates.failing;
  }
}
