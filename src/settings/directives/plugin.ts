import { pluginFile } from "./access.ts";
import {
  faulty,
  swallowed,
  used,
  type Draft,
  type DynamicSecurityDraft,
  type FilePlugin,
  type Line,
  type Outcome,
} from "./draft.ts";
import { bool, fileReference, firstWord, ignored, missingReference, row, type DirectiveRow } from "./row.ts";

const SPECIAL_CHARS = ignored("auth_plugin_deny_special_chars", "it is about plugins that are not loaded");

/** Directives that load code into Mosquitto. Of its plugins dynamic security and those of files are built in here. */
export const pluginDirectives: readonly DirectiveRow[] = [
  row("plugin", plugin),
  row("auth_plugin", plugin),
  row("global_plugin", plugin),
  row("plugin_load", loadPlugin),
  row("plugin_use", usePlugin),
  row("plugin_opt_*", pluginOption),
  row("auth_opt_*", pluginOption),
  { ...SPECIAL_CHARS, run: specialChars },
  bool("enable_control_api", (draft, controlApi) => used({ ...draft, controlApi })),
];

const DYNAMIC_SECURITY = /mosquitto_dynamic_security(?:\.\w+)?$/;

/** `mosquitto_acl_file.so` and `mosquitto_password_file.so` of Mosquitto 2.1. */
const OF_FILES = /mosquitto_(?<option>acl_file|password_file)(?:\.\w+)?$/;

/** What to use instead of a plugin, by its file name. */
const INSTEAD: readonly (readonly [fileName: RegExp, instead: string])[] = [
  [/mosquitto_persist_sqlite/, 'Write "persistence true" instead.'],
  [/go-auth|auth-plug/, "Home Assistant's users log in here without it; more logins can be listed in the options."],
];

/** `plugin /usr/lib/mosquitto_dynamic_security.so` */
function plugin(draft: Draft, line: Line): Outcome {
  const filePlugin = filePluginOf(line);
  if (filePlugin !== null) return startFilePlugin(draft, filePlugin, line);
  if (!DYNAMIC_SECURITY.test(line.value)) return foreignPlugin(draft, line);
  return dynamicSecurity(draft, line, { name: null, isInUse: true });
}

/** `plugin_load dynsec /usr/lib/mosquitto_dynamic_security.so`: only made known; `plugin_use` switches it on. */
function loadPlugin(draft: Draft, line: Line): Outcome {
  const filePlugin = filePluginOf(line);
  if (filePlugin !== null) return loadFilePlugin(draft, filePlugin, line);
  if (!DYNAMIC_SECURITY.test(line.value)) return foreignPlugin(draft, line);
  return dynamicSecurity(draft, line, { name: firstWord(line.value), isInUse: false });
}

/** `plugin_use dynsec`: wherever it stands, it counts for every listener. */
function usePlugin(draft: Draft, line: Line): Outcome {
  const { dynamicSecurity } = draft;
  if (dynamicSecurity === null || dynamicSecurity.name !== firstWord(line.value)) return foreignPlugin(draft, line);
  const current = { ...draft.current, plugin: "dynamic-security" } as const;
  return used({ ...draft, dynamicSecurity: { ...dynamicSecurity, isInUse: true }, current });
}

function dynamicSecurity(draft: Draft, { origin }: Line, how: Pick<DynamicSecurityDraft, "name" | "isInUse">): Outcome {
  if (draft.dynamicSecurity !== null) {
    return faulty(
      { ...draft, current: { ...draft.current, plugin: "unknown" } },
      { what: "dynamic security is loaded once only.", fix: "Keep one such line, with the options below it." },
    );
  }
  return used({
    ...draft,
    dynamicSecurity: { ...how, file: null, passwordInitFile: null, origin },
    current: { ...draft.current, plugin: "dynamic-security" },
  });
}

function filePluginOf({ name, value }: Line): FilePlugin | null {
  const option = OF_FILES.exec(value)?.groups?.["option"];
  if (option !== "acl_file" && option !== "password_file") return null;
  return { option, isGlobal: name === "global_plugin" };
}

