import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { BridgeVerdict } from "../../../core/api/bridges.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Badge } from "../../components/page.tsx";
import { Foreign, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { segment } from "../../data/api.ts";
import { usePanel } from "../../shell/panel.ts";

/** How far a try came, step by step. */
export function Verdict({ verdict }: { readonly verdict: BridgeVerdict }): JSX.Element {
  const { bridges } = usePanel().words.value;
  const { ok, sentence, fix, steps } = verdict;
  return (
    <>
      <p>
        <Badge tone={ok ? "good" : "bad"}>{ok ? bridges.connects : bridges.fails}</Badge>
      </p>
      <p>
        <Said>{sentence}</Said> {fix === undefined ? null : <Said>{fix}</Said>}
      </p>
      <ul class="list small">
        {steps.map(({ step, ok, detail }) => (
          <li key={step}>
            <Badge tone={ok ? "good" : "bad"}>
              {bridges.steps[step]} {ok ? "✓" : "✗"}
            </Badge>{" "}
            {detail === undefined ? null : <Foreign text={detail} />}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Tries a bridge as it is. */
export function TryBridge({ name, onClose }: { readonly name: string; readonly onClose: () => void }): JSX.Element {
  const { words, api } = usePanel();
  const { bridges } = words.value;
  const verdict = useSignal<BridgeVerdict | null>(null);
  const test = useAction(async () => {
    verdict.value = await api.send<BridgeVerdict>("POST", `bridges/${segment(name)}/test`);
  });
  useEffect(() => test.run(), []);
  return (
    <Dialog title={bridges.testOf(visible(name))} onClose={onClose}>
      <div role="status">
        {verdict.value !== null ? (
          <Verdict verdict={verdict.value} />
        ) : test.error === null ? (
          bridges.testing
        ) : (
          <p class="error">{test.error}</p>
        )}
      </div>
    </Dialog>
  );
}
