import type { JSX } from "preact";
import type { PlaceInfo } from "../../core/api/common.ts";
import { usePanel } from "../shell/panel.ts";
import { Foreign } from "./text.tsx";

/** Where something is written: "acl.conf, line 2". */
export function Place({ where }: { readonly where: PlaceInfo }): JSX.Element {
  const { problems } = usePanel().words.value;
  const { file, line } = where;
  return <Foreign text={line === undefined ? file : problems.line(file, line)} />;
}
