import { describe, expect, test } from "vitest";
import { composeAddOn, composeStandAlone } from "./compose.ts";

/** What holds on each listener: who is asked, and which files. */
function access(conf: string, compose: typeof composeStandAlone = composeStandAlone): Record<string, string> {
  const { settings } = compose(conf);
  return Object.fromEntries(
    settings.listeners.map(({ name }) => {
      const { auth, passwordFile, aclFile } = settings.listenerAccess.get(name) ?? settings;
      return [name, [...auth.map(({ type }) => type), passwordFile?.shown, aclFile?.shown].filter(Boolean).join(" ")];
    }),
  );
}

describe("the plugins of Mosquitto 2.1 for files", () => {
  const RULES = "plugin /usr/lib/mosquitto_acl_file.so\n";
  const USERS = "plugin /usr/lib/mosquitto_password_file.so\n";

  test("do what acl_file and password_file do, in their order and place", () => {
    const both = `${RULES}plugin_opt_acl_file rules\n${USERS}plugin_opt_password_file users\n`;
    expect(access(`listener 1885\n${both}listener 1886\n`)).toEqual({
      "1885": "password-file users rules",
      "1886": "password-file users rules",
    });
    const global = "global_plugin mosquitto_acl_file.so\nplugin_opt_acl_file rules\n";
    expect(access(`per_listener_settings true\nlistener 1885\n${both}listener 1886\n${global}`)).toEqual({
      "1885": "password-file users rules",
      "1886": "rules",
    });
  });

  test("without their option name a file that is never found, so that no rule opens more than was meant", () => {
    expect(access(`listener 1885\n${USERS}${RULES}`)).toEqual({ "1885": "password-file (no name) (no name)" });
  });

  test.each([
    [
      `${RULES}plugin_opt_config_file x\n`,
      'mosquitto.conf line 2: "plugin_opt_config_file" is not an option of this plugin. The line is ignored; the other line is used. Use "plugin_opt_acl_file", or remove the line.',
    ],
    [
      "plugin_load rules /usr/lib/mosquitto_acl_file.so\nplugin_opt_acl_file rules\n",
      'mosquitto.conf line 1: "plugin_load" of this plugin is not carried out. Without another acl_file no device may use any topic. Write "acl_file <file>" instead, and remove the lines about the plugin.',
    ],
    [
      "plugin_load users /usr/lib/mosquitto_password_file.so\nplugin_opt_password_file users\n",
      'mosquitto.conf line 1: "plugin_load" of this plugin is not carried out. Nobody logs in with its file. Write "password_file <file>" instead, and remove the lines about the plugin.',
    ],
  ])("say what is wrong with their lines, and stay closed: %j", (conf, problem) => {
    const { settings, problems } = composeStandAlone(conf);
    expect(problems).toEqual([problem]);
    expect((settings.aclFile ?? settings.passwordFile)?.shown).toBe("(no name)");
  });

  test("loaded by a name, they take nothing away from the lines beside them", () => {
    const conf = "acl_file mine\nplugin_load rules /usr/lib/mosquitto_acl_file.so\nplugin_opt_acl_file rules\n";
    expect(composeStandAlone(conf).settings.aclFile?.shown).toBe("mine");
  });
});

