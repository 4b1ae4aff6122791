import type { SentMessage } from "../core/publishing.ts";
import { objectOf, parseJson, qosOf, textOf } from "./json.ts";
import { BAD_TOPIC, sentenceOf, statusOf } from "./refusals.ts";
import type { Answer, Dialect } from "./types.ts";

/**
 * EMQ 2.3's way, `POST /api/v2/mqtt/publish`: JSON, answered with a code of its own.
 *
 *     {"topic": "a/b", "payload": "hi", "qos": 1, "retain": false, "client_id": "http"}
 */
export const jsonDialect: Dialect = {
  read(body) {
    const raw = objectOf(parseJson(body));
    if (raw === null) return { clientId: "http", messages: () => NOT_JSON };
    const { topic, payload, qos = 0, retain = false, client_id: clientId = "http" } = raw;
    const id = textOf(clientId);
    return id === null
      ? { clientId: "http", messages: () => WRONG_TYPE }
      : { clientId: id, messages: () => messagesOf(topic, payload, qos, retain) };
  },
  published: () => ({ status: 200, body: { code: 0, result: [] } }),
  refused: (refusal) =>
    refusal.kind === "message" && refusal.code === BAD_TOPIC
      ? fault(Code.wrongType, refusal.reason.sentence)
      : {
          status: statusOf(refusal),
          body: {
            code: refusal.kind === "login" ? Code.wrongLogin : Code.unknown,
            message: refusal.kind === "login" ? "wrong user name or password" : sentenceOf(refusal),
          },
        },
};

const Code = { unknown: 102, wrongLogin: 103, missing: 107, wrongType: 108, notJson: 109 } as const;

const MISSING = fault(Code.missing, "params error");
const WRONG_TYPE = fault(Code.wrongType, "params type error");
const NOT_JSON = fault(Code.notJson, "the body is not a JSON object");

function fault(code: number, message: string): Answer {
  return { status: 200, body: { code, message } };
}

function messagesOf(topic: unknown, payload: unknown, qos: unknown, retain: unknown): readonly SentMessage[] | Answer {
  if (topic === undefined || payload === undefined) return MISSING;
  const name = textOf(topic);
  const text = textOf(payload);
  const level = qosOf(qos);
  const isRetained = retain === true || retain === 1;
  if (name === null || text === null || level === null) return WRONG_TYPE;
  if (!isRetained && retain !== false && retain !== 0) return WRONG_TYPE;
  return [{ topic: name, payload: Buffer.from(text), qos: level, retain: isRetained, properties: {} }];
}
