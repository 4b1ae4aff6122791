/** The values of `log_dest`, as the official add-on has them. */
export const logDestNames = ["none", "stdout", "stderr", "topic"] as const;

/** The values of `log_type`, as the official add-on has them. */
export const logTypeNames = [
  "none",
  "debug",
  "error",
  "warning",
  "notice",
  "information",
  "subscribe",
  "unsubscribe",
  "websockets",
  "all",
] as const;

/** A compromise: SD cards wear, and what is urgent is written within a second in any case. */
export const DEFAULT_STORE_INTERVAL_S = 30;

/** One entry of `logins`. An empty name or password would be a login that anybody guesses. */
export const loginSchema = {
  type: "object",
  properties: {
    username: { type: "string", pattern: "\\S" },
    password: { type: "string", minLength: 1 },
    password_pre_hashed: { type: "boolean", nullable: true, default: false },
  },
  required: ["username", "password"],
} as const;

/**
 * Every option by its name in options.json, with the default of the official add-on 7.1.0; `anonymous`, `dynamic_security`, `ban_file`, `http_publish`, `panel`, `sensors`, `metrics`, `store_interval` and `limits` are ours.
 * Each option is validated by itself, so that one wrong value switches off no other.
 */
export const optionsSchema = {
  type: "object",
  properties: {
    logins: { type: "array", items: loginSchema, default: [] },
    anonymous: { type: "boolean", default: false },
    dynamic_security: { type: "boolean", default: false },
    log_dest: { type: "array", items: { enum: logDestNames }, default: [] },
    log_type: { type: "array", items: { enum: logTypeNames }, default: [] },
    require_certificate: { type: "boolean", default: false },
    certfile: { type: "string", default: "fullchain.pem" },
    keyfile: { type: "string", default: "privkey.pem" },
    cafile: { type: "string", default: "" },
    customize: {
      type: "object",
      properties: {
        active: { type: "boolean", default: false },
        folder: { type: "string", default: "mosquitto" },
      },
      default: { active: false, folder: "mosquitto" },
    },
    ban_file: { type: "string", default: "" },
    http_publish: {
      type: "object",
      properties: {
        active: { type: "boolean", default: false },
        certfile: { type: "string", default: "" },
        keyfile: { type: "string", default: "" },
        api_keys: { type: "string", default: "" },
      },
      default: { active: false },
    },
    panel: { type: "boolean", default: true },
    sensors: {
      type: "object",
      properties: {
        active: { type: "boolean", default: false },
        interval: { type: "integer", minimum: 10, maximum: 3600, default: 60 },
        name: { type: "string", default: "Culex" },
        prefix: { type: "string", pattern: "^[\\w-]+(/[\\w-]+){0,2}$", default: "homeassistant" },
        devices: { type: "array", items: { type: "string" }, default: [] },
      },
      default: { active: false },
    },
    metrics: {
      type: "object",
      properties: { active: { type: "boolean", default: false }, token: { type: "string", default: "" } },
      default: { active: false },
    },
    store_interval: { type: "integer", minimum: 0, maximum: 3600, default: DEFAULT_STORE_INTERVAL_S },
    limits: { type: "object", default: {} },
    debug: { type: "boolean", default: false },
  },
} as const;
