import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { serveCoreWebSocket, type CoreUser } from "./core-websocket.ts";

/** Who the app under test is, and what its configuration claims. */
export interface SupervisorOptions {
  /** 0 is a free port. */
  readonly port?: number;
  readonly slug?: string;
  readonly hostname?: string;
  readonly token?: string;
  /** Home Assistant's users and their passwords. */
  readonly users?: Readonly<Record<string, string>>;
  /** `auth_api` of the configuration. */
  readonly authApi?: boolean;
  /** `services` of the configuration: "mqtt:provide". */
  readonly services?: readonly string[];
  /** `discovery` of the configuration. */
  readonly discovery?: readonly string[];
}

/** A small real HTTP server that answers an app as Home Assistant's Supervisor does. */
export interface FakeSupervisor {
  readonly url: string;
  readonly token: string;
  readonly slug: string;
  readonly hostname: string;
  /** Home Assistant's users by normalised name; change them as a user would in the People page. */
  readonly users: Map<string, string>;
  /** What Home Assistant's WebSocket says of its users. */
  coreUsers: readonly CoreUser[];
  /** "hanging": Core's port is open and nothing comes back for `hangMs`, then 500, unless it is running again. */
  core: "running" | "down" | "hanging";
  hangMs: number;
  /** Accepts connections and never answers. */
  silent: boolean;
  /** The Supervisor's own state; anything but startup, running and freeze refuses every call. */
  state: string;
  /** Full slug and data of the app that provides the mqtt service. */
  service: ServiceData | null;
  readonly discovery: DiscoveryMessage[];
  /** The app's options, as its user has them. */
  options: Fields;
  readonly requests: SeenRequest[];
  /** How many requests came for "POST /auth". */
  count(request: string): number;
  /** Forgets which logins were right, as `DELETE /auth/cache` does. */
  forgetLogins(): void;
  stop(): Promise<void>;
}

