import { isIP } from "node:net";
import type { ExplainAnswer, ExplainRequest } from "../../core/api/access.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Identity } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import { absentIdentity, explainAnswer, explainRules, type Explained } from "../../snapshot/explain.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { write, type Route } from "./route.ts";

export interface ExplainRoutesDeps {
  readonly current: () => Snapshot;
  readonly reservedUsers: readonly string[];
  /** Who a client with a session is, by its id or else by its user name; null: there is none. */
  readonly present: (who: Pick<ExplainRequest, "username" | "clientId">) => Identity | null;
}

/** Why somebody may or may not. */
export function explainRoutes(deps: ExplainRoutesDeps): readonly Route[] {
  const about = {
    summary: "Whether somebody may do something, by which rule, and which rule would allow it",
    takes: "ExplainRequest",
    answer: "ExplainAnswer",
  };
  // a POST, because Home Assistant refuses addresses with some topics in them
  return [
    write("POST", "/explain", about, ({ body }): { readonly body: ExplainAnswer; readonly did: null } => ({
      body: explainAnswer(explainRequest(requestIn(body, deps), deps)),
      did: null,
    })),
  ];
}

/** Explains as the broker would decide at this moment: a client that is there with the rules that its login brought. */
export function explainRequest(request: ExplainRequest, deps: ExplainRoutesDeps): Explained {
  const { action, topic, ip, listener } = request;
  const present = deps.present(request);
  const identity =
    present === null
      ? absentIdentity(request, deps.reservedUsers)
      : {
          ...present,
          ...(ip === undefined ? {} : { address: ip }),
          ...(listener === undefined ? {} : { listener }),
        };
  return explainRules(deps.current(), { identity, action, topic });
}

const ACTIONS = ["publish", "subscribe", "receive"] as const;

/** Reads a question. @throws ApiError when it is none. */
export function requestIn(body: RawObject, { current }: Pick<ExplainRoutesDeps, "current">): ExplainRequest {
  const action = ACTIONS.find((known) => known === body["action"]);
  if (action === undefined) throw wrong("action", `Use ${listed(ACTIONS, "or")}.`);
  const topic = body["topic"];
  if (typeof topic !== "string") throw wrong("topic", "Name the topic, or the filter of a subscription.");
  const username = body["username"] ?? null;
  if (username !== null && typeof username !== "string") throw wrong("username", "Write a name, or null for none.");
  const clientId = textIn(body, "clientId");
  const ip = textIn(body, "ip");
  if (ip !== undefined && isIP(ip) === 0) throw wrong("ip", "Write an address such as 192.0.2.7.");
  const listener = textIn(body, "listener");
  const names = current().settings.listeners.map(({ name }) => name);
  if (listener !== undefined && !names.includes(listener)) throw wrong("listener", `Choose ${listed(names, "or")}.`);
  return {
    username,
    action,
    topic,
    ...(clientId === undefined ? {} : { clientId }),
    ...(ip === undefined ? {} : { ip }),
    ...(listener === undefined ? {} : { listener }),
  };
}

/** An empty text of a form that was not filled in is none. */
function textIn(body: RawObject, field: string): string | undefined {
  const value = body[field] ?? "";
  if (typeof value !== "string") throw wrong(field, "Write it as text.");
  return value === "" ? undefined : value;
}

function wrong(field: string, hint: string): ApiError {
  return new ApiError("invalid", `"${field}" is missing or cannot be used.`, hint, { field });
}
