import type { JSX } from "preact";
import type { ConfigProblem } from "../../../core/api/system.ts";
import { Notice } from "../../components/page.tsx";
import { Place } from "../../components/place.tsx";
import { Logged } from "../../components/text.tsx";

/** What is wrong with a file of the configuration, what happens now and what to do. */
export function Fault({ problem }: { readonly problem: ConfigProblem }): JSX.Element {
  const { severity, what, now, fix, where } = problem;
  return (
    <Notice tone={severity === "error" ? "bad" : "warn"}>
      <Logged>{`${what} ${now} ${fix}`}</Logged> {where === undefined ? null : <Place where={where} />}
    </Notice>
  );
}