interface ServiceData {
  readonly addon: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface DiscoveryMessage {
  readonly uuid: string;
  readonly service: string;
  config: unknown;
  /** How often it was handed to Home Assistant Core. */
  pushes: number;
}

interface SeenRequest {
  readonly request: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Fields = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Starts it on 127.0.0.1. */
export async function startSupervisor(options: SupervisorOptions = {}): Promise<FakeSupervisor> {
  const slug = options.slug ?? "a1b2c3d4_culex";
  const token = options.token ?? randomBytes(56).toString("hex");
  const requests: SeenRequest[] = [];
  const logins = new Map<string, string>();

  const server = createServer((request, response) => {
    void serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const fake: FakeSupervisor = {
    url: `http://127.0.0.1:${port}`,
    token,
    slug,
    hostname: options.hostname ?? slug.replaceAll("_", "-"),
    users: new Map(Object.entries(options.users ?? {})),
    coreUsers: [],
    core: "running",
    hangMs: 30_000,
    silent: false,
    state: "running",
    service: null,
    discovery: [],
    options: {},
    requests,
    count: (request) => requests.filter((seen) => seen.request === request).length,
    forgetLogins: () => logins.clear(),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  serveCoreWebSocket(server, { token, users: () => fake.coreUsers, isUp: () => fake.core === "running" });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? "/", fake.url).pathname;
    const line = `${request.method} ${path}`;
    const body = await readBody(request);
    requests.push({ request: line, headers: request.headers, body });
    if (fake.silent) return;
    const answer = front(request.headers) ?? (await route(line, request.headers, body));
    if (answer === "drop") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.text);
  };

  /** What the middleware refuses before any handler is asked: tokens, and a Supervisor that is starting. */
  const front = (headers: IncomingMessage["headers"]): Answer | null => {
    const sent =
      headerText(headers["x-supervisor-token"]) ??
      headerText(headers["x-hassio-key"]) ??
      headers.authorization?.split(" ").at(-1);
    if (!["startup", "running", "freeze"].includes(fake.state)) {
      return failed(400, `System is not ready with state: ${fake.state}`);
    }
    if (sent === undefined || sent === "") return plain(401, "401: Unauthorized");
    if (sent !== token) return plain(403, "403: Forbidden");
    return null;
  };

  const route = async (line: string, headers: IncomingMessage["headers"], body: string): Promise<Answer | "drop"> => {
    switch (line) {
      case "GET /auth":
      case "POST /auth":
        return options.authApi === false ? failed(403, "Can't use Home Assistant auth!") : checkAuth(headers, body);
      case "GET /info":
        return ok({ supervisor: "2026.08.0", homeassistant: "2026.8.0", state: fake.state, timezone: "Europe/Berlin" });
      case "GET /addons/self/info":
        return ok({
          slug,
          hostname: fake.hostname,
          name: "Culex",
          version: "0.1.0",
          state: "started",
          options: fake.options,
        });
      case "POST /addons/self/options":
        return storeOptions(body, (options) => (fake.options = options));
      case "POST /addons/self/restart":
        return "drop";
      case "GET /services":
        return ok({ services: [{ slug: "mqtt", available: fake.service !== null, providers: providers() }] });
      case "POST /discovery":
        return discover(body);
      default:
        if (/^(GET|POST|DELETE) \/services\/./.test(line)) return useService(line, body);
        // whatever an app without `hassio_api` may not call, and whatever does not exist
        return line.includes(" /addons/self/") ? plain(404, "404: Not Found") : plain(403, "403: Forbidden");
    }
  };

  const providers = (): string[] => (fake.service === null ? [] : [fake.service.addon]);

  const checkAuth = async (headers: IncomingMessage["headers"], body: string): Promise<Answer> => {
    if (headers.authorization !== undefined) {
      const basic = parseBasic(headers.authorization);
      if (basic === null) return basicRealm();
      return (await accepts(basic)) ? ok({}) : basicRealm();
    }
    // compared as a whole: a charset suffix is another type
    const type = headers["content-type"];
    if (type !== "application/json" && type !== "application/x-www-form-urlencoded") return basicRealm();
    const fields = type === "application/json" ? parseObject(body) : Object.fromEntries(new URLSearchParams(body));
    if (fields === null) return failed(400, "Invalid json");
    // an empty user name counts as missing
    const username = fields["username"] || fields["user"];
    const password = fields["password"];
    if (typeof username !== "string" || typeof password !== "string") {
      return failed(401, "Username and password must be strings", "auth_invalid_non_string_value_error");
    }
    const answer = await accepts({ username, password });
    if (answer === null) return failed(500, "Unable to check login", "auth_home_assistant_api_validation_error");
    return answer ? ok({}) : plain(401, "401: Unauthorized");
  };

  /** The Supervisor's own cache in front of Core; null: Core was asked and did not answer. */
  const accepts = async (login: { username: string; password: string }): Promise<boolean | null> => {
    const hash = hashOf(login);
    const cached = logins.get(login.username);
    if (fake.core === "down") return cached === hash;
    if (cached === undefined) {
      const right = await askCore(login);
      if (right === true) logins.set(login.username, hash);
      return right;
    }
    // the answer comes from the cache, and the truth is looked up behind it
    void revalidate(login, hash, cached === hash);
    return cached === hash;
  };

  const revalidate = async (login: { username: string; password: string }, hash: string, matched: boolean) => {
    const right = await askCore(login);
    if (right === true) logins.set(login.username, hash);
    if (right === false && matched) logins.delete(login.username);
  };

  const askCore = async (login: { username: string; password: string }): Promise<boolean | null> => {
    const isHanging = (): boolean => fake.core === "hanging";
    if (isHanging()) await wait(fake.hangMs, null, { ref: false });
    if (fake.core !== "running") return null;
    return fake.users.get(login.username.trim().toLowerCase()) === login.password;
  };

  const roles = (options.services ?? ["mqtt:provide"]).map((entry) => entry.split(":"));

  const useService = (line: string, body: string): Answer => {
    const [method = "", path = ""] = line.split(" ");
    const name = path.slice("/services/".length);
    if (name !== "mqtt") return failed(404, "Service does not exist");
    const role = roles.find(([service]) => service === name)?.[1];
    if (role === undefined) return failed(403, "No access to mqtt service!");
    switch (method) {
      case "GET":
        if (fake.service === null) return failed(400, "Service not enabled");
        return ok({ ...fake.service.data, addon: fake.service.addon });
      case "POST": {
        const data = parseObject(body);
        const fault = data === null ? "Invalid json" : serviceFault(data);
        if (data === null || fault !== null) return failed(400, fault ?? "");
        if (fake.service !== null) {
          return failed(409, "Service mqtt is already provided", "service_already_provided_error", {
            service: "mqtt",
            app: fake.service.addon,
          });
        }
        fake.service = { addon: slug, data: { ssl: false, protocol: "3.1.1", ...data } };
        return ok({});
      }
      default:
        if (role !== "provide") return failed(403, "No access to write mqtt service!");
        if (fake.service === null) return failed(404, "Service mqtt is not provided", "service_not_provided_error");
        fake.service = null;
        return ok({});
    }
  };

  const discover = (body: string): Answer => {
    const message = parseObject(body);
    const service = message?.["service"];
    const config = message?.["config"];
    if (typeof service !== "string" || typeof config !== "object") return failed(400, "Invalid discovery message");
    if (!(options.discovery ?? ["mqtt"]).includes(service)) {
      return failed(403, "Apps must list services they provide via discovery in their config!");
    }
    const known = fake.discovery.find((entry) => entry.service === service);
    const isNew = JSON.stringify(known?.config) !== JSON.stringify(config);
    const entry = known ?? { uuid: randomBytes(16).toString("hex"), service, config, pushes: 0 };
    if (known === undefined) fake.discovery.push(entry);
    entry.config = config;
    if (isNew && fake.core === "running") entry.pushes += 1;
    return ok({ uuid: entry.uuid });
  };

  return fake;
}

const OPTION_KEYS = ["boot", "auto_update", "watchdog", "ingress_panel", "network", "options"];

function storeOptions(body: string, store: (options: Fields) => void): Answer {
  const fields = parseObject(body);
  if (fields === null) return failed(400, "Invalid json");
  const keys = Object.keys(fields);
  const unknown = keys.find((key) => !OPTION_KEYS.includes(key));
  if (unknown !== undefined)
    return failed(400, `extra keys not allowed @ data['${unknown}']. Got ${JSON.stringify(fields[unknown])}`);
  if (keys.length === 0) return failed(400, "At least one option is required");
  const options = fields["options"];
  if (typeof options === "object" && options !== null) store(Object.fromEntries(Object.entries(options)));
  return ok({});
}

/** The message quotes the value that was refused, as the Supervisor's does. */
function serviceFault(data: Fields): string | null {
  for (const [key, value] of Object.entries(data)) {
    if (!isServiceValue(key, value))
      return `not a valid value for dictionary value @ data['${key}']. Got ${JSON.stringify(value)}`;
  }
  const missing = ["host", "port"].find((key) => !(key in data));
  return missing === undefined ? null : `required key not provided @ data['${missing}']`;
}

function isServiceValue(key: string, value: unknown): boolean {
  switch (key) {
    case "host":
    case "username":
    case "password":
      return typeof value === "string";
    case "port":
      return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
    case "ssl":
      return typeof value === "boolean";
    case "protocol":
      return value === "3.1" || value === "3.1.1";
    default:
      return false;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) text += String(chunk);
  return text;
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

/** Latin-1, split at the first colon: why Basic cannot carry every login. */
function parseBasic(header: string): { username: string; password: string } | null {
  const encoded = /^basic ([a-z0-9+/=]+)$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("latin1");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function hashOf({ username, password }: { username: string; password: string }): string {
  return createHash("sha256")
    .update(JSON.stringify([username, password]))
    .digest("hex");
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const JSON_TYPE = { "Content-Type": "application/json; charset=utf-8" };

function ok(data: Fields): Answer {
  return { status: 200, headers: JSON_TYPE, text: JSON.stringify({ result: "ok", data }) };
}

function failed(status: number, message: string, errorKey?: string, extraFields?: Fields): Answer {
  const body = { result: "error", message, error_key: errorKey, extra_fields: extraFields };
  return { status, headers: JSON_TYPE, text: JSON.stringify(body) };
}

function plain(status: number, text: string): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, text };
}

function basicRealm(): Answer {
  return {
    status: 401,
    headers: { "WWW-Authenticate": 'Basic realm="Home Assistant Authentication"' },
    text: "401: Unauthorized",
  };
}
