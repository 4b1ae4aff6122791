import { describe, expect, it } from "vitest";
import { missingUsers, parseAclFile } from "../../../src/acl/formats/acl-file.ts";
import { sentence } from "../../../src/core/problem.ts";
import type { AccessRule, Problem } from "../../../src/core/types.ts";
import { rulesOf } from "../access-of.ts";

const FILE = "accesscontrollist";
const KEPT = "The rules loaded at 12:03 stay in use.";

function parse(text: string): { readonly rules: readonly AccessRule[] | null; readonly said: readonly string[] } {
  const { rules, problems } = parseAclFile(text, FILE, KEPT);
  return { rules, said: said(problems) };
}

function said(problems: readonly Problem[]): readonly string[] {
  return problems.map((problem) => `${problem.severity}: ${sentence(problem)}`);
}

describe("an ACL file", () => {
  it("becomes rules that know whom they are for and where they stand", () => {
    const text = [
      "# guests",
      "topic read public/#",
      "",
      "user meter",
      "topic readwrite meters/#",
      "topic bare/topic",
      "topic write only/write",
      "topic deny meters/secret",
      "pattern read dev/%u/in",
    ].join("\n");
    const everything = ["publish", "receive"];
    const meter = { kind: "user", name: "meter" };
    const line = (number: number): AccessRule["origin"] => ({ file: FILE, line: number });
    expect(parse(text).rules).toEqual([
      {
        effect: "allow",
        who: { kind: "anonymous" },
        actions: ["receive"],
        filter: "public/#",
        placeholders: false,
        text: "topic read public/#",
        origin: line(2),
      },
      {
        effect: "allow",
        who: meter,
        actions: everything,
        filter: "meters/#",
        placeholders: false,
        text: "topic readwrite meters/#",
        origin: line(5),
      },
      {
        effect: "allow",
        who: meter,
        actions: everything,
        filter: "bare/topic",
        placeholders: false,
        text: "topic bare/topic",
        origin: line(6),
      },
      {
        effect: "allow",
        who: meter,
        actions: ["publish"],
        filter: "only/write",
        placeholders: false,
        text: "topic write only/write",
        origin: line(7),
      },
      {
        effect: "deny",
        who: meter,
        actions: everything,
        filter: "meters/secret",
        placeholders: false,
        text: "topic deny meters/secret",
        origin: line(8),
      },
      {
        effect: "allow",
        who: { kind: "everyone" },
        actions: ["receive"],
        filter: "dev/%u/in",
        placeholders: true,
        text: "pattern read dev/%u/in",
        origin: line(9),
      },
    ]);
  });

  it("has nothing to say about a file as Mosquitto wants it", () => {
    const text = "# rules\n\nuser alice\ntopic read a/#\n   \n  topic   write   b  \nuser bob\npattern dev/%c/#\n";
    expect(parse(text).said).toEqual([]);
  });

  it.each([
    ["a space in the filter", "topic read topic with spaces/+", "topic with spaces/+"],
    ["spaces around the words", "   topic   read    a/b   ", "a/b"],
    ["two spaces inside the filter", "topic read a  b", "a  b"],
    ["an access word as a filter", "topic readwrite deny", "deny"],
    ["a name every object has", "topic constructor", "constructor"],
    ["letters beyond ASCII", "topic read küche/🌡", "küche/🌡"],
    ["the most levels allowed", `topic read ${Array(200).fill("a").join("/")}`, Array(200).fill("a").join("/")],
  ])("accepts %s", (_what, line, filter) => {
    const { rules, said } = parse(`user alice\n${line}`);
    expect(said).toEqual([]);
    expect(rules?.map((rule) => rule.filter)).toEqual([filter]);
  });

  it.each([
    ["user carol space", "carol space"],
    ["user   alice  ", "alice"],
    ["user __proto__", "__proto__"],
    ["user user", "user"],
    ["user a\u00e9\u{1f321}", "a\u00e9\u{1f321}"],
  ])("takes the rest of %s as the name", (line, name) => {
    expect(rulesOf(`${line}\ntopic a`).map(({ who }) => who)).toEqual([{ kind: "user", name }]);
  });

  it("accepts a user without rules", () => {
    expect(parse("user alice\nuser bob\ntopic a").said).toEqual([]);
  });

  it("gives the rules of a file with CRLF as those of one with LF", () => {
    const text = "user alice\ntopic read a\n# x\n\npattern deny d/%c\n";
    expect(parse(text.replaceAll("\n", "\r\n"))).toEqual(parse(text));
  });
});

