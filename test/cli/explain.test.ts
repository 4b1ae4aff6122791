import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseCommand } from "../../src/cli/command.ts";
import { explain } from "../../src/cli/explain.ts";
import { save } from "../helpers/culex.ts";
import { tempFolder } from "../helpers/temp.ts";

/** What the command prints on both outputs, and its exit code. */
async function explained(
  files: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) save(join(folder, name), text);
  const places =
    "data/options.json" in files
      ? ["--data", join(folder, "data"), "--share", join(folder, "share")]
      : ["-c", join(folder, "mosquitto.conf")];
  return run(...places, ...words);
}

async function run(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const command = parseCommand(["explain", ...words]);
  if (command.verb !== "explain") throw new Error(`not understood: ${JSON.stringify(command)}`);
  const out = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  const err = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  onTestFinished(() => void vi.restoreAllMocks());
  const code = await explain(command);
  const printed = { code, out: out.mock.calls.join(""), err: err.mock.calls.join("") };
  vi.restoreAllMocks();
  return printed;
}

const RULES = {
  "mosquitto.conf": "listener 1883\nallow_anonymous true\nacl_file acl.conf\n",
  "acl.conf": `{allow, {user, "boss"}, all, all}.
{allow, {ipaddr, "10.0.0.0/8"}, subscribe, ["home/#"]}.
{deny, all, publish, ["home/alarm"]}.
{allow, all, all, ["home/+"]}.
`,
};

test("a denial names its rule and why those before it do not decide", async () => {
  expect(await explained(RULES, "--user", "plug", "--client", "c", "--publish", "home/alarm")).toEqual({
    code: 1,
    out: `denied: the rule {deny, all, publish, ["home/alarm"]} (acl.conf line 3) denies it. To change that: change that rule, or put one that allows it before it.
  acl.conf line 1: {allow, {user, "boss"}, all, all}: does not decide: the rule is for user boss
  acl.conf line 2: {allow, {ipaddr, "10.0.0.0/8"}, subscribe, ["home/#"]}: does not decide: the rule is for 10.0.0.0/8, and the address of this client is not known
  acl.conf line 3: {deny, all, publish, ["home/alarm"]}: decides: the filter home/alarm matches it
`,
    err: "",
  });
});

test("a permission is exit code 0", async () => {
  expect(await explained(RULES, "--ip", "10.1.2.3", "--subscribe", "home/a/#")).toEqual({
    code: 0,
    out: `allowed: the rule {allow, {ipaddr, "10.0.0.0/8"}, subscribe, ["home/#"]} (acl.conf line 2) allows it.
  acl.conf line 1: {allow, {user, "boss"}, all, all}: does not decide: the rule is for user boss
  acl.conf line 2: {allow, {ipaddr, "10.0.0.0/8"}, subscribe, ["home/#"]}: decides: the filter home/# covers it
`,
    err: "",
  });
});

test("what no rule says is told with what to add", async () => {
  const { code, out } = await explained(RULES, "--ip", "11.1.2.3", "--subscribe", "home/a/#");
  expect(code).toBe(1);
  expect(out.split("\n")[0]).toBe(
    "denied: no rule in acl.conf allows it. To change that: add a rule that allows subscribing to all of it.",
  );
});

test("rules of Mosquitto are explained too", async () => {
  const files = {
    "mosquitto.conf": "listener 1883\nallow_anonymous true\nacl_file rules\n",
    rules: "user meter\ntopic write meters/#\n",
  };
  expect(await explained(files, "--user", "meter", "--publish", "lights/x")).toEqual({
    code: 1,
    out: `denied: no rule of user meter matches; default is deny (rules). To change that: add "topic write lights/x" below "user meter".
  rules line 2: topic write meters/#: does not decide: the filter meters/# does not match
`,
    err: "",
  });
  expect((await explained(files, "--user", "meter", "--publish", "meters/1")).code).toBe(0);
});

test("the rules of a listener count for who comes in through it", async () => {
  const files = {
    "mosquitto.conf": `per_listener_settings true
listener 1883
allow_anonymous true
acl_file open
listener 1884
allow_anonymous true
acl_file closed
`,
    open: "topic readwrite #\n",
    closed: "user nobody\n",
  };
  expect((await explained(files, "--listener", "1883", "--publish", "a")).code).toBe(0);
  expect((await explained(files, "--listener", "1884", "--publish", "a")).code).toBe(1);
  expect(await explained(files, "--listener", "1885", "--publish", "a")).toEqual({
    code: 78,
    out: "",
    err: "There is no listener 1885. Choose 1883 or 1884.\n",
  });
});

