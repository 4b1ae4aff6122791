import { isIP } from "node:net";
import type { ExplainAnswer, ExplainRequest } from "../../core/api/access.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Identity } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import { absentIdentity, explainAnswer, explainRules, type Explained } from "../../snapshot/explain.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { optionalTextOf, unfitField } from "./fields.ts";
import { write, type Route } from "./route.ts";

export interface ExplainRoutesDeps {
  readonly current: () => Snapshot;
  readonly reservedUsers: readonly string[];
  /** Who a client with a session is, by its id or else by its user name; null: there is none. */
  readonly present: (who: Pick<ExplainRequest, "username" | "clientId">) => Identity | null;
  /** Carries out commands of dynamic security. @throws ApiError with what is wrong. */
  readonly command: (commands: readonly RawObject[], by: string) => Promise<void>;
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
    write(
      "POST",
      "/explain/allow",
      { ...about, summary: "Writes the rule that would allow it, where it goes into a role" },
      async ({ body, by }) => {
        const request = requestIn(body, deps);
        const { proposal } = explainRequest(request, deps);
        if (proposal === null) {
          throw new ApiError("conflict", "No rule is missing that could be added.", "Explain it again.");
        }
        const { add, to, writable } = proposal.suggestion;
        if (!writable) throw new ApiError("conflict", `${to} is changed by its owner.`, `Add there: ${add}`);
        await deps.command(proposal.commands, by);
        const did = `allowed the user ${request.username}: ${add} (${to})`;
        return { body: explainAnswer(explainRequest(request, deps)), did };
      },
    ),
  ];
}

/** Explains as the broker would decide at this moment: a client that is there with the rules that its login brought. */
function explainRequest(request: ExplainRequest, deps: ExplainRoutesDeps): Explained {
  const { action, topic, ip, listener } = request;
  const present = deps.present(request);
  const identity =
    present === null
      ? absentIdentity(request, deps.current(), deps.reservedUsers)
      : {
          ...present,
          ...(ip === undefined ? {} : { address: ip }),
          ...(listener === undefined ? {} : { listener }),
        };
  return explainRules(deps.current(), { identity, action, topic });
}

const ACTIONS = ["publish", "subscribe", "receive"] as const;

/** Reads a question. @throws ApiError when it is none. */
function requestIn(body: RawObject, { current }: Pick<ExplainRoutesDeps, "current">): ExplainRequest {
  const action = ACTIONS.find((known) => known === body["action"]);
  if (action === undefined) throw unfitField("action", `Use ${listed(ACTIONS, "or")}.`);
  const topic = body["topic"];
  if (typeof topic !== "string") throw unfitField("topic", "Name the topic, or the filter of a subscription.");
  const username = body["username"] ?? null;
  if (username !== null && typeof username !== "string")
    throw unfitField("username", "Write a name, or null for none.");
  const clientId = optionalTextOf(body, "clientId");
  const ip = optionalTextOf(body, "ip");
  if (ip !== null && isIP(ip) === 0) throw unfitField("ip", "Write an address such as 192.0.2.7.");
  const listener = optionalTextOf(body, "listener");
  const names = current().settings.listeners.map(({ name }) => name);
  if (listener !== null && !names.includes(listener)) throw unfitField("listener", `Choose ${listed(names, "or")}.`);
  return {
    username,
    action,
    topic,
    ...(clientId === null ? {} : { clientId }),
    ...(ip === null ? {} : { ip }),
    ...(listener === null ? {} : { listener }),
  };
}
