import type { SentMessage } from "../core/publishing.ts";
import { utf8Text } from "../core/text.ts";
import type { Qos } from "../core/types.ts";
import { parseForm } from "./form.ts";
import { BAD_TOPIC, sentenceOf, statusOf } from "./refusals.ts";
import { MAX_MESSAGES, type Answer, type Dialect } from "./types.ts";

/**
 * EMQ's first way, `POST /mqtt/publish`: a form, answered in plain text.
 *
 *     client=http&qos=1&retain=0&topic=/a/b/c&topics=d,e&message=hello from http...
 */
export const formDialect: Dialect = {
  read(body) {
    const fields = parseForm(body);
    const clientId = textField(fields, "client") ?? "";
    return { clientId: clientId === "" ? "http" : clientId, messages: () => messagesOf(fields) };
  },
  published: () => ({ status: 200, body: "OK" }),
  refused: (refusal) =>
    refusal.kind === "message" && refusal.code === BAD_TOPIC
      ? BAD_TOPICS
      : { status: statusOf(refusal), body: sentenceOf(refusal) },
};

const BAD_QOS: Answer = { status: 400, body: "Bad QoS" };
const BAD_RETAIN: Answer = { status: 400, body: "Bad Retain" };
const BAD_TOPICS: Answer = { status: 400, body: "Bad Topics" };
const TOO_MUCH: Answer = {
  status: 413,
  body: "The message is too large for so many topics. Send it to fewer at a time.",
};

const MAX_COPIES_BYTES = 32 * 1024 * 1024;

type Fields = ReadonlyMap<string, Buffer>;

const QOS: ReadonlyMap<string, Qos> = new Map([
  ["0", 0],
  ["1", 1],
  ["2", 2],
]);

function messagesOf(fields: Fields): readonly SentMessage[] | Answer {
  const qos = QOS.get(textField(fields, "qos") ?? "0");
  if (qos === undefined) return BAD_QOS;
  const retain = textField(fields, "retain") ?? "0";
  // a message that was meant to stay must not be lost for a "true"
  if (retain !== "0" && retain !== "1") return BAD_RETAIN;
  const one = textField(fields, "topic");
  const many = textField(fields, "topics");
  const topics = [
    ...(one === null ? [] : [one]),
    ...(many === null || many === "" ? [] : many.split(",", MAX_MESSAGES + 1)),
  ];
  const isFit = topics.length > 0 && topics.length <= MAX_MESSAGES;
  if (!isFit || fieldIsBroken(fields, "topic") || fieldIsBroken(fields, "topics")) return BAD_TOPICS;
  const payload = fields.get("message") ?? Buffer.alloc(0);
  // each topic gets a copy
  if (topics.length * payload.length > MAX_COPIES_BYTES) return TOO_MUCH;
  return topics.map((topic) => ({ topic, payload, qos, retain: retain === "1", properties: {} }));
}

/** null: it is not there, or no text. */
function textField(fields: Fields, name: string): string | null {
  const bytes = fields.get(name);
  return bytes === undefined ? null : utf8Text(bytes);
}

function fieldIsBroken(fields: Fields, name: string): boolean {
  return fields.has(name) && textField(fields, name) === null;
}