/** Until its option names the file it is one that is never found: no rule opens more than was meant. */
function startFilePlugin(draft: Draft, plugin: FilePlugin, line: Line): Outcome {
  const outcome = pluginFile(plugin)(draft, missingReference({ ...line, value: "" }), line);
  return { ...outcome, draft: { ...outcome.draft, current: { ...outcome.draft.current, plugin } } };
}

/** Which listeners would use it is not kept: it is closed for all that have no such file of their own. */
function loadFilePlugin(draft: Draft, { option }: FilePlugin, line: Line): Outcome {
  const hasFile = (option === "acl_file" ? draft.aclFile : draft.passwordFile) !== null;
  const missing = missingReference({ ...line, value: "" });
  const closed = hasFile ? draft : pluginFile({ option, isGlobal: true })(draft, missing, line).draft;
  return faulty(
    { ...closed, current: { ...draft.current, plugin: "unknown" } },
    {
      severity: "error",
      what: `"${line.name}" of this plugin is not carried out.`,
      now:
        option === "acl_file" ? "Without another acl_file no device may use any topic" : "Nobody logs in with its file",
      fix: `Write "${option} <file>" instead, and remove the lines about the plugin.`,
    },
  );
}

function foreignPlugin(draft: Draft, { name, value, origin }: Line): Outcome {
  const next: Draft = {
    ...draft,
    // A plugin decides about logins in its own way; without it, anonymous access would have no bounds.
    anonymousVeto: draft.anonymousVeto ?? { line: `${name} ${value}`.trim(), origin },
    current: { ...draft.current, plugin: "unknown" },
  };
  const instead = INSTEAD.find(([fileName]) => fileName.test(value))?.[1];
  return faulty(next, {
    what: `"${name}" loads native code and is not supported here.`,
    fix: instead ?? "Logins can come from password_file, rules from acl_file.",
  });
}

function pluginOption(draft: Draft, line: Line): Outcome {
  const { current, dynamicSecurity } = draft;
  if (current.plugin === "unknown") return swallowed(draft);
  if (isFilePlugin(current.plugin)) return filePluginOption(draft, current.plugin, line);
  if (current.plugin === null || dynamicSecurity === null) {
    return faulty(draft, {
      what: `"${line.name}" belongs below a "plugin" line, and there is none above it.`,
      fix: "Remove the line.",
    });
  }
  const file = fileReference(line.value, line);
  switch (optionOf(line)) {
    case "config_file":
      return used({ ...draft, dynamicSecurity: { ...dynamicSecurity, file } });
    case "password_init_file":
      return used({ ...draft, dynamicSecurity: { ...dynamicSecurity, passwordInitFile: file } });
    default:
      return faulty(draft, {
        what: `"${line.name}" is not an option of dynamic security.`,
        fix: 'Use "plugin_opt_config_file" or "plugin_opt_password_init_file", or remove the line.',
      });
  }
}

/** It stands below a plugin as its options do. */
function specialChars(draft: Draft, line: Line): Outcome {
  const { plugin } = draft.current;
  return plugin === null || plugin === "unknown" ? pluginOption(draft, line) : SPECIAL_CHARS.run(draft, line);
}

function isFilePlugin(plugin: Draft["current"]["plugin"]): plugin is FilePlugin {
  return typeof plugin === "object" && plugin !== null;
}

function filePluginOption(draft: Draft, plugin: FilePlugin, line: Line): Outcome {
  if (optionOf(line) === plugin.option) return pluginFile(plugin)(draft, fileReference(line.value, line), line);
  return faulty(draft, {
    what: `"${line.name}" is not an option of this plugin.`,
    fix: `Use "plugin_opt_${plugin.option}", or remove the line.`,
  });
}

/** "plugin_opt_config_file" -> "config_file" */
function optionOf({ name }: Line): string {
  return name.slice(name.indexOf("_opt_") + "_opt_".length);
}