describe("an ACL file that Mosquitto would refuse for its form", () => {
  const rules = parse("# x\nuser alice\ntopic read a b\n").rules;

  it.each([
    [
      "a byte order mark",
      "\uFEFF# x\nuser alice\ntopic read a b\n",
      `warning: ${FILE} line 1: the file begins with a byte order mark. It works here, but Mosquitto would refuse the file. Save it as UTF-8 without BOM if Mosquitto is to read it too.`,
    ],
    [
      "indented comments",
      "  # x\nuser alice\ntopic read a b\n\t# y\n",
      `warning: ${FILE} line 1: the comment is indented. It works here, but Mosquitto would refuse the file. Let "#" be the first character if Mosquitto is to read the file too.`,
    ],
    [
      "tabs between words",
      "# x\nuser\talice\ntopic\tread\ta b\n",
      `warning: ${FILE} line 2: a tab separates the words. It works here, but Mosquitto would refuse the file. Use spaces if Mosquitto is to read the file too.`,
    ],
    [
      "a tab in front",
      "# x\nuser alice\n\ttopic read a b\n",
      `warning: ${FILE} line 3: a tab separates the words. It works here, but Mosquitto would refuse the file. Use spaces if Mosquitto is to read the file too.`,
    ],
  ])("works with %s and says so once", (_what, text, warning) => {
    expect(parse(text)).toEqual({ rules, said: [warning] });
  });

  it("says nothing of a tab that Mosquitto takes as well", () => {
    expect(parse("user alice\ntopic read a\tb\n\t\ntopic read c\t\n").said).toEqual([]);
  });
});

