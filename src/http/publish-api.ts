import type { HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import type { PublishAnswer, PublishAs, SentMessage } from "../core/publishing.ts";
import { deny } from "../core/reasons.ts";
import { matches, topicFault } from "../core/topic.ts";
import type { Reason } from "../core/types.ts";
import { createBodyBudget, readBody } from "./body.ts";
import { createCallers, type Call, type Caller, type CallerDeps } from "./callers.ts";
import { DENIED } from "./refusals.ts";
import type { Answer, Dialect, Refusal } from "./types.ts";
import { formDialect } from "./v1.ts";
import { jsonDialect } from "./v2.ts";
import { bulkDialect, singleDialect } from "./v5.ts";

export interface PublishApiDeps extends CallerDeps {
  readonly publishAs: PublishAs;
}

type Env = { Bindings: HttpBindings };

/** Largest body, whatever the largest packet is; it is held in memory, and parsed in one go. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Of all bodies at one time. */
const MAX_BODIES_BYTES = 2 * MAX_BODY_BYTES;

/** Makes the routes under which messages are published. */
export function createPublishApi(deps: PublishApiDeps): Hono<Env> {
  const callers = createCallers(deps);
  const budget = createBodyBudget(MAX_BODIES_BYTES);

  const serve = async (context: Context<Env>, dialect: Dialect): Promise<Response> => {
    const { incoming } = context.env;
    const call = callOf(context, deps.current().http?.settings.name ?? "http");
    const early = isForeignPage(context) ? ({ kind: "foreign page" } as const) : callers.refusal(call);
    if (early !== null) return refuse(context, dialect, early, false);
    const limit = Math.min(deps.current().settings.limits.maxPacketSize, MAX_BODY_BYTES);
    const body = await readBody(incoming, limit, budget);
    if (body.kind === "too large") return refuse(context, dialect, { kind: "body too large", limit }, false);
    if (body.kind !== "read") return refuse(context, dialect, { kind: "busy" }, false);
    try {
      const request = dialect.read(body.bytes);
      const caller = await callers.identify(call, request.clientId);
      if ("kind" in caller) return refuse(context, dialect, caller, true);
      const messages = request.messages();
      if (!isList(messages)) return reply(context, messages);
      const outside = findOutside(caller, messages);
      if (outside !== null) {
        const { reason } = outside.decision;
        deps.record({ kind: "denied", client: caller.sender.client, action: "publish", ...outside });
        return refuse(context, dialect, denied(caller, outside.topic, reason), true);
      }
      const answer = await deps.publishAs(caller.sender, messages);
      if (answer.kind === "published") return reply(context, dialect.published(answer.outcomes));
      return refuse(context, dialect, refusalOf(caller, answer, messages[answer.index]?.topic ?? ""), true);
    } finally {
      body.release();
    }
  };

  return new Hono<Env>()
    .post("/mqtt/publish", (context) => serve(context, formDialect))
    .post("/api/v2/mqtt/publish", (context) => serve(context, jsonDialect))
    .post("/api/v5/publish", (context) => serve(context, singleDialect))
    .post("/api/v5/publish/bulk", (context) => serve(context, bulkDialect))
    .get("/status", (context) => context.text("Node culex is started\nculex is running"))
    .notFound((context) => context.json({ code: "NOT_FOUND", message: "There is nothing under this address." }, 404));
}

function isList(messages: readonly SentMessage[] | Answer): messages is readonly SentMessage[] {
  return Array.isArray(messages);
}

function callOf(context: Context<Env>, listener: string): Call {
  const address = (context.env.incoming.socket.remoteAddress ?? "an unknown address").replace(/^::ffff:/, "");
  return { authorization: context.req.header("authorization"), address, listener };
}

/** A browser that knows the password would send it along with the form of any page. */
function isForeignPage(context: Context<Env>): boolean {
  const origin = context.req.header("origin");
  if (origin === undefined) return context.req.header("sec-fetch-site") === "cross-site";
  return URL.parse(origin)?.host !== context.req.header("host");
}

/** The first message to a topic that is not among those of its key. */
function findOutside({ sender, filters }: Caller, messages: readonly SentMessage[]) {
  if (filters.length === 0) return null;
  // what is no topic is told as such by who publishes
  const wrong = messages.find(
    ({ topic }) => topicFault(topic) === null && !filters.some((filter) => matches(filter, topic)),
  );
  if (wrong === undefined) return null;
  const { topic } = wrong;
  const sentence = `the API key ${sender.client.clientId} is not for this topic`;
  const hint = `add "topic ${topic}" below the key`;
  return { topic, decision: deny("api-keys", { kind: "publish_denied", sentence, hint }) };
}

function refusalOf(
  caller: Caller,
  { code, reason }: Extract<PublishAnswer, { readonly kind: "refused" }>,
  topic: string,
): Refusal {
  if (reason.kind === "banned") return { kind: "login" };
  if (reason.kind === "auth_unavailable") return { kind: "unavailable", sentence: reason.sentence };
  if (reason.kind === "rules_unavailable") return { kind: "unavailable", sentence: inFull(caller, topic, reason) };
  return code === DENIED ? denied(caller, topic, reason) : { kind: "message", code, reason };
}

function denied(caller: Caller, topic: string, reason: Reason): Refusal {
  return { kind: "message", code: DENIED, reason: { ...reason, sentence: inFull(caller, topic, reason) } };
}

/** With the words of the log. */
function inFull({ sender }: Caller, topic: string, { sentence }: Reason): string {
  const { username } = sender.identity;
  const who = username === null ? "a login without a user name" : `user ${username}`;
  return `${who} may not publish to ${topic}: ${sentence}`;
}

/** `isRead`: the request was read to its end; what comes behind one that was not cannot be told from it. */
function refuse(context: Context<Env>, dialect: Dialect, refusal: Refusal, isRead: boolean): Response {
  if (!isRead) context.header("Connection", "close");
  if (refusal.kind === "login") context.header("WWW-Authenticate", 'Basic realm="Culex", charset="UTF-8"');
  if (refusal.kind === "too many failures") context.header("Retry-After", String(refusal.waitS));
  if (refusal.kind === "busy" || refusal.kind === "unavailable") context.header("Retry-After", "5");
  return reply(context, dialect.refused(refusal));
}

function reply(context: Context<Env>, { status, body }: Answer): Response {
  return typeof body === "string" ? context.text(body, status) : context.body(JSON.stringify(body), status, JSON_TYPE);
}

const JSON_TYPE = { "Content-Type": "application/json" };
