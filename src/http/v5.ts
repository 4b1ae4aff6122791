import { randomBytes } from "node:crypto";
import type { PublishOutcome, SentMessage, SentProperties } from "../core/publishing.ts";
import type { RawObject } from "../core/raw-object.ts";
import { base64Bytes, objectOf, parseJson, qosOf, textOf } from "./json.ts";
import { sentenceOf, statusOf } from "./refusals.ts";
import { MAX_MESSAGES, type Answer, type Dialect, type Refusal } from "./types.ts";

/** EMQX 5's way, `POST /api/v5/publish`: JSON with payload encodings and properties, answered with reason codes. */
export const singleDialect: Dialect = {
  read(body) {
    return {
      clientId: "http",
      messages() {
        const read = messageOf(parseJson(body));
        return "status" in read ? read : [read];
      },
    };
  },
  published([outcome = "sent"]) {
    return { status: STATUS[outcome], body: resultOf(outcome) };
  },
  refused,
};

/** `POST /api/v5/publish/bulk`: a list of the same; nothing is published when one of them cannot be. */
export const bulkDialect: Dialect = {
  read(body) {
    return {
      clientId: "http",
      messages() {
        const list = parseJson(body);
        return Array.isArray(list) ? messagesOf(list) : badRequest("the body is not a list of messages");
      },
    };
  },
  published: (outcomes) => ({
    status:
      STATUS[
        outcomes.find((outcome) => outcome === "no room") ?? outcomes.find((outcome) => outcome === "nobody") ?? "sent"
      ],
    body: outcomes.map(resultOf),
  }),
  refused,
};

const STATUS = { sent: 200, nobody: 202, "no room": 503 } as const;

function resultOf(outcome: PublishOutcome): unknown {
  switch (outcome) {
    case "sent":
      return { id: randomBytes(16).toString("hex").toUpperCase() };
    case "nobody":
      return { reason_code: 0x10, message: "no_matching_subscribers" };
    case "no room":
      return { reason_code: 0x83, message: "failed_to_dispatch" };
  }
}

function refused(refusal: Refusal): Answer {
  const status = statusOf(refusal);
  switch (refusal.kind) {
    case "login":
      return {
        status,
        body: { code: "BAD_API_KEY_OR_SECRET", message: "Check the name and the password, or the key." },
      };
    case "message":
      return { status, body: { reason_code: refusal.code, message: sentenceOf(refusal) } };
    default:
      return { status, body: { code: CODES[refusal.kind], message: sentenceOf(refusal) } };
  }
}

const CODES = {
  unavailable: "SERVICE_UNAVAILABLE",
  busy: "SERVICE_UNAVAILABLE",
  "too many failures": "TOO_MANY_REQUESTS",
  "body too large": "BAD_REQUEST",
  "foreign page": "BAD_REQUEST",
} as const;

function badRequest(message: string): Answer {
  return { status: 400, body: { code: "BAD_REQUEST", message } };
}

function messagesOf(list: readonly unknown[]): readonly SentMessage[] | Answer {
  if (list.length > MAX_MESSAGES)
    return badRequest(`${list.length} messages are more than ${MAX_MESSAGES}, the most of one request`);
  const messages: SentMessage[] = [];
  for (const [index, value] of list.entries()) {
    const read = messageOf(value, `message ${index + 1}: `);
    if ("status" in read) return read;
    messages.push(read);
  }
  return messages;
}

/** `place` stands before what is wrong with it. */
function messageOf(value: unknown, place = ""): SentMessage | Answer {
  const raw = objectOf(value);
  if (raw === null) return badRequest(`${place}this is not a JSON object`);
  const { topic, payload, payload_encoding: encoding = "plain", qos = 0, retain = false, properties = {} } = raw;
  const name = textOf(topic);
  if (name === null) return badRequest(`${place}topic is not a text`);
  const text = textOf(payload);
  if (text === null) return badRequest(`${place}payload is not a text`);
  if (encoding !== "plain" && encoding !== "base64")
    return badRequest(`${place}payload_encoding is neither plain nor base64`);
  const level = qosOf(qos);
  if (level === null) return badRequest(`${place}qos is none of 0, 1 and 2`);
  if (typeof retain !== "boolean") return badRequest(`${place}retain is neither true nor false`);
  const group = objectOf(properties);
  if (group === null) return badRequest(`${place}properties is not a JSON object`);
  const read = propertiesOf(group);
  if (typeof read === "string") return badRequest(`${place}properties.${read}`);
  const bytes = encoding === "plain" ? Buffer.from(text) : base64Bytes(text);
  if (bytes === null) return { status: 400, body: { reason_code: 0x83, message: `${place}payload is not base64` } };
  return { topic: name, payload: bytes, qos: level, retain, properties: read };
}

const MAX_EXPIRY_S = 0xffff_ffff;

/** A text says which of them is wrong. */
function propertiesOf(raw: RawObject): SentProperties | string {
  const {
    payload_format_indicator: format,
    message_expiry_interval: expiry,
    response_topic: responseTopic,
    correlation_data: correlation,
    user_properties: pairs,
    content_type: contentType,
  } = raw;
  if (format !== undefined && format !== 0 && format !== 1) return "payload_format_indicator is neither 0 nor 1";
  if (expiry !== undefined && !isSeconds(expiry)) return "message_expiry_interval is not a number of seconds";
  const response = responseTopic === undefined ? undefined : textOf(responseTopic);
  if (response === null) return "response_topic is not a text";
  const data = correlation === undefined ? undefined : textOf(correlation);
  if (data === null) return "correlation_data is not a text";
  const type = contentType === undefined ? undefined : textOf(contentType);
  if (type === null) return "content_type is not a text";
  const user = pairs === undefined ? undefined : userPropertiesOf(pairs);
  if (user === null) return "user_properties is not an object with texts";
  return {
    ...(format === undefined ? {} : { payloadFormatIndicator: format === 1 }),
    ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
    ...(response === undefined ? {} : { responseTopic: response }),
    ...(data === undefined ? {} : { correlationData: Buffer.from(data) }),
    ...(user === undefined ? {} : { userProperties: user }),
    ...(type === undefined ? {} : { contentType: type }),
  };
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_EXPIRY_S;
}

function userPropertiesOf(value: unknown): Record<string, string> | null {
  const raw = objectOf(value);
  if (raw === null) return null;
  const pairs: [string, string][] = [];
  for (const [name, text] of Object.entries(raw)) {
    const read = textOf(text);
    if (read === null || textOf(name) === null) return null;
    pairs.push([name, read]);
  }
  return Object.fromEntries(pairs);
}
