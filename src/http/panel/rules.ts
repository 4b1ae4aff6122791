import type { RuleInfo } from "../../core/api/access.ts";
import { pageOf } from "./page.ts";
import { read, type Route } from "./route.ts";

export interface RuleRoutesDeps {
  /** In the order in which they count. */
  readonly rules: () => readonly RuleInfo[];
}

/** The rules that count, wherever they are written. */
export function ruleRoutes({ rules }: RuleRoutesDeps): readonly Route[] {
  const about = {
    summary: "The rules in the order in which they count, and where they stand",
    answer: "Page<RuleInfo>",
  };
  return [
    read("/rules", about, ({ query }) => {
      const places = new Map(rules().map((rule, place) => [rule, place]));
      return pageOf([...places.keys()], query, {
        texts: ({ text, who, source }) => [text, who, source],
        sorts: {
          order: (rule) => places.get(rule) ?? 0,
          who: ({ who }) => who,
          source: ({ source }) => source,
        },
      });
    }),
  ];
}
