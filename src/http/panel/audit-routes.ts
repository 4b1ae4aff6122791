import type { Audit } from "./audit.ts";
import { pageOf } from "./page.ts";
import { read, type Route } from "./route.ts";

/** What was done in the panel, and by whom. */
export function auditRoutes(audit: Pick<Audit, "recent">): readonly Route[] {
  const about = { summary: "What was done in the panel, the newest first", answer: "Page<AuditRecord>" };
  return [
    read("/audit", about, ({ query }) =>
      pageOf(audit.recent(), query, { texts: ({ by, what }) => [by, what], sorts: NEWEST_FIRST }),
    ),
  ];
}

/** Sorted as it comes. */
const NEWEST_FIRST = { newest: () => 0 };
