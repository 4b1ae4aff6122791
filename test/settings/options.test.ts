import { describe, expect, test } from "vitest";
import { NO_LIMITS_SAID } from "../../src/settings/limits.ts";
import { parseOptions } from "../../src/settings/options.ts";
import { optionsSchema } from "../../src/settings/schema.ts";
import { sentences } from "./compose.ts";

const reservedUsers = ["homeassistant", "addons"];

function parse(options: unknown, file = "options.json") {
  const { options: parsed, problems } = parseOptions(JSON.stringify(options), file, { reservedUsers });
  if (parsed === null) throw new Error("the options are null");
  return { options: parsed, problems: sentences(problems), severities: problems.map(({ severity }) => severity) };
}

const DEFAULTS = {
  file: "options.json",
  logins: [],
  listsLogins: false,
  anonymous: false,
  dynamicSecurity: false,
  logDest: [],
  logType: [],
  requireCertificate: false,
  certfile: "fullchain.pem",
  keyfile: "privkey.pem",
  cafile: "",
  customize: { active: false, folder: "mosquitto", isUsable: true },
  banFile: "",
  httpPublish: { active: false, certfile: "", keyfile: "", apiKeys: "" },
  panel: true,
  sensors: { active: false, name: "Culex", prefix: "homeassistant", intervalS: 60, devices: [] },
  metrics: { active: false, token: "" },
  storeInterval: 30,
  limits: NO_LIMITS_SAID,
  debug: false,
};

describe("options", () => {
  test("have the defaults of the official add-on, and anonymous access off", () => {
    expect(parse({})).toEqual({ options: DEFAULTS, problems: [], severities: [] });
  });

  test("that are null are missing", () => {
    const names = Object.keys(optionsSchema.properties);
    expect(parse(Object.fromEntries(names.map((name) => [name, null])))).toEqual({
      options: DEFAULTS,
      problems: [],
      severities: [],
    });
  });

  test("are all taken over", () => {
    const { options, problems } = parse({
      logins: [
        { username: "meter", password: ': # $ " \\ 🔑' },
        { username: "cam", password: `$7$101$${"A".repeat(16)}$${"A".repeat(86)}==`, password_pre_hashed: true },
        { username: "plug", password: "x", password_pre_hashed: null },
      ],
      anonymous: true,
      dynamic_security: true,
      log_dest: ["stdout", "topic"],
      log_type: ["all"],
      require_certificate: true,
      certfile: "certs/mine.pem",
      keyfile: "",
      cafile: "ca.pem",
      customize: { active: true, folder: "culex/files" },
      ban_file: "house/bans.yaml",
      http_publish: { active: true, certfile: "http.pem", keyfile: "http.key", api_keys: "keys" },
      panel: false,
      sensors: { active: true, interval: 10, name: "Cabin", prefix: "house/ha", devices: ["plug"] },
      metrics: { active: true, token: "secret" },
      store_interval: 0,
      limits: { max_qos: 1 },
      debug: true,
    });
    expect(problems).toEqual([]);
    expect(options).toEqual({
      file: "options.json",
      logins: [
        { username: "meter", password: ': # $ " \\ 🔑', preHashed: false },
        { username: "cam", password: `$7$101$${"A".repeat(16)}$${"A".repeat(86)}==`, preHashed: true },
        { username: "plug", password: "x", preHashed: false },
      ],
      listsLogins: true,
      anonymous: true,
      dynamicSecurity: true,
      logDest: ["stdout", "topic"],
      logType: ["all"],
      requireCertificate: true,
      certfile: "certs/mine.pem",
      keyfile: "",
      cafile: "ca.pem",
      customize: { active: true, folder: "culex/files", isUsable: true },
      banFile: "house/bans.yaml",
      httpPublish: { active: true, certfile: "http.pem", keyfile: "http.key", apiKeys: "keys" },
      panel: false,
      sensors: { active: true, intervalS: 10, name: "Cabin", prefix: "house/ha", devices: ["plug"] },
      metrics: { active: true, token: "secret" },
      storeInterval: 0,
      limits: { ...NO_LIMITS_SAID, numbers: { max_qos: 1 } },
      debug: true,
    });
  });

  test.each([
    [true, { active: true, folder: "mosquitto", isUsable: true }],
    [false, { active: false, folder: "mosquitto", isUsable: true }],
    ["mqtt", { active: true, folder: "mqtt", isUsable: true }],
    [{ active: true }, { active: true, folder: "mosquitto", isUsable: true }],
    [{ folder: "mqtt" }, { active: false, folder: "mosquitto", isUsable: true }],
    [
      { active: true, folder: "" },
      { active: true, folder: "", isUsable: true },
    ],
  ])("understand customize: %j", (customize, expected) => {
    expect(parse({ customize })).toMatchObject({ options: { customize: expected }, problems: [] });
  });

  test("may be YAML outside Home Assistant", () => {
    const text = "\uFEFF# mine\nanonymous: true\nlogins:\n  - username: meter\n    password: '12345'\n";
    const { options, problems } = parseOptions(text, "options.yaml", { reservedUsers });
    expect(problems).toEqual([]);
    expect(options).toEqual({
      ...DEFAULTS,
      file: "options.yaml",
      anonymous: true,
      logins: [{ username: "meter", password: "12345", preHashed: false }],
      listsLogins: true,
    });
  });
});

