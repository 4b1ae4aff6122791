import type { PublishOutcome } from "../../core/api/topics.ts";
import type { PublishAs, Sender } from "../../core/publishing.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Identity } from "../../core/types.ts";
import { base64Bytes, qosOf } from "../json.ts";
import { ApiError } from "./api-error.ts";
import { textOf, unfitField } from "./fields.ts";
import { write, type Route } from "./route.ts";

export interface PublishRoutesDeps {
  readonly publishAs: PublishAs;
  /** Who a user is whose rights are to count. */
  readonly identityOf: (username: string | null) => Identity;
}

/** The largest message that MQTT knows, as base64 in JSON, would not be typed by anyone. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const NAME = "panel";

/** Messages to try something with. */
export function publishRoutes(deps: PublishRoutesDeps): readonly Route[] {
  return [
    write(
      "POST",
      "/publish",
      { summary: "Publishes a message", takes: "PublishRequest", answer: "PublishOutcome", maxBytes: MAX_BODY_BYTES },
      async ({ body }) => {
        const { topic, payload, qos, retain, sender } = messageIn(body, deps);
        const answer = await deps.publishAs(sender, [{ topic, payload, qos, retain, properties: {} }]);
        if (answer.kind === "refused") {
          const { sentence, hint = "Change it, or try it as somebody else." } = answer.reason;
          throw new ApiError("invalid", `It was not published: ${sentence}.`, hint);
        }
        const outcome: PublishOutcome = { outcome: answer.outcomes[0] ?? "nobody" };
        const whose = sender.identity.superuser ? "" : ` as ${sender.identity.username ?? "somebody without a login"}`;
        return { body: outcome, did: `published to ${topic}${whose}` };
      },
    ),
  ];
}

function messageIn(body: RawObject, { identityOf }: Pick<PublishRoutesDeps, "identityOf">) {
  const { retain = false, encoding = "text", user } = body;
  const qos = qosOf(body["qos"] ?? 0);
  if (qos === null) throw unfitField("qos", "Use 0, 1 or 2.");
  if (typeof retain !== "boolean") throw unfitField("retain", "Use true or false.");
  if (user !== undefined && user !== null && typeof user !== "string") {
    throw unfitField("user", "Write a name, null for none, or leave it out to pass every rule.");
  }
  const identity = user === undefined ? OWNER : identityOf(user);
  const client = { clientId: NAME, username: identity.username, address: "", listener: NAME };
  const sender: Sender = { identity, client };
  return { topic: textOf(body, "topic"), payload: payloadIn(body["payload"] ?? "", encoding), qos, retain, sender };
}

function payloadIn(payload: unknown, encoding: unknown): Buffer {
  if (typeof payload !== "string") throw unfitField("payload", "Write it as text.");
  if (encoding === "text") return Buffer.from(payload, "utf8");
  const bytes = encoding === "base64" ? base64Bytes(payload) : null;
  if (bytes === null) throw unfitField("encoding", "Use text, or base64 for a payload that is.");
  return bytes;
}

/** Whoever may use the panel may change every rule. */
const OWNER: Identity = {
  clientId: NAME,
  username: null,
  superuser: true,
  source: NAME,
  proof: null,
  rules: null,
};
