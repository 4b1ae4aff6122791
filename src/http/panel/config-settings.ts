import type { SettingInfo } from "../../core/api/system.ts";
import { placeOf } from "../../core/problem.ts";
import type { Problem } from "../../core/types.ts";
import { findDirective } from "../../settings/directives.ts";
import { limitsFrom, NO_LIMITS_SAID, numberLimits, switchLimits } from "../../settings/limits.ts";
import type { Options } from "../../settings/options.ts";
import { optionsSchema } from "../../settings/schema.ts";
import type { ConfFile, Directive, Limits } from "../../settings/types.ts";
import type { Sources } from "../../snapshot/types.ts";

/** Every setting as it is in force: the options, the limits, and the lines of conf files. Never a password. */
export function settingsOf(
  { options, conf, settings }: Pick<Sources, "options" | "conf" | "settings">,
  problems: readonly Problem[],
): readonly SettingInfo[] {
  const lines = conf.flatMap(linesOf);
  return [
    ...(options === null ? [] : optionsOf(options)),
    ...limitsOf(settings.limits, options, lines),
    ...lines.filter(({ name }) => !FIELDS.has(name)).map((line) => lineOf(line, problems)),
  ];
}

const { properties } = optionsSchema;
const { properties: usualSensors } = properties.sensors;

function optionsOf(options: Options): readonly SettingInfo[] {
  const { file, customize, httpPublish, logins, sensors } = options;
  const rows: readonly (readonly [name: string, value: unknown, usual: unknown])[] = [
    ["logins", logins.length, properties.logins.default.length],
    ["anonymous", options.anonymous, properties.anonymous.default],
    ["dynamic_security", options.dynamicSecurity, properties.dynamic_security.default],
    ["require_certificate", options.requireCertificate, properties.require_certificate.default],
    ["certfile", options.certfile, properties.certfile.default],
    ["keyfile", options.keyfile, properties.keyfile.default],
    ["cafile", options.cafile, properties.cafile.default],
    ["customize.active", customize.active, properties.customize.default.active],
    ["customize.folder", customize.folder, properties.customize.default.folder],
    ["log_dest", options.logDest, properties.log_dest.default],
    ["log_type", options.logType, properties.log_type.default],
    ["ban_file", options.banFile, properties.ban_file.default],
    ["http_publish.active", httpPublish.active, properties.http_publish.default.active],
    ["panel", options.panel, properties.panel.default],
    ["sensors.active", sensors?.active ?? "", usualSensors.active.default],
    ["sensors.interval", sensors?.intervalS ?? "", usualSensors.interval.default],
    ["sensors.name", sensors?.name ?? "", usualSensors.name.default],
    ["sensors.prefix", sensors?.prefix ?? "", usualSensors.prefix.default],
    ["sensors.devices", sensors?.devices ?? "", usualSensors.devices.default],
    ["metrics.active", options.metrics.active, properties.metrics.properties.active.default],
    ["store_interval", options.storeInterval, properties.store_interval.default],
    ["debug", options.debug, properties.debug.default],
  ];
  return rows.map(([name, value, usual]) => setting(name, String(value), String(usual), { file }));
}

function setting(name: string, value: string, usual: string, where?: SettingInfo["where"]): SettingInfo {
  const isDefault = value === usual;
  return { name, value, isDefault, default: usual, ...(isDefault || where === undefined ? {} : { where }) };
}

const USUAL = limitsFrom(NO_LIMITS_SAID);

/** What a limit's name sets, found by setting it: so nothing here can disagree with what is in force. */
const FIELDS: ReadonlyMap<string, keyof Limits> = new Map(
  [
    ...numberLimits.map(({ name }) => {
      const changed = limitsFrom({ ...NO_LIMITS_SAID, numbers: { [name]: 1 } });
      return [name, fieldThatDiffers(changed)] as const;
    }),
    ...switchLimits.map(({ name, default: usual }) => {
      const changed = limitsFrom({ ...NO_LIMITS_SAID, switches: { [name]: !usual } });
      return [name, fieldThatDiffers(changed)] as const;
    }),
    ["persistent_client_expiration", "maxSessionExpiryS"] as const,
    ["server_reference", "serverReference"] as const,
  ].flatMap(([name, field]) => (field === undefined ? [] : [[name, field] as const])),
);

function fieldThatDiffers(changed: Limits): keyof Limits | undefined {
  const found = Object.entries(changed).find(([field, value]) => valueOf(USUAL, field) !== value)?.[0];
  return found !== undefined && isField(found) ? found : undefined;
}

function isField(name: string): name is keyof Limits {
  return Object.hasOwn(USUAL, name);
}

function valueOf(limits: Limits, name: string): unknown {
  return isField(name) ? limits[name] : undefined;
}

function limitsOf(limits: Limits, options: Options | null, lines: readonly Directive[]): readonly SettingInfo[] {
  return [...FIELDS].map(([name, field]) => {
    const line = lines.findLast((each) => each.name === name);
    const where = line?.origin ?? (options === null ? undefined : { file: options.file });
    return setting(name, shown(limits[field]), shown(USUAL[field]), where);
  });
}

/** No limit is written as 0. */
function shown(value: Limits[keyof Limits]): string {
  if (value === Infinity) return "0";
  return value === null ? "" : String(value);
}

/** The lines of a file, with those that an include_dir brings in behind it. */
export function linesOf({ directives, includes }: ConfFile): readonly Directive[] {
  return directives.flatMap((line) => [line, ...(includes.get(line) ?? []).flatMap(linesOf)]);
}

/** Lines whose value is a number, a name or a path. Those of others may be passwords, and are not shown. */
const HARMLESS: ReadonlySet<string> = new Set([
  ..."acl_file address autosave_interval ban_file bind_address bridge_cafile cafile certfile ciphers connection".split(
    " ",
  ),
  ..."connection_messages crlfile http_publish include_dir keyfile listener listener_mount_point".split(" "),
  ..."log_dest log_timestamp_format log_type metrics mount_point panel password_file persistence_location".split(" "),
  ..."port protocol remote_clientid sensors_device sensors_interval sensors_name sensors_prefix start_type sys_interval tls_version topic".split(
    " ",
  ),
]);

function lineOf({ name, value, origin }: Directive, problems: readonly Problem[]): SettingInfo {
  const isShown = HARMLESS.has(name) || findDirective(name)?.isBool === true;
  const own = problems.find(({ where }) => where !== undefined && placeOf(where) === placeOf(origin));
  return {
    name,
    value: isShown ? value : "(not shown)",
    isDefault: false,
    default: "",
    where: origin,
    ...(own === undefined ? {} : { warning: own.what }),
  };
}