describe("one wrong option", () => {
  const closed = "Nobody but Home Assistant and apps can log in until this is corrected.";
  const unusable = { active: false, folder: "mosquitto", isUsable: false };
  const inSsl = "Write the file's name as it is in the ssl folder.";
  test.each([
    [
      { anonymous: "yes" },
      {},
      'anonymous: "yes" is neither true nor false. Clients without a login stay shut out. Write true or false, without quotes.',
    ],
    ...[-1, 3601, 1.5, "30"].map((value): [object, object, string] => [
      { store_interval: value },
      {},
      `store_interval: ${JSON.stringify(value)} is not a whole number from 0 to 3600. The default of 30 seconds is used. Write a number of seconds, without quotes.`,
    ]),
    [
      { dynamic_security: "off" },
      { dynamicSecurity: true },
      'dynamic_security: "off" is neither true nor false. It counts as switched on. Write true or false, without quotes.',
    ],
    [
      { require_certificate: "no" },
      { requireCertificate: true },
      'require_certificate: "no" is neither true nor false. It counts as switched on. Write true or false, without quotes.',
    ],
    [{ debug: 1 }, {}, "debug: 1 is neither true nor false. It stays off. Write true or false, without quotes."],
    [{ certfile: ["a"] }, { certfile: "" }, `certfile: ["a"] is not a file name. The TLS ports stay closed. ${inSsl}`],
    [
      { keyfile: "../data/key.pem" },
      { keyfile: "" },
      `keyfile: "../data/key.pem" is outside the folder /ssl. The TLS ports stay closed. ${inSsl}`,
    ],
    [
      { cafile: "/etc/ca.pem" },
      {},
      `cafile: "/etc/ca.pem" is outside the folder /ssl. It is left out, so no device certificate can be checked. ${inSsl}`,
    ],
    [
      { http_publish: true },
      {},
      "http_publish: true is not what it can be. Nothing is taken over HTTP. Write active (true or false) below it.",
    ],
    [
      { http_publish: { active: "yes" } },
      {},
      'http_publish.active: "yes" is neither true nor false. Nothing is taken over HTTP. Write true or false, without quotes.',
    ],
    [
      { http_publish: { active: true, certfile: "../data/a.pem" } },
      {},
      'http_publish.certfile: "../data/a.pem" is not a file in /ssl. Nothing is taken over HTTP. Write the file\'s name as it is in /ssl.',
    ],
    [
      { http_publish: { active: true, api_keys: 7 } },
      {},
      "http_publish.api_keys: 7 is not a file in /share. Nothing is taken over HTTP. Write the file's name as it is in /share.",
    ],
    [
      { customize: 1 },
      { customize: unusable },
      `customize: 1 is not what it can be. ${closed} Write active (true or false) and folder.`,
    ],
    [
      { customize: { active: "no" } },
      { customize: unusable },
      `customize.active: "no" is neither true nor false. ${closed} Write true or false, without quotes.`,
    ],
    [
      { customize: { active: true, folder: 7 } },
      { customize: unusable },
      `customize.folder: 7 is not a folder name. ${closed} Write a folder's name in /share.`,
    ],
    [
      { customize: { active: true, folder: "../data" } },
      { customize: unusable },
      `customize.folder "../data" is not a folder inside /share. ${closed} Write only the folder's name in /share, for example "mosquitto".`,
    ],
    [
      { customize: "/share/mqtt" },
      { customize: unusable },
      `customize.folder "/share/mqtt" is not a folder inside /share. ${closed} Write only the folder's name in /share, for example "mqtt".`,
    ],
    [
      { logins: { username: "a", password: "b" } },
      { listsLogins: true },
      "logins: this is not a list. Nobody can log in through this list. Write its entries as a list, or [] for none.",
    ],
    [
      { log_type: "all" },
      {},
      "log_type: this is not a list. The default is used. Write its entries as a list, or [] for none.",
    ],
  ])("%j takes its closed form and leaves the others alone", (options, expected, problem) => {
    const parsed = parse(options);
    expect(parsed.options).toEqual({ ...DEFAULTS, ...expected });
    expect(parsed.problems).toEqual([problem]);
    expect(parsed.severities).toEqual(["error"]);
  });

  test("customize with a bad folder is no matter while it is off", () => {
    expect(parse({ customize: { active: false, folder: "../x" } })).toMatchObject({
      options: DEFAULTS,
      problems: [],
    });
  });

  test.each([
    [
      { log_dest: ["stdout", "syslog", null] },
      { logDest: ["stdout"] },
      'log_dest: "syslog" is not known. It is left out. Use one of: none, stdout, stderr, topic.',
    ],
    [
      { log_type: ["warnings", "error"] },
      { logType: ["error"] },
      'log_type: "warnings" is not known. It is left out. Did you mean "warning"? (none, debug, error, warning, notice, information, subscribe, unsubscribe, websockets, all)',
    ],
    [
      { annonymous: true },
      {},
      '"annonymous" is not an option of this broker. It is ignored. Did you mean "anonymous"?',
    ],
    [{ quiet_logs: true }, {}, "One of the names is not an option of this broker. It is ignored. Remove it."],
    [
      { limits: { "max_qos:1": null } },
      {},
      'One of the names below "limits" is not an option of this broker. It is ignored. Did you mean "limits.max_qos"?',
    ],
    [
      { customize: { activ: true } },
      {},
      '"customize.activ" is not an option of this broker. It is ignored. Did you mean "customize.active"?',
    ],
  ])("%j is left out with a warning", (options, expected, problem) => {
    const parsed = parse(options);
    expect(parsed.options).toEqual({ ...DEFAULTS, ...expected });
    expect(parsed.problems).toEqual([problem]);
    expect(parsed.severities).toEqual(["warning"]);
  });

  test("does not hide the next one", () => {
    const { problems } = parse({ anonymous: 1, debug: 2, logins: [1, { username: "a" }], nonsense: true });
    expect(problems).toHaveLength(5);
  });
});

