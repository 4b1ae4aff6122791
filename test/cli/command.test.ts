import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/cli/command.ts";

const run = { verb: "run", confFile: null, port: null, verbose: false, logFormat: "text" };
const check = {
  verb: "check",
  confFile: null,
  optionsFile: "/data/options.json",
  listsLines: false,
  share: "/share",
  ssl: "/ssl",
  data: "/data",
};

const explain = {
  verb: "explain",
  confFile: null,
  optionsFile: "/data/options.json",
  share: "/share",
  ssl: "/ssl",
  data: "/data",
  username: null,
  clientId: "",
  address: null,
  listener: null,
  action: "publish",
  topic: "",
};

const ban = {
  verb: "ban",
  confFile: null,
  optionsFile: "/data/options.json",
  share: "/share",
  ssl: "/ssl",
  data: "/data",
};

function trace(question: object): object {
  const { confFile, optionsFile, share, ssl, data } = check;
  return { verb: "trace", places: { confFile, optionsFile, share, ssl, data }, question };
}

describe("the command line", () => {
  test.each<[string, object]>([
    ["", run],
    ["run", run],
    ["-c a.conf -p 1885 -v", { ...run, confFile: "a.conf", port: 1885, verbose: true }],
    ["run --config a.conf --log-format json", { ...run, confFile: "a.conf", logFormat: "json" }],
    ["run -p 0", { ...run, port: 0 }],
    ["trace client c1 off", trace({ action: "stop", by: "client", value: "c1" })],
    [
      "trace topic a/# f.log --minutes 5 --payload hex",
      trace({ action: "start", by: "topic", value: "a/#", file: "f.log", minutes: 5, payload: "hex" }),
    ],
    ["trace list", trace({ action: "list" })],
    [
      "trace client c1",
      {
        verb: "wrong",
        what: '"trace" needs list, or client, user, ip or topic, its name, and a file or off',
      },
    ],
    ["api-key weather", { verb: "api-key", id: "weather" }],
    ["api-key", { verb: "wrong", what: '"api-key" needs an id, the name of the key' }],
    ["check", check],
    ["check -c a.conf", { ...check, confFile: "a.conf", optionsFile: null, listsLines: true }],
    ["check --options o.yaml --share s --ssl t", { ...check, optionsFile: "o.yaml", share: "s", ssl: "t" }],
    ["check --data d", { ...check, optionsFile: "d/options.json", data: "d" }],
    ["-c a.conf -p 1885 -v --test-config", { ...check, confFile: "a.conf", optionsFile: null }],
    ["explain --publish a/b", { ...explain, topic: "a/b" }],
    ["explain --folder conf --publish a", { ...explain, optionsFile: null, folder: "conf", topic: "a" }],
    [
      "explain -c a.conf --user u --client c --ip ::1 --listener 1883 --subscribe a/#",
      {
        ...explain,
        confFile: "a.conf",
        optionsFile: null,
        username: "u",
        clientId: "c",
        address: "::1",
        listener: "1883",
        action: "subscribe",
        topic: "a/#",
      },
    ],
    ["ban list", { ...ban, action: "list" }],
    ["ban remove --ip ::1", { ...ban, action: "remove", of: "address", value: "::1" }],
    [
      "ban add --user u --for 2d --reason floods -c a.conf",
      {
        ...ban,
        confFile: "a.conf",
        optionsFile: null,
        action: "add",
        of: "user",
        value: "u",
        reason: "floods",
        duration: "2d",
      },
    ],
    ["ban add --client c", { ...ban, action: "add", of: "client", value: "c", reason: null, duration: null }],
    ["passwd", { verb: "passwd", username: null }],
    ["passwd alice", { verb: "passwd", username: "alice" }],
    ["backup a.db b.db", { verb: "backup", from: "a.db", to: "b.db" }],
    ["help", { verb: "help" }],
    ["run --help", { verb: "help" }],
  ])("%j is understood", (line, command) => {
    expect(parseCommand(words(line))).toEqual(command);
  });

  test.each([
    ["start", '"start" is not a command'],
    ["run twice", '"twice" was not expected here'],
    ["passwd alice bob", '"bob" was not expected here'],
    ["backup a.db", '"backup" needs two files: <from> <to>'],
    ["backup a b c", '"c" was not expected here'],
    ["backup a b -c d", '"backup" takes no --config'],
    ["run --options o.json", '"run" takes no --options'],
    ["--share s", '"run" takes no --share'],
    ["check -p 1883", '"check" takes no --port'],
    ["check --test-config", '"check" takes no --test-config'],
    ["passwd -c a.conf", '"passwd" takes no --config'],
    ["check -c a --options b", "--config and --options are two ways to configure, and one run has one of them"],
    ["check --folder a", '"check" takes no --folder'],
    ["explain --folder a -c b --publish c", "--folder takes the place of --config, --options and --share"],
    ["explain --folder a --share b --publish c", "--folder takes the place of --config, --options and --share"],
    ["ban list --folder a", '"ban" takes no --folder'],
    ["explain --user u", '"explain" needs one of --publish topic and --subscribe filter'],
    ["explain --publish a --subscribe b", '"explain" needs one of --publish topic and --subscribe filter'],
    ["explain --publish a --ip home", '"home" is no IP address'],
    ["ban", '"ban" needs one of add, remove and list'],
    ["ban add", '"ban add" needs one of --client id, --user name and --ip network'],
    ["ban remove --client c --user u", '"ban remove" needs one of --client id, --user name and --ip network'],
    ["ban remove --client c --for 2d", '"ban remove" takes neither --for nor --reason'],
    ["ban list --client c", '"ban list" takes no one to list'],
    ["ban list all", '"all" was not expected here'],
    ["check --user u", '"check" takes no --user'],
    ["-p 70000", 'port "70000" is not a number from 0 to 65535'],
    ["-p x", 'port "x" is not a number from 0 to 65535'],
    ["--log-format xml", 'log format "xml" is neither text nor json'],
  ])("%j is refused", (line, what) => {
    expect(parseCommand(words(line))).toEqual({ verb: "wrong", what });
  });

  test("an option that no command has is refused", () => {
    expect(parseCommand(["--daemon"])).toMatchObject({ verb: "wrong", what: expect.stringContaining("'--daemon'") });
  });
});

function words(line: string): readonly string[] {
  return line.split(" ").filter((word) => word !== "");
}