describe("an error in an ACL file", () => {
  const correct =
    'Correct the filter: "+" stands for one level, "#" for all that follow, as in home/+/state or home/#.';
  const words = "(read, write, readwrite, deny)";
  const long = Array(201).fill("a").join("/");

  it.each([
    ["topic readwite meters/#", `"readwite" is not an access type. ${KEPT} Did you mean "readwrite"? ${words}`],
    ["topic Read meters/#", `"Read" is not an access type. ${KEPT} Did you mean "read"? ${words}`],
    ["pattern dney dev/%u", `"dney" is not an access type. ${KEPT} Did you mean "deny"? ${words}`],
    [
      "topic a b",
      `"a" is not an access type. ${KEPT} Use read, write, readwrite or deny; a filter with spaces needs one of them in front.`,
    ],
    ["topic", `"topic" has no filter. ${KEPT} Write "topic read home/#", for example.`],
    ["topic   ", `"topic" has no filter. ${KEPT} Write "topic read home/#", for example.`],
    ["pattern", `"pattern" has no filter. ${KEPT} Write "pattern read home/#", for example.`],
    ["user", `"user" has no name. ${KEPT} Write "user meter", for example.`],
    ["user \t ", `"user" has no name. ${KEPT} Write "user meter", for example.`],
    [
      "topic read a/#/b",
      `"a/#/b" is not a topic filter: "#" must be the last level and stand alone in it. ${KEPT} ${correct}`,
    ],
    ["topic a+", `"a+" is not a topic filter: "+" must stand alone in its level. ${KEPT} ${correct}`],
    ["pattern read dev/%u+", `"dev/%u+" is not a topic filter: "+" must stand alone in its level. ${KEPT} ${correct}`],
    ["topic read a\u0000", `"a\u0000" is not a topic filter: it contains the character U+0000. ${KEPT} ${correct}`],
    [
      "topic read a/b # my lamp",
      `"a/b # my lamp" is not a topic filter: "#" must be the last level and stand alone in it. ${KEPT} Put the comment on a line of its own.`,
    ],
    [
      `topic read ${long}`,
      `"${long.slice(0, 60)}…" is not a topic filter: it has more than 200 levels. ${KEPT} ${correct}`,
    ],
    ["topics read a", `a line cannot begin with "topics". ${KEPT} Did you mean "topic"? (topic, user, pattern)`],
    ["Topic read a", `a line cannot begin with "Topic". ${KEPT} Did you mean "topic"? (topic, user, pattern)`],
    [
      "topic\u00a0read a",
      `a line cannot begin with "topic\u00a0read". ${KEPT} Begin the line with topic, user or pattern, or with "#" if it is a comment.`,
    ],
    ["user: alice", `a line cannot begin with "user:". ${KEPT} Did you mean "user"? (topic, user, pattern)`],
    [
      "allow alice a/#",
      `a line cannot begin with "allow". ${KEPT} Begin the line with topic, user or pattern, or with "#" if it is a comment.`,
    ],
    [
      "constructor a",
      `a line cannot begin with "constructor". ${KEPT} Begin the line with topic, user or pattern, or with "#" if it is a comment.`,
    ],
    [
      "x".repeat(100),
      `a line cannot begin with "${"x".repeat(60)}…". ${KEPT} Begin the line with topic, user or pattern, or with "#" if it is a comment.`,
    ],
  ])("is told with its line: %.60s", (line, expected) => {
    const { rules, problems } = parseAclFile(`user alice\ntopic read ok\n${line}\n`, FILE, KEPT);
    expect(rules).toBeNull();
    expect(said(problems)).toEqual([`error: ${FILE} line 3: ${expected}`]);
    expect(problems[0]?.where).toEqual({ file: FILE, line: 3 });
  });

  it("does not show a password when a password file was named by mistake", () => {
    const told = parse("alice:$7$101$c2FsdA==$aGFzaA==\nbob:secret\n").said.join("\n");
    expect(told).toContain(`${FILE} line 1: a line cannot begin with "alice:…".`);
    expect(told).toContain(`${FILE} line 2: a line cannot begin with "bob:…".`);
    expect(told).not.toMatch(/secret|\$7|c2Fs/);
  });

  it("does not hide the ones after it, nor the warnings", () => {
    const { rules, said } = parse("  # x\ntopic\ntopic read a\nuser\ntopic read a/%u\nfoo\n");
    expect(rules).toBeNull();
    expect(said.map((text) => text.split(". ")[0])).toEqual([
      `warning: ${FILE} line 1: the comment is indented`,
      `error: ${FILE} line 2: "topic" has no filter`,
      `warning: ${FILE} line 3: this rule stands in a file without a "user" line, so it applies to devices without a login only`,
      `error: ${FILE} line 4: "user" has no name`,
      `warning: ${FILE} line 5: %u only works in "pattern" lines; here it is a literal "%u"`,
      `error: ${FILE} line 6: a line cannot begin with "foo"`,
    ]);
  });

  it("is the only thing said of a file that has nothing else", () => {
    expect(parse("foo").said).toHaveLength(1);
  });
});

