import { faulty, swallowed, type Draft, type Fault, type Line, type Outcome } from "./draft.ts";
import { notYetFault, row, type DirectiveRow } from "./row.ts";

/** Directives that load code into Mosquitto. */
export const pluginDirectives: readonly DirectiveRow[] = [
  row("plugin", loadPlugin),
  row("auth_plugin", loadPlugin),
  row("global_plugin", loadPlugin),
  row("plugin_load", loadPlugin),
  row("plugin_use", loadPlugin),
  row("plugin_opt_*", pluginOption),
  row("auth_opt_*", pluginOption),
  row("auth_plugin_deny_special_chars", pluginOption),
];

/** What to use instead of a plugin, by its file name. */
const INSTEAD: readonly (readonly [fileName: RegExp, instead: string])[] = [
  [/mosquitto_acl_file/, 'Write "acl_file <file>" instead.'],
  [/mosquitto_password_file/, 'Write "password_file <file>" instead.'],
  [/go-auth|auth-plug/, "Home Assistant's users log in here without it; more logins can be listed in the options."],
];

function loadPlugin(draft: Draft, line: Line): Outcome {
  const { name, value, origin } = line;
  const next = {
    ...draft,
    // A plugin decides about logins in its own way; without it, anonymous access would have no bounds.
    anonymousVeto: draft.anonymousVeto ?? { line: `${name} ${value}`.trim(), origin },
    current: { ...draft.current, isInPlugin: true },
  };
  return faulty(next, pluginFault(name, value));
}

function pluginFault(name: string, value: string): Pick<Fault, "what" | "fix"> {
  if (value.includes("mosquitto_dynamic_security")) return notYetFault(`"${name}": dynamic security`);
  const instead = INSTEAD.find(([fileName]) => fileName.test(value))?.[1];
  return {
    what: `"${name}" loads native code and is not supported here.`,
    fix: instead ?? "Logins can come from password_file, rules from acl_file.",
  };
}

function pluginOption(draft: Draft, { name }: Line): Outcome {
  if (draft.current.isInPlugin) return swallowed(draft);
  return faulty(draft, {
    what: `"${name}" belongs below a "plugin" line, and there is none above it.`,
    fix: "Remove the line.",
  });
}
