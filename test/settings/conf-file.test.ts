import { describe, expect, test } from "vitest";
import { includeDirOrder, parseConf } from "../../src/settings/conf-file.ts";
import { sentences } from "./compose.ts";

/** Directives as "line: name = value". */
function lines(text: string): string[] {
  return parseConf("/share/mosquitto/a.conf", text).directives.map(
    ({ name, value, origin }) => `${origin.line}: ${name} = ${value}`,
  );
}

describe("a conf file", () => {
  test.each([
    [
      "one directive a line",
      "listener 1885 127.0.0.1\nprotocol mqtt\n",
      ["1: listener = 1885 127.0.0.1", "2: protocol = mqtt"],
    ],
    ["the last line may lack its end", "port 1885", ["1: port = 1885"]],
    ["empty lines and comments", "# acl\n\n   \nport 1885\n#port 1886\n", ["4: port = 1885"]],
    ["spaces around name and value", "   port    1885   \n", ["1: port = 1885"]],
    ["a # is part of a value", "acl_file /x/y # acl\n", ["1: acl_file = /x/y # acl"]],
    ["spaces inside a value", "remote_password p  w d\n", ["1: remote_password = p  w d"]],
    ["a name without a value", "connection\n", ["1: connection = "]],
    ["line ends that went through two systems", "port 1885\r\r\n", ["1: port = 1885"]],
    ["line ends of an old Mac", "# mine\rport 1885\rprotocol mqtt", ["2: port = 1885", "3: protocol = mqtt"]],
    ["a line separator that is none here", "acl_file a\u2028b\n", ["1: acl_file = a\u2028b"]],
    ["Windows line ends", "port 1885\r\n\r\nprotocol mqtt\r\n", ["1: port = 1885", "3: protocol = mqtt"]],
  ])("reads %s without a word", (_, text, expected) => {
    expect(lines(text)).toEqual(expected);
    expect(parseConf("a.conf", text).problems).toEqual([]);
  });

  test.each([
    [
      "a byte order mark",
      "\uFEFFport 1885\n",
      ["1: port = 1885"],
      'a.conf line 1: the file starts with a byte order mark, which Mosquitto would refuse. It is understood here. Save it as "UTF-8 without BOM" if Mosquitto is to read the file too.',
    ],
    [
      "tabs, reported once",
      "\tport\t1885\t\n\t\nprotocol\tmqtt\n",
      ["1: port = 1885", "3: protocol = mqtt"],
      "a.conf line 1: a tab stands where a space belongs, which Mosquitto would refuse. It is understood here. Replace the tabs by spaces if Mosquitto is to read the file too.",
    ],
    [
      "indented comments",
      "port 1885\n  # mine\n # too\n",
      ["1: port = 1885"],
      'a.conf line 2: a comment does not start in the first column, which Mosquitto would refuse. It is understood here. Move "#" to the start of the line if Mosquitto is to read the file too.',
    ],
    [
      "names in capitals",
      "Listener 1885\n",
      ["1: listener = 1885"],
      "a.conf line 1: the name of a setting has capital letters, which Mosquitto would refuse. It is understood here. Write names in small letters if Mosquitto is to read the file too.",
    ],
    [
      "true and false in capitals",
      "allow_anonymous TRUE # yes\nconnection_messages False\n",
      ["1: allow_anonymous = true # yes", "2: connection_messages = false"],
      "a.conf line 1: true or false has capital letters, which Mosquitto would refuse. It is understood here. Write it in small letters if Mosquitto is to read the file too.",
    ],
  ])("understands %s, and says that Mosquitto would not", (_, text, directives, problem) => {
    const { problems } = parseConf("/share/mosquitto/a.conf", text);
    expect(lines(text)).toEqual(directives);
    expect(sentences(problems)).toEqual([problem]);
    expect(problems.map(({ severity }) => severity)).toEqual(["warning"]);
  });

  test("leaves a password that looks like a boolean alone", () => {
    expect(lines("remote_password TRUE\n")).toEqual(["1: remote_password = TRUE"]);
  });
});

describe("the files of a folder", () => {
  test("are read in mosquitto's order", () => {
    const names = ["b.conf", "B.conf", "a.conf", "01.conf", "A.conf", "00.conf"];
    expect(includeDirOrder(names)).toEqual(["00.conf", "01.conf", "A.conf", "a.conf", "B.conf", "b.conf"]);
  });

  test("end in .conf and have a name before it", () => {
    const names = [".conf", "a.CONF", "a.conf~", "a.conf.bak", "accesscontrollist", ".a.conf", "a.conf"];
    expect(includeDirOrder(names)).toEqual([".a.conf", "a.conf"]);
  });
});
