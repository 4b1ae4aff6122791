import { Ajv, type ErrorObject } from "ajv";

/** config.json before anything about it is known. */
export type Config = Readonly<Record<string, unknown>>;

/** One rule of the store's linter. */
interface LinterRule {
  readonly name: string;
  /** Says what breaks the rule; empty when nothing does. */
  readonly findings: (config: Config) => readonly string[];
}

const text = { type: "string" };
const texts = { type: "array", items: text };
const flag = { type: "boolean" };

/** Keys that an app's configuration may have. */
const PROPERTIES = {
  ...each(flag, ["advanced", "audio", "auth_api", "auto_uart", "devicetree", "docker_api", "full_access", "gpio"]),
  ...each(flag, ["hassio_api", "homeassistant_api", "host_dbus", "host_ipc", "host_network", "host_pid", "host_uts"]),
  ...each(flag, ["ingress", "ingress_stream", "init", "journald", "kernel_modules", "legacy", "panel_admin"]),
  ...each(flag, ["realtime", "stdin", "uart", "udev", "usb", "video"]),
  ...each(text, ["backup_pre", "backup_post", "codenotary", "description", "homeassistant", "image", "ingress_entry"]),
  ...each(text, ["name", "panel_icon", "panel_title", "slug", "url", "version", "watchdog", "webui"]),
  ...each(texts, ["backup_exclude", "breaking_versions", "devices", "discovery"]),
  ...each({ type: "object" }, ["environment", "options", "schema", "ulimits"]),
  ...each({ type: ["string", "boolean"] }, ["apparmor", "tmpfs"]),
  arch: { type: "array", items: { enum: ["aarch64", "amd64", "armhf", "armv7", "i386"] } },
  backup: { enum: ["hot", "cold"] },
  boot: { enum: ["auto", "manual", "manual_only"] },
  hassio_role: { enum: ["admin", "backup", "default", "homeassistant", "manager"] },
  ingress_port: { type: "integer", minimum: 0, maximum: 65_535 },
  machine: { type: "array", items: { type: "string", pattern: "^!?[a-z0-9-]+$" } },
  map: {
    type: "array",
    items: {
      type: "string",
      pattern:
        "^(addon_config|all_addon_configs|config|homeassistant_config|ssl|addons|backup|share|media)(:(rw|ro))?$",
    },
  },
  ports: {
    type: "object",
    additionalProperties: { anyOf: [{ type: "integer", minimum: 1, maximum: 65_535 }, { type: "null" }] },
  },
  ports_description: { type: "object", additionalProperties: text },
  privileged: texts,
  services: { type: "array", items: { type: "string", pattern: "^(mqtt|mysql):(provide|want|need)$" } },
  stage: { enum: ["deprecated", "experimental", "stable"] },
  startup: { enum: ["application", "initialize", "once", "services", "system"] },
  timeout: { type: "integer" },
};

/** Values that must not be written out, because they hold anyway. */
const DEFAULTS: Config = {
  ...each(false, ["advanced", "audio", "auth_api", "auto_uart", "devicetree", "docker_api", "full_access", "gpio"]),
  ...each(false, ["hassio_api", "homeassistant", "homeassistant_api", "host_dbus", "host_ipc", "host_network"]),
  ...each(false, ["host_pid", "host_uts", "ingress", "ingress_stream", "journald", "kernel_modules", "legacy"]),
  ...each(false, ["realtime", "stdin", "tmpfs", "uart", "udev", "usb", "video"]),
  ...each(true, ["apparmor", "init", "panel_admin"]),
  ...each({}, ["options", "schema", "ulimits"]),
  backup: "hot",
  boot: "auto",
  hassio_role: "default",
  ingress_port: 8099,
  panel_icon: "mdi:puzzle",
  stage: "stable",
  startup: "application",
  timeout: 10,
};

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile({
  type: "object",
  required: ["arch", "description", "name", "slug", "version"],
  additionalProperties: false,
  properties: PROPERTIES,
});

