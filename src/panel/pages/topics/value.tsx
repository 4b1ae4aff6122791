import type { JSX } from "preact";
import type { Preview } from "../../../core/api/topics.ts";
import { Foreign, visible } from "../../components/text.tsx";
import { usePanel } from "../../shell/panel.ts";
import { indented } from "./json-text.ts";

/** A payload in a few words, for a row of a list. */
export function ShortValue({ preview }: { readonly preview: Preview }): JSX.Element {
  const { topics } = usePanel().words.value;
  switch (preview.kind) {
    case "empty":
      return <span class="muted">{topics.empty}</span>;
    case "image":
      return <span class="muted">{topics.image}</span>;
    case "binary":
      return <code class="tree__value">{topics.bytes(hexOf(preview.text))}</code>;
    case "text":
    case "json":
      return (
        <span class="mono tree__value">
          <Foreign wrap={false} text={preview.truncated ? `${preview.text}…` : preview.text} />
        </span>
      );
  }
}

/** A payload as it can be read best: JSON over several lines, bytes as hexadecimal figures, a picture as a picture. */
export function Value({ preview }: { readonly preview: Preview }): JSX.Element {
  const { topics } = usePanel().words.value;
  const { kind, text, truncated } = preview;
  if (kind === "image" && text !== "") {
    // The first bytes tell the two kinds apart: these are those of a PNG in base64.
    const type = text.startsWith("iVBOR") ? "png" : "jpeg";
    return <img class="payload" src={`data:image/${type};base64,${text}`} alt={topics.imageAlt} />;
  }
  if (kind === "image") return <p class="muted">{topics.imageTooLarge}</p>;
  if (kind === "empty") return <p class="muted">{topics.empty}</p>;
  const shown = kind === "binary" ? hexOf(text) : linesOf(kind === "json" && !truncated ? indented(text) : text);
  return (
    <>
      <pre class="scroll" tabIndex={0} role="region" aria-label={topics.value}>
        <bdi>{shown}</bdi>
      </pre>
      {truncated ? <p class="muted">{topics.truncated}</p> : null}
    </>
  );
}

/** Ends of lines stay what they are here; everything else that is not seen is written out. */
function linesOf(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** "deadbeef" as "de ad be ef". */
function hexOf(text: string): string {
  return text.replaceAll(/..(?=.)/g, "$& ");
}
