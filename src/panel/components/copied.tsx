import type { JSX } from "preact";
import { CopyButton } from "./controls.tsx";
import { Foreign } from "./text.tsx";

/** A value that somebody enters elsewhere. */
export function Copied({ what, text }: { readonly what: string; readonly text: string }): JSX.Element {
  return (
    <>
      <code>
        <Foreign text={text} />
      </code>{" "}
      <CopyButton text={text} what={what} />
    </>
  );
}
