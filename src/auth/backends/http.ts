import type { JSONSchemaType } from "ajv";
import type { Agent } from "node:http";
import { BackendError, codeOf, messageOf } from "../../core/errors.ts";
import { sendRequest } from "../../core/http-request.ts";
import { allow, deny, ignore } from "../../core/reasons.ts";
import { utf8Text } from "../../core/text.ts";
import type { AskedAction, Authenticator, Credentials, Decision, Deny, Identity } from "../../core/types.ts";
import { defineBackend } from "../define-backend.ts";
import { type Answer, readAnswer, type ResponseKind } from "../http/answer.ts";
import { readBenefits } from "../http/benefits.ts";
import {
  compileRequest,
  REQUEST_PROPERTIES,
  type RequestSettings,
  type RequestTemplate,
} from "../http/request-template.ts";
import { type PlaceholderName, placeholderValues, type PlaceholderValues } from "../placeholders.ts";
import { TLS_SCHEMA, tlsOptions, type TlsSettings } from "../tls.ts";

interface Settings {
  /** Asked for each login. */
  readonly login: RequestSettings;
  /** Asked after a yes: another yes makes a superuser. */
  readonly super?: RequestSettings;
  /** Asked for each topic. */
  readonly acl?: RequestSettings;
  /** Missing: "json". */
  readonly response?: ResponseKind;
  /** Statuses that are a no. Missing: 400, 401 and 403. */
  readonly denied?: readonly number[];
  /** What becomes of topics that the rules of an answer do not name. Missing: "deny". */
  readonly unlisted?: "deny" | "next";
  /** Connections at one time. Missing: 4. */
  readonly pool?: number;
  readonly tls?: TlsSettings;
}

const NAME = "http";
const MAX_REPLY_BYTES = 65_536;
const CLIENT: readonly PlaceholderName[] = ["username", "clientid", "peerhost", "cert_common_name", "cert_subject"];
/** Without those of the certificate: it is not known any more. */
const TOPIC: readonly PlaceholderName[] = ["username", "clientid", "peerhost", "topic", "action", "access"];

// as in core/http-request.ts
const { Agent: PlainAgent } = process.getBuiltinModule("node:http");
const { Agent: SecureAgent } = process.getBuiltinModule("node:https");

const OPTIONAL_REQUEST = {
  type: "object",
  nullable: true,
  required: ["url"],
  additionalProperties: false,
  properties: REQUEST_PROPERTIES,
} as const;

/** The settings that a stage may have. */
export const HTTP_SCHEMA: JSONSchemaType<Settings> = {
  type: "object",
  required: ["login"],
  additionalProperties: false,
  properties: {
    login: { type: "object", required: ["url"], additionalProperties: false, properties: REQUEST_PROPERTIES },
    super: OPTIONAL_REQUEST,
    acl: OPTIONAL_REQUEST,
    response: { type: "string", enum: ["json", "status", "text"], nullable: true },
    denied: { type: "array", items: { type: "integer", minimum: 400, maximum: 599 }, nullable: true },
    unlisted: { type: "string", enum: ["deny", "next"], nullable: true },
    pool: { type: "integer", minimum: 1, maximum: 64, nullable: true },
    tls: TLS_SCHEMA,
  },
};

/** A web service that is asked with the name and the password, as EMQ 2, EMQX 5 and mosquitto-go-auth ask one. */
export const http = defineBackend<Settings>({
  type: NAME,
  schema: HTTP_SCHEMA,
  create: (settings, { now }) => createHttpLogin(settings, now),
});

type Ask = (request: RequestTemplate, values: PlaceholderValues, signal: AbortSignal) => Promise<Answer | null>;

