import { describe, expect, test } from "vitest";
import { chain, composeAddOn, composeStandAlone } from "./compose.ts";

const PLUGIN = "plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so\n";
const FILE = "plugin_opt_config_file /etc/mosquitto/dynsec.json\n";

const fileOf = (conf: string): string | null | undefined => {
  const { dynamicSecurity } = composeStandAlone(conf).settings;
  return dynamicSecurity === null ? undefined : (dynamicSecurity.file?.path ?? null);
};

describe("dynamic security of a mosquitto.conf", () => {
  test.each([
    ["plugin", PLUGIN + FILE],
    [
      "the old name of plugin",
      `auth_plugin /usr/lib/mosquitto_dynamic_security.so\nauth_opt_config_file /etc/mosquitto/dynsec.json\n`,
    ],
    ["global_plugin", `global_plugin mosquitto_dynamic_security.so\n${FILE}`],
    ["a loaded plugin in use", `plugin_load sec /usr/lib/mosquitto_dynamic_security.so\n${FILE}plugin_use sec\n`],
    ["options below plugin_use", `plugin_load sec /usr/lib/mosquitto_dynamic_security.so\nplugin_use sec\n${FILE}`],
    ["other options between", `${PLUGIN}persistence false\n${FILE}`],
  ])("is switched on by %s", (_name, conf) => {
    expect(fileOf(conf)).toBe("/etc/mosquitto/dynsec.json");
    expect(composeStandAlone(conf).problems).toEqual([]);
  });

  test("is off without a line, and when it is loaded for nobody", () => {
    expect(fileOf("persistence false\n")).toBeUndefined();
    expect(fileOf(`plugin_load sec /usr/lib/mosquitto_dynamic_security.so\n${FILE}`)).toBeUndefined();
  });

  test("may have no file: then it knows nobody", () => {
    expect(fileOf(PLUGIN)).toBeNull();
  });

  test("takes the file with the first password", () => {
    const conf = `${PLUGIN}${FILE}plugin_opt_password_init_file /run/secrets/dynsec\n`;
    expect(composeStandAlone(conf).settings.dynamicSecurity?.passwordInitFile?.path).toBe("/run/secrets/dynsec");
  });

  test.each([
    [
      `${PLUGIN}plugin_opt_file /x\n`,
      'mosquitto.conf line 2: "plugin_opt_file" is not an option of dynamic security. The line is ignored; the other line is used. Use "plugin_opt_config_file" or "plugin_opt_password_init_file", or remove the line.',
    ],
    [
      `${PLUGIN}${FILE}${PLUGIN}plugin_opt_config_file /other.json\n`,
      "mosquitto.conf line 3: dynamic security is loaded once only. The line is ignored; the other 2 lines are used. Keep one such line, with the options below it.",
    ],
    [
      "plugin_use sec\n",
      'mosquitto.conf line 1: "plugin_use" loads native code and is not supported here. The line is ignored. Logins can come from password_file, rules from acl_file.',
    ],
  ])("reports what it cannot use: %j", (conf, problem) => {
    expect(composeStandAlone(conf).problems[0]).toBe(problem);
  });

  test("is asked before the password file, and lets no unknown name in as anonymous", () => {
    const { settings } = composeStandAlone(`allow_anonymous true\npassword_file p\n${PLUGIN}${FILE}`);
    expect(chain(settings)).toEqual(["dynamic-security: deny", "password-file: deny", "anonymous: deny"]);
    const alone = composeStandAlone(`allow_anonymous true\n${PLUGIN}${FILE}`).settings;
    expect(alone.auth.at(-1)).toMatchObject({ type: "anonymous", settings: { acceptsUserNames: false } });
  });
});

test("a certificate as login does not let in who is disabled: dynamic security is still in the chain", () => {
  const tls = "certfile c\nkeyfile k\ncafile a\nrequire_certificate true\nuse_identity_as_username true\n";
  const { settings } = composeStandAlone(`${PLUGIN}${FILE}listener 8883\n${tls}`);
  const access = [...settings.listenerAccess.values()].map(({ auth }) => auth.map(({ type }) => type));
  expect(access).toEqual([["certificate", "dynamic-security"]]);
});

describe("the option dynamic_security", () => {
  const option = { dynamic_security: true };

  test("keeps its file where the other files of a broker are", () => {
    const { settings, problems } = composeAddOn({}, option);
    expect(problems).toEqual([]);
    const origin = { file: "options.json" };
    expect(settings.dynamicSecurity).toEqual({
      file: {
        path: "/srv/culex/share/mosquitto/dynamic-security.json",
        shown: "/share/mosquitto/dynamic-security.json",
        folder: "/share/mosquitto",
        origin,
      },
      passwordInitFile: null,
      origin,
    });
    const { dynamicSecurity } = composeAddOn(
      {},
      { ...option, customize: { active: true, folder: "my/mqtt" } },
    ).settings;
    expect(dynamicSecurity?.file?.shown).toBe("/share/my/mqtt/dynamic-security.json");
  });

  test("leaves the last word to a conf file", () => {
    const conf = { "a.conf": `${PLUGIN}plugin_opt_config_file /share/mine.json\n` };
    expect(composeAddOn(conf, option).settings.dynamicSecurity?.file?.shown).toBe("/share/mine.json");
  });

  test("asks after the system users and before every other source, which may know the password too", () => {
    expect(chain(composeAddOn({}, option).settings)).toEqual([
      "system-users: deny",
      "dynamic-security: next",
      "logins: next",
      "home-assistant: deny",
    ]);
  });

  test("lets nobody in by what is not known when the options cannot be used", () => {
    const { settings } = composeAddOn({}, { ...option, customize: 1 });
    expect(settings.dynamicSecurity).toBeNull();
    expect(chain(settings)).toEqual(["system-users: deny"]);
  });
});

test("enable_control_api lets clients ask about the broker", () => {
  expect(composeStandAlone("enable_control_api true\n")).toMatchObject({
    settings: { controlApi: true },
    problems: [],
  });
  expect(composeStandAlone("persistence false\n").settings.controlApi).toBe(false);
});