/** What frenck/action-addon-linter finds in a configuration, errors and warnings alike. */
export const linterRules: readonly LinterRule[] = [
  {
    name: "every key is known and has a value of its kind",
    findings: (config) => (validate(config) ? [] : (validate.errors ?? []).map(describe)),
  },
  {
    name: "no default value is written out",
    findings: (config) =>
      Object.keys(DEFAULTS)
        .filter((key) => key in config && JSON.stringify(config[key]) === JSON.stringify(DEFAULTS[key]))
        .map((key) => `'${key}' should be removed, it uses a default value`),
  },
  {
    name: "only architectures that Home Assistant still has",
    findings: (config) =>
      strings(config["arch"])
        .filter((arch) => ["armhf", "armv7", "i386"].includes(arch))
        .map((arch) => `'${arch}' is no longer supported`),
  },
  {
    name: "no webui beside ingress",
    findings: (config) => when(config["ingress"] === true && "webui" in config, "'webui' beside ingress"),
  },
  {
    name: "a random ingress port on the host network only",
    findings: (config) =>
      when(
        config["ingress"] === true && config["ingress_port"] === 0 && config["host_network"] !== true,
        "'ingress_port' 0 without host_network",
      ),
  },
  {
    name: "no full access",
    findings: (config) => when(config["full_access"] === true, "'full_access' is more than an app needs"),
  },
  { name: "no advanced flag", findings: (config) => when(config["advanced"] === true, "'advanced' is deprecated") },
  { name: "no auto_uart", findings: (config) => when("auto_uart" in config, "'auto_uart' is deprecated") },
  {
    name: "devices are paths only",
    findings: (config) =>
      when(
        strings(config["devices"]).some((line) => line.includes(":")),
        "'devices' with ':'",
      ),
  },
  {
    name: "tmpfs is a boolean",
    findings: (config) => when("tmpfs" in config && typeof config["tmpfs"] !== "boolean", "'tmpfs' is no boolean"),
  },
  {
    name: "no backup commands with cold backups",
    findings: (config) =>
      when(
        config["backup"] === "cold" && ("backup_pre" in config || "backup_post" in config),
        "'backup_pre' or 'backup_post' with cold backups",
      ),
  },
  {
    name: "no watchdog: the image has a HEALTHCHECK",
    findings: (config) => when("watchdog" in config, "'watchdog' is obsolete"),
  },
  { name: "no codenotary", findings: (config) => when("codenotary" in config, "'codenotary' is no longer used") },
  {
    name: "no deprecated folder in map",
    findings: (config) =>
      strings(config["map"])
        .filter((entry) => /^config(:|$)/.test(entry))
        .map((entry) => `'map' contains '${entry}'`),
  },
];

/** The Supervisor's security rating, 1 to 8. */
export function securityRating(config: Config, hasAppArmorProfile: boolean): number {
  if (config["docker_api"] === true || config["full_access"] === true) return 1;
  const changes = [
    [config["apparmor"] === false, -1],
    [config["apparmor"] !== false && hasAppArmorProfile, 1],
    [config["ingress"] === true, 2],
    [config["ingress"] !== true && config["auth_api"] === true, 1],
    [config["kernel_modules"] === true || strings(config["privileged"]).some(isDangerous), -1],
    [config["hassio_role"] === "manager", -1],
    [config["hassio_role"] === "admin", -2],
    [config["host_network"] === true, -1],
    [config["host_pid"] === true, -2],
    [config["host_uts"] === true && strings(config["privileged"]).includes("SYS_ADMIN"), -1],
  ] as const;
  const rating = changes.reduce((sum, [applies, change]) => (applies ? sum + change : sum), 5);
  return Math.max(1, Math.min(8, rating));
}

function isDangerous(capability: string): boolean {
  return /^(BPF|CHECKPOINT_RESTORE|DAC_READ_SEARCH|NET_ADMIN|NET_RAW|PERFMON|SYS_(ADMIN|MODULE|PTRACE|RAWIO))$/.test(
    capability,
  );
}

function describe(error: ErrorObject): string {
  if (error.keyword === "additionalProperties") return `'${error.params["additionalProperty"]}' is unknown`;
  return `${error.instancePath} ${error.message ?? ""}`.trim();
}

function when(applies: boolean, finding: string): readonly string[] {
  return applies ? [finding] : [];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function each<T>(value: T, keys: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(keys.map((key) => [key, value]));
}
