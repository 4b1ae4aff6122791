import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { ImportDone, ImportReport, MovedFile } from "../../../core/api/moving.ts";
import { Check } from "../../components/controls.tsx";
import { Card, Notice } from "../../components/page.tsx";
import { visible } from "../../components/text.tsx";
import { useAction } from "../../components/use-action.ts";
import { usePanel } from "../../shell/panel.ts";
import { Report } from "./import-report.tsx";

/** With what surrounds it in a request, the broker takes a third more. */
const MAX_BYTES = 6_000_000;

/** Saves what moves to another broker, and takes over what another one was made of. */
export function Move(): JSX.Element {
  const { system } = usePanel().words.value;
  return (
    <div class="stack">
      <Card title={system.export}>
        <p>{system.exportText}</p>
        <div class="actions">
          <a class="button" href="api/v1/export" download="culex.json">
            {system.exportSave}
          </a>
          <a class="button" href="api/v1/export/store" download="culex.db">
            {system.exportStore}
          </a>
        </div>
      </Card>
      <Import />
    </div>
  );
}

function Import(): JSX.Element {
  const { words, api, said } = usePanel();
  const { system } = words.value;
  const id = useId();
  const files = useSignal<readonly File[]>([]);
  const report = useSignal<ImportReport | null>(null);
  const done = useSignal<readonly string[] | null>(null);
  const isRead = useSignal(false);
  const isTooLarge = files.value.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES;
  const look = useAction(async () => {
    report.value = null;
    done.value = null;
    isRead.value = false;
    const sent = await Promise.all(files.value.map(moved));
    report.value = await api.send<ImportReport>("POST", "import", { files: sent });
  });
  const choose = (input: HTMLInputElement, value = input.value): void => {
    if (value === "") input.value = "";
    files.value = [...(input.files ?? [])];
    report.value = null;
    done.value = null;
  };
  const apply = useAction(async () => {
    const { changed } = await api.send<ImportDone>("POST", "import", { token: report.value?.token });
    report.value = null;
    done.value = changed;
    said.value = system.imported;
  });
  return (
    <Card title={system.import}>
      <p>{system.importText}</p>
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault();
          look.run();
        }}
      >
        <div class="field">
          <label for={id}>{system.importFiles}</label>
          <input
            id={id}
            type="file"
            multiple
            required
            // a file that was changed and is chosen again would be no change
            onClick={(event) => choose(event.currentTarget, "")}
            onChange={(event) => choose(event.currentTarget)}
          />
        </div>
        <button type="submit" class="button" disabled={look.isBusy || isTooLarge}>
          {system.importLook}
        </button>
      </form>
      {isTooLarge ? <Notice tone="bad">{system.importTooLarge}</Notice> : null}
      {look.error === null ? null : <Notice tone="bad">{look.error}</Notice>}
      {report.value === null ? null : <Report report={report.value} />}
      {report.value === null || report.value.token === null ? null : (
        <>
          <label class="actions">
            <Check label={system.importRead} isOn={isRead.value} onChange={(isOn) => (isRead.value = isOn)} />
            {system.importRead}
          </label>
          <div class="actions">
            <button
              type="button"
              class="button button--main"
              disabled={!isRead.value || apply.isBusy}
              onClick={() => apply.run()}
            >
              {system.importApply}
            </button>
          </div>
        </>
      )}
      {apply.error === null ? null : <Notice tone="bad">{apply.error}</Notice>}
      {done.value === null ? null : (
        <Notice tone="good">
          {system.imported} {done.value.map(visible).join(", ")}
        </Notice>
      )}
    </Card>
  );
}

function moved(file: File): Promise<MovedFile> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      // "data:application/octet-stream;base64,AAEC"
      const url = typeof reader.result === "string" ? reader.result : "";
      resolve({ name: file.name, base64: url.slice(url.indexOf(",") + 1) });
    });
    reader.addEventListener("error", () => reject(reader.error ?? new Error("a file cannot be read")));
    reader.readAsDataURL(file);
  });
}
