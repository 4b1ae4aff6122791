import { BackendError, codeOf, messageOf } from "../src/core/errors.ts";
import { sendRequest } from "../src/core/http-request.ts";
import { isRawObject, type RawObject } from "../src/core/raw-object.ts";

/** The Supervisor's HTTP API, as far as an MQTT broker needs it. Every call throws BackendError when it is undecided. */
export interface Supervisor {
  /**
   * Asks whether Home Assistant accepts a login. "no" may also mean that Home Assistant is down and the Supervisor
   * has never seen this login, so it is worth seconds only.
   */
  checkLogin(username: string, password: string, signal: AbortSignal): Promise<"yes" | "no">;
  ownInfo(signal: AbortSignal): Promise<OwnInfo>;
  /** The app's options as the user has them: secrets by name, not by value. */
  options(signal: AbortSignal): Promise<RawObject>;
  /** Replaces them; the file of options follows at the next start. */
  setOptions(options: RawObject, signal: AbortSignal): Promise<void>;
  /** Tells which app provides the mqtt service; null when none does. */
  mqttService(signal: AbortSignal): Promise<MqttService | null>;
  /** Undecided too when somebody, an earlier run of ours included, provides the service already. */
  provideMqtt(endpoint: MqttEndpoint, signal: AbortSignal): Promise<void>;
  /** Removes the mqtt service, no matter which app stored it: look at `mqttService` first. */
  withdrawMqtt(signal: AbortSignal): Promise<void>;
  /** Hands Home Assistant the configuration of a discovered service. */
  announce(service: string, config: MqttEndpoint, signal: AbortSignal): Promise<void>;
}

interface OwnInfo {
  /** In full, with the hash of the store: "a1b2c3d4_culex". */
  readonly slug: string;
  /** Our name on Home Assistant's internal network; null when the Supervisor does not say. */
  readonly hostname: string | null;
}

interface MqttService {
  /** Full slug of the app that provides it. */
  readonly holder: string;
}

/** How another program reaches this broker, in the words of the Supervisor's schema; more keys would be refused. */
export interface MqttEndpoint {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  /** The schema knows no "5"; clients may speak MQTT 5 all the same. */
  readonly protocol: "3.1.1";
  readonly username: string;
  readonly password: string;
}

interface Reply {
  readonly status: number;
  /** The parsed JSON, or null: errors of the Supervisor's front door are plain text. */
  readonly body: RawObject | null;
}

/** The largest real answer is `/addons/self/info` with all translations, some 100 kB. */
const MAX_REPLY_BYTES = 1024 * 1024;

/**
 * Makes a client for the Supervisor at `url`, for example "http://supervisor".
 * @throws Error when url or token cannot be used; neither is quoted.
 */
export function createSupervisor(options: {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
}): Supervisor {
  const { token, timeoutMs = 10_000 } = options;
  const base = parseBase(options.url);
  // who refuses a header may quote it, so a bad token must not get that far
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("supervisor token is empty or no header value");

  const send = async (method: string, path: string, body: unknown, signal: AbortSignal): Promise<Reply> => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const { status, text } = await sendRequest({
        method,
        url: `${base}${path}`,
        // an Authorization header would make the Supervisor read /auth as Basic, and a charset suffix is refused too
        headers: { "X-Supervisor-Token": token, ...(body === null ? {} : { "Content-Type": "application/json" }) },
        body: body === null ? null : JSON.stringify(body),
        maxReplyBytes: MAX_REPLY_BYTES,
        signal: AbortSignal.any([signal, limit]),
      });
      return { status, body: parseBody(text) };
    } catch (error) {
      const why = limit.aborted
        ? `no answer within ${timeoutMs} ms`
        : signal.aborted
          ? messageOf(signal.reason)
          : (codeOf(error) ?? messageOf(error));
      throw new BackendError(`supervisor: ${method} ${path}: ${why}`, { cause: error });
    }
  };

  return {
    async checkLogin(username, password, signal) {
      const reply = await send("POST", "/auth", { username, password }, signal);
      if (isOk(reply)) return "yes";
      if (reply.status === 401) return "no";
      throw unexpected("POST /auth", reply);
    },
    async ownInfo(signal) {
      const reply = await send("GET", "/addons/self/info", null, signal);
      const data = dataOf(reply);
      if (data === null || !isText(data["slug"])) throw unexpected("GET /addons/self/info", reply);
      return { slug: data["slug"], hostname: isText(data["hostname"]) ? data["hostname"] : null };
    },
    async options(signal) {
      const reply = await send("GET", "/addons/self/info", null, signal);
      const options = dataOf(reply)?.["options"];
      if (!isRawObject(options)) throw unexpected("GET /addons/self/info", reply);
      return options;
    },
    async setOptions(options, signal) {
      const reply = await send("POST", "/addons/self/options", { options }, signal);
      if (!isOk(reply)) throw unexpected("POST /addons/self/options", reply);
    },
    async mqttService(signal) {
      const reply = await send("GET", "/services/mqtt", null, signal);
      if (reply.status === 400 && reply.body?.["message"] === "Service not enabled") return null;
      const data = dataOf(reply);
      if (data === null || !isText(data["addon"])) throw unexpected("GET /services/mqtt", reply);
      return { holder: data["addon"] };
    },
    async provideMqtt(endpoint, signal) {
      const reply = await send("POST", "/services/mqtt", endpoint, signal);
      if (!isOk(reply)) throw unexpected("POST /services/mqtt", reply);
    },
    async withdrawMqtt(signal) {
      const reply = await send("DELETE", "/services/mqtt", null, signal);
      // somebody else was faster: nothing is registered, which is what was wanted
      if (reply.status === 404 && reply.body?.["error_key"] === "service_not_provided_error") return;
      if (!isOk(reply)) throw unexpected("DELETE /services/mqtt", reply);
    },
    async announce(service, config, signal) {
      const reply = await send("POST", "/discovery", { service, config }, signal);
      if (!isOk(reply)) throw unexpected("POST /discovery", reply);
    },
  };
}

function parseBase(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw new Error("supervisor url is no http url");
  if (parsed.username !== "" || parsed.password !== "") throw new Error("supervisor url carries a login");
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
}

function parseBody(text: string): Reply["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return isRawObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isOk(reply: Reply): boolean {
  return reply.status === 200 && reply.body?.["result"] === "ok";
}

function dataOf(reply: Reply): RawObject | null {
  const data = isOk(reply) ? reply.body?.["data"] : null;
  return isRawObject(data) ? data : null;
}

/** Names the status and the error key. The Supervisor's `message` may quote what was sent, passwords included. */
function unexpected(request: string, { status, body }: Reply): BackendError {
  const key = body?.["error_key"];
  const suffix = typeof key === "string" && /^[a-z_]{1,80}$/.test(key) ? ` (${key})` : "";
  return new BackendError(`supervisor: ${request}: unexpected answer ${status}${suffix}`);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