describe("one wrong login", () => {
  const off = "This login is off.";
  test.each([
    // panel.md 5.4, row 10
    [
      { username: "addons", password: "x" },
      'logins: the name "addons" is reserved for other apps. This login is ignored. Choose another name.',
    ],
    [
      { username: "homeassistant", password: "x" },
      'logins: the name "homeassistant" is reserved for Home Assistant. This login is ignored. Choose another name.',
    ],
    [
      { username: " HomeAssistant", password: "x" },
      'logins: the name " HomeAssistant" is read as "homeassistant", which is reserved for Home Assistant. This login is ignored. Choose another name.',
    ],
    [
      { username: "ＡＤＤＯＮＳ", password: "x" },
      'logins: the name "ＡＤＤＯＮＳ" is read as "addons", which is reserved for other apps. This login is ignored. Choose another name.',
    ],
    [
      { username: "homeaßistant", password: "x" },
      'logins: the name "homeaßistant" is read as "homeassistant", which is reserved for Home Assistant. This login is ignored. Choose another name.',
    ],
    [
      { username: "HOMEAẞISTANT", password: "x" },
      'logins: the name "HOMEAẞISTANT" is read as "homeassistant", which is reserved for Home Assistant. This login is ignored. Choose another name.',
    ],
    [
      { username: "cam", password: `$2b$15$${"A".repeat(53)}`, password_pre_hashed: true },
      'logins: the bcrypt hash of "cam" has cost 15, and checking it would take minutes. The login would never work, so it is off. Make one with a cost up to 14, or use "culex passwd".',
    ],
    // panel.md 5.4, row 11
    [
      { username: "quingping", password: "hunter2", password_pre_hashed: true },
      'logins: the password of "quingping" is marked as hashed but is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…). The login would never work, so it is off. Turn "password_pre_hashed" off or paste a hash.',
    ],
    [
      { username: "", password: "x" },
      `logins, second entry: the user name is empty. ${off} Enter a user name, or remove the entry.`,
    ],
    [
      { username: "  ", password: "x" },
      `logins, second entry: the user name is empty. ${off} Enter a user name, or remove the entry.`,
    ],
    [{ password: "x" }, `logins, second entry: the user name is empty. ${off} Enter a user name, or remove the entry.`],
    [
      { username: 12345, password: "x" },
      `logins, second entry: the user name is a number, not text. ${off} Put it in quotes.`,
    ],
    [
      { username: "a\u0000b", password: "x" },
      `logins, second entry: the user name holds a control character. ${off} Write it again by hand, it was probably pasted with something invisible.`,
    ],
    [
      { username: "plug", password: "" },
      `logins, second entry: the password of "plug" is empty. ${off} Enter a password.`,
    ],
    [{ username: "plug" }, `logins, second entry: the password of "plug" is empty. ${off} Enter a password.`],
    [
      { username: "plug", password: 90210 },
      `logins, second entry: the password of "plug" is a number, not text. ${off} Put it in quotes.`,
    ],
    [
      { username: "plug", password: ["x"] },
      `logins, second entry: the password of "plug" is not text. ${off} Write it as text, in quotes.`,
    ],
    [
      { username: "plug", password: "x", password_pre_hashed: "yes" },
      `logins, second entry: "password_pre_hashed" of "plug" is neither true nor false. ${off} Write true for a hash, false for a password in plain text.`,
    ],
    ["plug", `logins, second entry: this is not a user name with a password. ${off} Write a username and a password.`],
  ])("%j is off and said to be", (login, problem) => {
    const first = { username: "meter", password: "m" };
    const { options, problems, severities } = parse({ logins: [first, login] });
    expect(options.logins).toEqual([{ ...first, preHashed: false }]);
    expect(options.listsLogins).toBe(true);
    expect(problems).toEqual([problem]);
    expect(severities).toEqual(["error"]);
  });

  test("says all that is wrong with it", () => {
    expect(parse({ logins: [{ username: 1, password: 2 }] }).problems).toEqual([
      `logins, first entry: the user name is a number, not text. ${off} Put it in quotes.`,
      `logins, first entry: the password is a number, not text. ${off} Put it in quotes.`,
    ]);
  });

  test("is called by its number where words end", () => {
    const logins = Array.from({ length: 11 }, (_, index) => ({ username: `u${index}`, password: "x" }));
    expect(parse({ logins: [...logins, {}] }).problems[0]).toMatch(/^logins, entry 12: /);
  });

  test("with a field that is not known works, with a warning", () => {
    const { options, problems } = parse({ logins: [{ username: "a", password: "b", pasword_pre_hashed: true }] });
    expect(options.logins).toEqual([{ username: "a", password: "b", preHashed: false }]);
    expect(problems).toEqual([
      'logins, first entry: "pasword_pre_hashed" is not a field of a login. It is ignored. Did you mean "password_pre_hashed"?',
    ]);
  });

  test.each([
    ["password:hunter2", "Use username, password or password_pre_hashed."],
    ["password:h", 'Did you mean "password"?'],
    ["hunter2", "Use username, password or password_pre_hashed."],
  ])("with a name that may hold a password does not quote it: %s", (name, fix) => {
    expect(parse({ logins: [{ username: "a", password: "b", [name]: null }] }).problems).toEqual([
      `logins, first entry: one of the names is not a field of a login. It is ignored. ${fix}`,
    ]);
  });

  test("that is listed twice counts as written last", () => {
    const { options, problems, severities } = parse({
      logins: [
        { username: "a", password: "old" },
        { username: "b", password: "x" },
        { username: "a", password: "new" },
      ],
    });
    expect(options.logins.map(({ username, password }) => [username, password])).toEqual([
      ["b", "x"],
      ["a", "new"],
    ]);
    expect(problems).toEqual([
      'logins: the name "a" is there more than once. The last one counts, as in the official add-on. Remove the others.',
    ]);
    expect(severities).toEqual(["warning"]);
  });

  test("never shows its password", () => {
    const secrets = ["hunter2hunter2", "$6$c2FsdA==$aGFzaA", "*hunter2"];
    const logins = secrets.flatMap((password) => [
      { username: "addons", password },
      { username: "a", password, password_pre_hashed: true },
      { username: "a\u0007", password },
      { username: "", password },
    ]);
    const { problems } = parse({ logins });
    expect(problems).toHaveLength(12);
    for (const secret of secrets) expect(problems.join("\n")).not.toContain(secret);
  });
});

