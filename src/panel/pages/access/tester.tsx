import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ExplainAnswer, ExplainRequest } from "../../../core/api/access.ts";
import { Field, Select } from "../../components/controls.tsx";
import { Notice } from "../../components/page.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";
import { oneOf } from "../../shell/preferences.ts";
import { hrefOf } from "../../shell/router.ts";
import { AllowThis } from "./allow-this.tsx";
import { Explanation } from "./explanation.tsx";

const ACTIONS = ["publish", "subscribe", "receive"] as const;

/** Asks whether somebody may do something; the broker answers as it would decide at this moment. */
export function Tester(): JSX.Element {
  const { words, router, api } = usePanel();
  const { access } = words.value;
  const { query } = router.route.value;
  const user = useSignal(query["user"] ?? "");
  const clientId = useSignal(query["client"] ?? "");
  const action = useSignal(oneOf(ACTIONS, query["action"] ?? null) ?? "publish");
  const topic = useSignal(query["topic"] ?? "");
  const shown = useSignal<{ readonly request: ExplainRequest; readonly answer: ExplainAnswer } | null>(null);
  const isAllowing = useSignal(false);
  const check = useAction(async () => {
    const request: ExplainRequest = {
      username: user.value === "" ? null : user.value,
      action: action.value,
      topic: topic.value,
      ...(clientId.value === "" ? {} : { clientId: clientId.value }),
    };
    shown.value = null;
    shown.value = { request, answer: await api.send<ExplainAnswer>("POST", "explain", request) };
    const asked = { user: user.value, client: clientId.value, action: action.value, topic: topic.value };
    const kept = Object.entries(asked).filter(([, value]) => value !== "");
    router.replace(hrefOf("access", ["test"], Object.fromEntries(kept)));
  });
  useEffect(() => {
    // Whoever comes from a problem has asked already.
    if (topic.value !== "") check.run();
  }, []);
  return (
    <>
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault();
          check.run();
        }}
      >
        <Field label={access.user} value={user.value} hint={access.userHint} onInput={(text) => (user.value = text)} />
        <Field
          label={access.clientId}
          value={clientId.value}
          hint={access.clientIdHint}
          onInput={(text) => (clientId.value = text)}
        />
        <Select
          label={access.action}
          value={action.value}
          choices={ACTIONS.map((value) => ({ value, label: access.actions[value] }))}
          onChange={(value) => (action.value = value)}
        />
        <Field label={access.topic} value={topic.value} isRequired onInput={(text) => (topic.value = text)} />
        <button type="submit" class="button button--main" disabled={check.isBusy}>
          {access.check}
        </button>
      </form>
      {check.error === null ? null : <Notice tone="bad">{check.error}</Notice>}
      {shown.value === null ? null : (
        <Explanation answer={shown.value.answer} onAllow={() => (isAllowing.value = true)} />
      )}
      {shown.value === null || !isAllowing.value ? null : (
        // What is allowed is what the answer was given for, whatever stands in the form by now.
        <AllowThis
          request={shown.value.request}
          onClose={() => (isAllowing.value = false)}
          onDone={() => {
            isAllowing.value = false;
            check.run();
          }}
        />
      )}
    </>
  );
}