function createHttpLogin(settings: Settings, now: () => number): Authenticator {
  const unlisted = settings.unlisted ?? "deny";
  const login = compileRequest(settings.login, [...CLIENT, "password"]);
  const superuser = settings.super ? compileRequest(settings.super, CLIENT) : null;
  const acl = settings.acl ? compileRequest(settings.acl, TOPIC) : null;
  const agents = createAgents(settings);
  const ask = askWith(settings, agents);

  const authenticate = async (credentials: Credentials, signal: AbortSignal): Promise<Decision<Identity>> => {
    const { username, password } = credentials;
    if (username === null) return ignore(NAME, { kind: "no_credentials", sentence: "sent no user name" });
    if (password === null)
      return ignore(NAME, { kind: "no_credentials", sentence: `sent no password for user ${username}` });
    const text = utf8Text(password);
    // an empty one is a mistake at best, and a service that takes it is not to be believed
    if (text === null || text === "") return wrongPassword(username, text === "" ? "it is empty" : "it is not UTF-8");
    const client = placeholderValues(credentials);
    const answer = await ask(login, { ...client, password: text }, signal);
    switch (answer?.verdict) {
      case undefined:
        return wrongPassword(username, "name or password cannot be sent to the service");
      case "deny":
        return wrongPassword(username, answer.why, answer.hint);
      case "ignore":
        return ignore(NAME, { kind: "unknown_user", sentence: `${login.place} has no say about ${username}` });
      case "allow": {
        const benefits = readBenefits(answer.details, { file: `the answer of ${login.place}`, unlisted, nowMs: now() });
        if ("fault" in benefits) {
          const { fault: sentence } = benefits;
          return deny(NAME, { kind: "not_allowed", sentence, hint: `the answer of ${login.place} must be corrected` });
        }
        const more = superuser === null ? null : await ask(superuser, client, signal);
        return allow(NAME, {
          clientId: credentials.clientId,
          username,
          superuser: benefits.superuser || more?.verdict === "allow",
          source: NAME,
          proof: null,
          rules: benefits.rules,
          expiresAtMs: benefits.expiresAtMs,
        });
      }
    }
  };

  return {
    name: NAME,
    authenticate,
    ...(acl === null ? {} : { ask: askAbout(acl, ask) }),
    close() {
      for (const agent of agents) agent.destroy();
      return Promise.resolve();
    },
  };
}

/** A plain and a secure one: the requests of a backend may go to different places. */
function createAgents(settings: Settings): readonly [plain: Agent, secure: Agent] {
  const pool = settings.pool ?? 4;
  const keep = { keepAlive: true, maxSockets: pool, maxFreeSockets: pool, timeout: 30_000 };
  return [new PlainAgent(keep), new SecureAgent({ ...keep, ...tlsOptions(settings.tls ?? {}) })];
}

function askWith(settings: Settings, [plain, secure]: readonly [Agent, Agent]): Ask {
  const response = settings.response ?? "json";
  const denied = settings.denied ?? [400, 401, 403];
  return async (request, values, signal) => {
    const filled = request.filledWith(values);
    if (filled === null) return null;
    const agent = filled.url.startsWith("https:") ? secure : plain;
    try {
      const reply = await sendRequest({ ...filled, maxReplyBytes: MAX_REPLY_BYTES, signal, agent });
      return readAnswer(reply, { response, denied, place: request.place });
    } catch (error) {
      if (error instanceof BackendError) throw error;
      throw new BackendError(`${request.place}: ${whyNot(error)}`, { cause: error });
    }
  };
}

function askAbout(request: RequestTemplate, ask: Ask): NonNullable<Authenticator["ask"]> {
  return async (identity, action, topic, signal) => {
    const answer = await ask(request, aboutTopic(identity, action, topic), signal);
    const kind = `${action}_denied` as const;
    switch (answer?.verdict) {
      case undefined:
        return deny(NAME, { kind, sentence: `the topic ${topic} cannot be sent to ${request.place}` });
      case "deny":
        return deny(NAME, { kind, sentence: answer.why, ...(answer.hint === null ? {} : { hint: answer.hint }) });
      case "ignore":
        return ignore(NAME, { kind, sentence: `${request.place} has no rule for it` });
      case "allow":
        return allow(NAME, undefined);
    }
  };
}

/** In the words of EMQX; EMQ 2 counts: 1 is subscribe, 2 is publish. */
function aboutTopic({ username, clientId, address }: Identity, action: AskedAction, topic: string): PlaceholderValues {
  const [word, access] = action === "publish" ? ["publish", "2"] : ["subscribe", "1"];
  return { username, clientid: clientId, peerhost: address ?? null, topic, action: word, access };
}

function wrongPassword(username: string, why: string, hint: string | null = null): Deny {
  const sentence = `user ${username} was refused: ${why}`;
  return deny(NAME, { kind: "wrong_password", sentence, ...(hint === null ? {} : { hint }) });
}

/** The causes that owners meet, in plain words. */
function whyNot(error: unknown): string {
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return "connection refused; the service does not run, or listens on another address or port";
    case "ENOTFOUND":
      return "no such host";
    default:
      return messageOf(error);
  }
}
