import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ExplainAnswer, ExplainRequest, Suggestion } from "../../../core/api/access.ts";
import { CopyButton } from "../../components/controls.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Notice } from "../../components/page.tsx";
import { Foreign, Said, visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";
import { RoleEditor } from "./role-editor.tsx";

interface AllowThisProps {
  readonly request: ExplainRequest;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Opens the smallest rule that would allow what was denied: in the role editor, or as a line for a file of the owner. */
export function AllowThis({ request, onClose, onDone }: AllowThisProps): JSX.Element {
  const { words, api } = usePanel();
  const { access, general } = words.value;
  const answer = useSignal<ExplainAnswer | null>(null);
  const ask = useAction(async () => {
    answer.value = await api.send<ExplainAnswer>("POST", "explain", request);
  });
  useEffect(() => ask.run(), []);
  const suggestion = answer.value?.suggestion;
  if (suggestion?.role !== undefined && suggestion.writable) {
    return (
      <RoleEditor
        name={suggestion.role.name}
        isNew={suggestion.role.isNew}
        proposed={suggestion.role.entry}
        user={request.username}
        onClose={onClose}
        onDone={onDone}
      />
    );
  }
  return (
    <Dialog title={access.allow} onClose={onClose}>
      {ask.error === null ? null : <Notice tone="bad">{ask.error}</Notice>}
      {answer.value === null ? (
        ask.error === null && general.loading
      ) : (
        <p>
          <Said>{answer.value.sentence}</Said>
        </p>
      )}
      {suggestion === undefined ? null : <Lines suggestion={suggestion} />}
    </Dialog>
  );
}

/** The lines that the owner adds, between those that are there. */
export function Lines({ suggestion: { add, to, diff } }: { readonly suggestion: Suggestion }): JSX.Element {
  const { access } = usePanel().words.value;
  return (
    <>
      <div class="list__row">
        <p>
          {access.proposalTo} <Foreign text={to} />
        </p>
        <CopyButton text={add} what={access.theRule} />
      </div>
      <pre class="scroll" tabIndex={0} role="region" aria-label={access.proposal}>
        <bdi>{diff.map(({ kind, text }) => `${kind === "added" ? "+" : " "} ${visible(text)}`).join("\n")}</bdi>
      </pre>
    </>
  );
}