test("in the app, Home Assistant has full access", async () => {
  const files = {
    "data/options.json": JSON.stringify({ customize: { active: true, folder: "m" } }),
    "share/m/a.conf": "acl_file rules\n",
    "share/m/rules": "user x\n",
  };
  expect((await explained(files, "--user", "homeassistant", "--publish", "a")).out).toBe(
    "allowed: this user has full access.\n",
  );
  expect((await explained(files, "--user", "plug", "--publish", "a")).code).toBe(1);
});

test("a file with errors is answered as the broker starts with it", async () => {
  const files = { ...RULES, "acl.conf": "{alow, all}.\n" };
  const { code, err } = await explained(files, "--publish", "a");
  expect(code).toBe(1);
  expect(err).toBe(
    'The configuration has 1 error, and this is the answer of a broker that starts with it. "culex check" names what to do.\n',
  );
  expect(await explained({}, "--publish", "a")).toMatchObject({
    code: 78,
    out: "",
    err: expect.stringMatching(/^mosquitto\.conf not found/),
  });
});

test.each([
  ["--publish", "a/#", 'denied: "a/#" is no topic: a topic name has no wildcards ("+" or "#").\n'],
  ["--subscribe", "a/#/b", 'denied: "a/#/b" is no topic filter: "#" must be the last level and stand alone in it.\n'],
])("%s %s is denied for what it is", async (option, topic, out) => {
  expect(await explained(RULES, option, topic)).toEqual({ code: 1, out, err: "" });
});

test("sys_local_only is a rule like any other", async () => {
  const conf = { "mosquitto.conf": "listener 1883\nallow_anonymous true\nsys_local_only true\n" };
  expect(await explained(conf, "--user", "u", "--ip", "192.168.1.7", "--subscribe", "#")).toEqual({
    code: 1,
    out: `denied: the rule deny subscribe # (sys_local_only) denies it. To change that: subscribe on the machine of the broker, to a part of the topics, or switch sys_local_only off.
  sys_local_only: deny subscribe $SYS/#: does not decide: the filter $SYS/# does not cover it
  sys_local_only: deny subscribe #: decides: # is what was asked for
`,
    err: "",
  });
  expect((await explained(conf, "--user", "u", "--ip", "127.0.0.1", "--subscribe", "#")).code).toBe(0);
});

test.each([
  [
    "EMQ's",
    {
      "emq.conf": "mqtt.allow_anonymous = false\nmqtt.acl_nomatch = deny\nmqtt.acl_file = etc/acl.conf\n",
      "acl.conf": RULES["acl.conf"],
    },
    `denied: the rule {deny, all, publish, ["home/alarm"]} (acl.conf line 3) denies it.`,
  ],
  [
    "Mosquitto's",
    { "some.conf": "acl_file acl\n", acl: "user plug\ntopic read home/#\n" },
    `denied: no rule of user plug matches; default is deny (acl). To change that: add "topic write home/alarm" below "user plug".`,
  ],
  [
    "auth.yaml",
    {
      "auth.yaml": `stages:
  - type: users
    users: [{ username: plug, password: x, permissions: [{ resource: "home/#", operation: read }] }]
acl: { sources: [files] }
`,
      "some.conf": "acl_file acl\n",
      acl: "user boss\ntopic home/#\n",
    },
    `denied: no rule of user plug matches (acl). To change that: add "user plug" and below it "topic write home/alarm".`,
  ],
])("a folder alone is enough: %s", async (_, files, expected) => {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) save(join(folder, name), text);
  const printed = await run("--folder", folder, "--user", "plug", "--publish", "home/alarm");
  expect(printed).toMatchObject({ code: 1, err: "" });
  expect(printed.out).toContain(expected);
});

test("a folder that is not there gets no answer", async () => {
  const folder = join(tempFolder(), "misspelt");
  expect(await run("--folder", folder, "--user", "plug", "--publish", "a")).toEqual({
    code: 78,
    out: "",
    err: `The folder "${folder}" cannot be read (ENOENT). Nothing was read. Name the folder with the conf files.\n`,
  });
});