describe("a rule that does not do what it seems to", () => {
  it.each([
    [
      "user meter\ntopic sensor/%u/#",
      `${FILE} line 2: %u only works in "pattern" lines; here it is a literal "%u". Change "topic" to "pattern".`,
    ],
    [
      "user meter\ntopic read x%c",
      `${FILE} line 2: %c only works in "pattern" lines; here it is a literal "%c". Change "topic" to "pattern".`,
    ],
    [
      "topic read a\nuser meter",
      `${FILE} line 1: this rule stands before the first "user" line, so it applies to devices without a login only. Move it below "user meter" if it was meant for meter.`,
    ],
    [
      "\ntopic read a\npattern read %u\ntopic read b\ntopic deny c\nuser meter\ntopic d\nuser last\ntopic e",
      `${FILE} line 2: this rule and 2 more stand before the first "user" line, so they apply to devices without a login only. Move them below "user meter" if they were meant for meter.`,
    ],
    [
      "topic read a",
      `${FILE} line 1: this rule stands in a file without a "user" line, so it applies to devices without a login only. Write "user" and a name above if it was meant for someone, or use "pattern" for everybody.`,
    ],
    [
      "pattern read a/b",
      `${FILE} line 1: this pattern contains neither %u nor %c. It applies to everybody, with or without a login. Use "topic" below a "user" line if it was meant for one user.`,
    ],
    [
      "pattern write mix/x%u/out",
      `${FILE} line 1: in "x%u" the placeholder is only a part of a level. As in Mosquitto 2.1, it is taken literally there. Make %u or %c a level of its own, between slashes.`,
    ],
    [
      "user meter\ntopic deny",
      `${FILE} line 2: "topic deny" names no filter. So "deny" is taken as the topic, to read and write. Write the filter behind it: "topic deny home/#".`,
    ],
    [
      "user meter\ntopic readw",
      `${FILE} line 2: "topic readw" looks like an access type without a filter. "readw" is taken as the topic, to read and write. Did you mean "topic read home/#"? For a topic of that name write "topic readwrite readw".`,
    ],
    [
      "user meter\ntopic READWRITE",
      `${FILE} line 2: "topic READWRITE" looks like an access type without a filter. "READWRITE" is taken as the topic, to read and write. Did you mean "topic readwrite home/#"? For a topic of that name write "topic readwrite READWRITE".`,
    ],
    [
      "user meter # the old one\ntopic a",
      `${FILE} line 1: "meter # the old one" looks like a user name with a comment behind it. All of it is taken as the name. Put the comment on a line of its own.`,
    ],
    [
      "# nothing yet\nuser meter\n",
      `${FILE} contains no rules. As in Mosquitto, an ACL file without rules refuses every topic to every device. Write rules into it, or do not name it as acl_file if every user may use every topic.`,
    ],
  ])("is a warning, and the rules are used: %j", (text, expected) => {
    const { rules, said } = parse(text);
    expect(said).toEqual([`warning: ${expected}`]);
    expect(rules).not.toBeNull();
  });

  it("leaves topics alone that only remind of an access type", () => {
    expect(parse("user meter\ntopic bread\ntopic read1\ntopic read/a\ntopic room\ntopic temperature").said).toEqual([]);
  });

  it("keeps the literal meaning that the warnings speak of", () => {
    const rules = rulesOf("user meter\ntopic sensor/%u\npattern mix/x%u\npattern mix/x%u/%c\npattern all");
    expect(rules.map(({ placeholders }) => placeholders)).toEqual([false, false, true, false]);
  });
});

describe("a system user without a rule", () => {
  const told = {
    homeassistant: `warning: ${FILE} has no rule for user homeassistant. Home Assistant keeps full access through the built-in rule. Add "user homeassistant" and below it "topic readwrite #" if Mosquitto is to use the file too.`,
    addons: `warning: ${FILE} has no rule for user addons. Home Assistant's apps keep full access through the built-in rule. Add "user addons" and below it "topic readwrite #" if Mosquitto is to use the file too.`,
  };

  it.each([
    ["user meter\ntopic a", [told.homeassistant, told.addons]],
    ["user homeassistant\nuser addons\ntopic #", [told.homeassistant]],
    ["user HomeAssistant\ntopic #\nuser addons\ntopic #", [told.homeassistant]],
    ["topic #", [told.homeassistant, told.addons]],
    ["pattern dev/%u/#", [told.homeassistant, told.addons]],
    ["pattern read #", [told.homeassistant, told.addons]],
    ["pattern public/#", [told.homeassistant, told.addons]],
    ["pattern deny #", [told.homeassistant, told.addons]],
    ["", [told.homeassistant, told.addons]],
    ["user homeassistant\ntopic read a\nuser addons\ntopic b", []],
    ["pattern readwrite #", []],
  ])("is told for %j", (text, expected) => {
    expect(said(missingUsers(rulesOf(text), ["homeassistant", "addons"], FILE))).toEqual(expected);
  });

  it("is named whoever it is", () => {
    expect(said(missingUsers([], ["backup"], FILE))).toEqual([
      `warning: ${FILE} has no rule for user backup. This user keeps full access through the built-in rule. Add "user backup" and below it "topic readwrite #" if Mosquitto is to use the file too.`,
    ]);
  });
});