describe("per_listener_settings", () => {
  test("gives each listener the lines below it", () => {
    expect(
      access(`per_listener_settings true
listener 1885
allow_anonymous true
listener 1886
password_file users
acl_file rules
listener 1887
password_file others
allow_anonymous true
`),
    ).toEqual({
      "1885": "anonymous",
      "1886": "password-file users rules",
      "1887": "password-file anonymous others",
    });
  });

  test("false is what holds anyway: the lines count for every listener", () => {
    const conf = "per_listener_settings false\nlistener 1885\npassword_file users\nlistener 1886\nacl_file rules\n";
    expect(access(conf)).toEqual({ "1885": "password-file users rules", "1886": "password-file users rules" });
  });

  test("leaves the add-on's own ports their logins", () => {
    const { settings, problems } = composeAddOn({
      "a.conf": "per_listener_settings true\nlistener 1885\nallow_anonymous true\n",
    });
    const types = (name: string): string[] | undefined =>
      settings.listenerAccess.get(name)?.auth.map(({ type }) => type);
    expect(types("1883")).toEqual(["system-users", "logins", "home-assistant"]);
    expect(types("1885")).toEqual(["system-users", "logins", "home-assistant", "anonymous"]);
    expect(problems).toEqual([
      'a.conf line 3: "allow_anonymous true" lets clients without a user name use every topic that no ACL file forbids. They are let in; the official Mosquitto app ignores this line. Remove the line if that is not wanted.',
    ]);
  });

  test("lets nobody in by a line above the listeners, and leaves no rule out", () => {
    const { settings, problems } = composeStandAlone(`per_listener_settings true
acl_file rules
allow_anonymous true
listener 1885
password_file users
listener 1886
acl_file others
`);
    expect(settings.listenerAccess.get("1885")).toMatchObject({ aclFile: { shown: "rules" }, anonymous: null });
    expect(settings.listenerAccess.get("1886")).toMatchObject({ aclFile: { shown: "others" }, anonymous: null });
    const why = 'belongs below a "listener" line because of per_listener_settings, and there is none above it.';
    const fix = "Move the line below the listener that it is meant for.";
    expect(problems).toEqual([
      `mosquitto.conf line 2: "acl_file" ${why} It counts for every listener without such a line of its own; the other 5 lines are used. ${fix}`,
      `mosquitto.conf line 3: "allow_anonymous" ${why} The line is ignored; the other 5 lines are used. ${fix}`,
      'mosquitto.conf line 6: listener 1886 has no anonymous access and there is no password_file, so no login can succeed. Every client is refused there. Add "password_file <file>", or "allow_anonymous true".',
    ]);
  });

  test("below what it is about opens nothing", () => {
    const { settings, problems } = composeStandAlone(
      "allow_anonymous true\npassword_file users\nper_listener_settings true\nlistener 1885\n",
    );
    expect(settings.listenerAccess.get("1885")).toMatchObject({ passwordFile: { shown: "users" }, anonymous: null });
    expect(problems).toEqual([
      'mosquitto.conf line 3: "per_listener_settings true" stands below a line that it is about (acl_file, password_file or allow_anonymous). An acl_file or password_file above it counts for every listener without one of its own, an "allow_anonymous true" for none; the other 3 lines are used. Move "per_listener_settings true" to the first line.',
    ]);
  });

  test("keeps a misspelt rule or login on its listener closed", () => {
    const { settings } = composeStandAlone(
      "per_listener_settings true\nlistener 1885\nallow_anonymous true\nacl_fil rules\nlistener 1886\nallow_anonymous true\n",
    );
    expect(settings.listenerAccess.get("1885")?.aclFile?.shown).toBe("rules");
    expect(settings.listenerAccess.get("1885")?.aclFile?.path).toMatch(/is not a setting$/);
    expect(settings.listenerAccess.get("1886")?.aclFile).toBeNull();
  });
});

describe("listener_allow_anonymous", () => {
  test("has the last word about its listener, in both directions", () => {
    expect(
      access(`allow_anonymous true
password_file users
listener 1885
listener_allow_anonymous false
listener 1886
`),
    ).toEqual({ "1885": "password-file users", "1886": "password-file anonymous users" });
    expect(access("password_file users\nlistener 1885\nlistener_allow_anonymous true\nlistener 1886\n")).toEqual({
      "1885": "password-file anonymous users",
      "1886": "password-file users",
    });
  });

  test("does not count beside a plugin that is not carried out and may have kept somebody out", () => {
    const { settings, problems } = composeStandAlone("listener 1885\nplugin /x.so\nlistener_allow_anonymous true\n");
    expect(settings.listenerAccess.get("1885")?.anonymous).toBeNull();
    expect(problems[1]).toBe(
      'mosquitto.conf line 3: "listener_allow_anonymous true" would let in more than was meant, because "plugin /x.so" (mosquitto.conf line 2) is not carried out. Clients without a user name stay shut out. Remove one of the two.',
    );
  });
});

describe("a name from the certificate", () => {
  const tls = "certfile a.pem\nkeyfile a.key\ncafile ca.pem\n";

  test.each([
    ["use_identity_as_username true", "common-name"],
    ["use_subject_as_username true", "subject"],
    ["use_identity_as_username true\nuse_subject_as_username false", "common-name"],
  ])("%s: no password, no anonymous client, and a certificate is required", (line, naming) => {
    const { settings } = composeStandAlone(`listener 8885\n${tls}${line}\nallow_anonymous true\n`);
    expect(settings.listeners[0]?.tls?.requireCertificate).toBe(true);
    expect(settings.listenerAccess.get("8885")).toMatchObject({
      auth: [{ type: "certificate", settings: { naming } }],
      certificateName: naming,
    });
  });

  test("is not taken where it is switched off again", () => {
    const { settings } = composeStandAlone(
      `listener 8885\n${tls}use_identity_as_username true\nuse_identity_as_username false\n`,
    );
    expect(settings.listenerAccess.size).toBe(0);
    expect(settings.listeners[0]?.tls?.requireCertificate).toBe(false);
  });

  test("needs a CA to check certificates with", () => {
    const { settings, problems } = composeStandAlone(
      "listener 8885\ncertfile a.pem\nkeyfile a.key\nuse_identity_as_username true\n",
    );
    expect(settings.listeners).toEqual([]);
    expect(problems[0]).toBe(
      "mosquitto.conf line 1: listener 8885 requires device certificates but has no cafile to check them with. It stays closed. Add cafile with the CA that signed your device certificates.",
    );
  });

  test("keeps the listener shut when the line cannot be read", () => {
    const { settings } = composeStandAlone(`listener 8885\n${tls}use_identity_as_username yes\n`);
    expect(settings.listeners).toEqual([]);
  });
});
