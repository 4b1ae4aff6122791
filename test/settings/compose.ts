import { basename } from "node:path";
import { sentence } from "../../src/core/problem.ts";
import type { Problem } from "../../src/core/types.ts";
import { parseConf } from "../../src/settings/conf-file.ts";
import { parseEmq } from "../../src/settings/emq/file.ts";
import { emqLanguage } from "../../src/settings/emq/language.ts";
import { looksLikeEmq } from "../../src/settings/emq/telltale.ts";
import { parseOptions } from "../../src/settings/options.ts";
import { composeSettings } from "../../src/settings/settings.ts";
import { parseAuthFile } from "../../src/settings/auth-file.ts";
import type { AuthFile, ConfFile, Environment, Settings } from "../../src/settings/types.ts";

/** The add-on as Home Assistant starts it, with folders that are elsewhere on this machine. */
export const addOn: Environment = {
  kind: "add-on",
  folders: { data: "/srv/culex/data", share: "/srv/culex/share", ssl: "/srv/culex/ssl" },
  ports: { mqtt: 1883, ws: 1884, mqtts: 8883, wss: 8884 },
  host: "::",
  reservedUsers: ["homeassistant", "addons"],
  hasHomeAssistant: true,
};

export const standAlone: Environment = {
  kind: "stand-alone",
  folders: { data: "/data", share: "/share", ssl: "/ssl" },
  ports: { mqtt: null, ws: null, mqtts: null, wss: null },
  host: "::",
  reservedUsers: [],
  hasHomeAssistant: false,
};

/** A conf file in the folder of customize, with the files that its include_dir lines bring in. */
export function confFile(name: string, text: string, included: readonly ConfFile[] = []): ConfFile {
  const path = `/srv/culex/share/mosquitto/${name}`;
  if (looksLikeEmq(text)) {
    const { directives } = parseEmq(path, text);
    return {
      path,
      file: basename(path),
      directives,
      includes: new Map(),
      emq: { texts: new Map(), language: emqLanguage },
    };
  }
  const { directives } = parseConf(path, text);
  const includes = new Map(directives.filter(({ name }) => name === "include_dir").map((line) => [line, included]));
  return { path, file: basename(path), directives, includes, emq: null };
}

/** Composes the settings of the add-on from raw options and the text of conf files, with every problem in words. */
export function composeAddOn(
  conf: Readonly<Record<string, string>> = {},
  options: Readonly<Record<string, unknown>> = {},
  environment: Partial<Environment> = {},
  authFile: AuthFile | null = null,
): { settings: Settings; problems: string[] } {
  const whole = { ...addOn, ...environment };
  const parsed = parseOptions(JSON.stringify(options), "options.json", whole);
  const files = Object.entries(conf).map(([name, text]) => confFile(name, text));
  const composed = composeSettings({ environment: whole, options: parsed.options, conf: files, authFile });
  return { settings: composed.settings, problems: [...parsed.problems, ...composed.problems].map(sentence) };
}

/** Composes the settings of `culex -c mosquitto.conf`; null is no configuration at all. */
export function composeStandAlone(
  conf: string | null,
  environment: Partial<Environment> = {},
  name = "mosquitto.conf",
): { settings: Settings; problems: string[] } {
  const files = conf === null ? [] : [confFile(name, conf)];
  const whole = { ...standAlone, ...environment };
  const { settings, problems } = composeSettings({ environment: whole, options: null, conf: files });
  return { settings, problems: problems.map(sentence) };
}

/** An auth.yaml without a fault. */
export function authFileOf(text: string): AuthFile | null {
  return parseAuthFile(text, "auth.yaml", () => null, "").value;
}

/** Problems as they are read. */
export function sentences(problems: readonly Problem[]): string[] {
  return problems.map(sentence);
}

/** Names of the listeners that are opened. */
export function opened({ listeners }: Settings): string[] {
  return listeners.map(({ name }) => name);
}

/** The stages of the chain, with what a wrong password means. */
export function chain({ auth }: Settings): string[] {
  return auth.map(({ type, onBadPassword }) => `${type}: ${onBadPassword}`);
}
