import type { Page } from "../../core/api/common.ts";
import type { IndexInfo, TopicFound, TopicInfo, TopicLevel } from "../../core/api/topics.ts";
import { ApiError } from "./api-error.ts";
import { codedName } from "./coded-name.ts";
import { read, type Route } from "./route.ts";

export interface TopicRoutesDeps {
  /** null: the first level. */
  readonly level: (parent: string | null) => Promise<TopicLevel>;
  readonly info: (topic: string) => TopicInfo | null;
  /** A text says why that cannot be searched for. */
  readonly search: (search: {
    readonly words: string;
    readonly mode: "text" | "filter" | "regex";
    readonly inValues: boolean;
  }) => Promise<Page<TopicFound> | string>;
  readonly index: () => IndexInfo;
}

/** The topics in use and their last values. */
export function topicRoutes({ level, info, search, index }: TopicRoutesDeps): readonly Route[] {
  return [
    read(
      "/topics",
      {
        summary: "One level of the tree: the first, or what is below ?parent= (empty: the level without a name)",
        answer: "TopicLevel",
      },
      ({ query }) => level(nameIn(query, "parent")),
    ),
    read(
      "/topics/search",
      {
        summary: "Topics found by ?q=, ?mode= (text, filter, regex) and ?in= (topic, value)",
        answer: "Page<TopicFound>",
      },
      async ({ query }) => {
        const mode = choice(query, "mode", ["text", "filter", "regex"] as const);
        const words = nameIn(query, "q") ?? "";
        const found = await search({
          words,
          mode,
          inValues: choice(query, "in", ["topic", "value"] as const) === "value",
        });
        if (typeof found !== "string") return found;
        throw new ApiError("invalid", found, "Look for something simpler.", { field: "q" });
      },
    ),
    read("/topics/index", { summary: "How much is known of topics", answer: "IndexInfo" }, () => index()),
    read("/topic", { summary: "What is known of the topic ?name=", answer: "TopicInfo" }, ({ query }) => {
      const name = nameIn(query, "name") ?? "";
      const found = info(name);
      if (found !== null) return found;
      const hint = "It shows up with its next message.";
      throw new ApiError("not_found", `Nothing was published to "${name}" that is still known.`, hint);
    }),
  ];
}

function choice<T extends string>(query: URLSearchParams, field: string, known: readonly [T, ...T[]]): T {
  const wanted = query.get(field) ?? known[0];
  const found = known.find((one) => one === wanted);
  if (found !== undefined) return found;
  throw new ApiError("invalid", `${field}: "${wanted}" is not known.`, `Use one of ${known.join(", ")}.`, { field });
}

/** A topic may hold what Home Assistant lets pass in no address. */
function nameIn(query: URLSearchParams, field: string): string | null {
  const text = query.get(field);
  const name = text === null ? null : codedName(text);
  if (text === null || name !== null) return name;
  throw new ApiError("invalid", `${field}: "${text}" is no text.`, "Send UTF-8 in base64url after the ~.", { field });
}
