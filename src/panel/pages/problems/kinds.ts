import type { ProblemInfo } from "../../../core/api/problems.ts";
import type { Words } from "../../words/words.ts";

/** Filters of the list, in the order of their chips. */
export const GROUPS = ["refused", "denied", "loops", "limits", "bridges", "settings"] as const;

export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<string, Group>> = {
  taken_over: "loops",
  loop: "loops",
  keepalive: "limits",
  oversize: "limits",
  rate_limited: "limits",
  queue_dropped: "limits",
  memory_full: "limits",
  publish_denied: "denied",
  subscribe_denied: "denied",
  unsubscribe_denied: "denied",
  receive_denied: "denied",
  rules_unavailable: "denied",
  bridge: "bridges",
  config: "settings",
  certificate: "settings",
};

/** The filter that a problem belongs to; what never became a connection was refused. */
export function groupOf({ kind }: Pick<ProblemInfo, "kind">): Group {
  return GROUP_OF[kind] ?? "refused";
}

/** Whether the subject is a device, and not a file, a bridge, or an address that never said a name. */
export function isAboutDevice(problem: Pick<ProblemInfo, "kind" | "subject" | "ips">): boolean {
  return !["bridges", "settings"].includes(groupOf(problem)) && !problem.ips.includes(problem.subject);
}

/** What a kind of problem is called. */
export function kindName({ problems }: Words, kind: string): string {
  return new Map(Object.entries(problems.kinds)).get(kind) ?? problems.unknownKind;
}