describe("an options file that is broken as a whole", () => {
  const json = "Look for a missing quote, comma or bracket at or above it.";
  const yaml = "Look for a missing quote, comma or bracket, or wrong indentation, at or above it.";
  const none = "No option in it is used.";
  test.each([
    ["options.json", '{\n  "anonymous": true,\n}', `options.json line 3: this is not valid JSON. ${none} ${json}`],
    ["options.json", '{\n  "a": hunter2\n}', `options.json line 2: this is not valid JSON. ${none} ${json}`],
    ["options.json", '{\n  "a": "hunter2",\n', `options.json line 2: this is not valid JSON. ${none} ${json}`],
    ["options.json", "", `options.json line 1: this is not valid JSON. ${none} ${json}`],
    ["options.yaml", "a: 1\nb: [1\nc: 2\n", `options.yaml line 3: this is not valid YAML. ${none} ${yaml}`],
    ["options.yml", "logins:\n- password: *hunter2\n", `options.yml line 2: this is not valid YAML. ${none} ${yaml}`],
    ["options.yaml", "a: 1\na: 2\n", `options.yaml line 2: this is not valid YAML. ${none} ${yaml}`],
    [
      "options.json",
      "[]",
      `options.json holds no options: it must be one object of names and values. ${none} Write at least "{}", or the options by name.`,
    ],
    [
      "options.yaml",
      "nonsense",
      `options.yaml holds no options: it must be one object of names and values. ${none} Write at least "{}", or the options by name.`,
    ],
  ])("%s %j is null, with the line and without a word of its text", (file, text, problem) => {
    const { options, problems } = parseOptions(text, file, { reservedUsers });
    expect(options).toBeNull();
    expect(sentences(problems)).toEqual([problem]);
    expect(problems[0]?.severity).toBe("error");
    expect(problem).not.toContain("hunter2");
  });
});
