import type { JSX } from "preact";
import type { Paste } from "../../core/api/access.ts";
import { usePanel } from "../shell/panel.ts";
import { CopyButton } from "./controls.tsx";
import { Notice } from "./page.tsx";
import { Foreign, visible } from "./text.tsx";

/** Lines that the owner writes himself, because the file is his. */
export function PasteBlocks({ paste }: { readonly paste: readonly Paste[] }): JSX.Element | null {
  const { access } = usePanel().words.value;
  if (paste.length === 0) return null;
  return (
    <>
      <Notice tone="warn">{access.pasteFirst}</Notice>
      {paste.map(({ to, lines }) => (
        <div key={to}>
          <h3>
            {access.pasteTo} <Foreign text={to} />
          </h3>
          <div class="list__row">
            <pre>
              <bdi>{lines.map(visible).join("\n")}</bdi>
            </pre>
            <CopyButton text={`${lines.join("\n")}\n`} what={access.linesFor(visible(to))} />
          </div>
        </div>
      ))}
    </>
  );
}
