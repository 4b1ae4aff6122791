import type { AccessRule, Problem } from "../../core/types.ts";

/** Collects the problems of one ACL file and words them. Line numbers start with 1. */
export interface AclProblems {
  fault(line: number, what: string, fix: string): void;
  byteOrderMark(): void;
  indentedComment(line: number): void;
  tabs(line: number): void;
  accessAsFilter(line: number, word: string, filter: string): void;
  misspeltAccess(line: number, word: string, filter: string, meant: string): void;
  placeholderInTopic(line: number, placeholder: string): void;
  partialPlaceholder(line: number, level: string): void;
  patternForEveryone(line: number): void;
  commentInName(line: number, name: string): void;
  /** Says what only the whole file shows. `firstUser` is the name in the first "user" line. */
  finish(rules: readonly AccessRule[], firstUser: string | null): void;
  hasError(): boolean;
  /** Everything said, in the order of the file. */
  all(): Problem[];
}

const WORKS_HERE = "It works here, but Mosquitto would refuse the file.";

export function createAclProblems(file: string, whenBroken: string): AclProblems {
  const problems: Problem[] = [];
  const said = new Set<string>();

  const add = (severity: Problem["severity"], line: number, text: Pick<Problem, "what" | "now" | "fix">): void => {
    problems.push({ severity, ...text, what: `${file} line ${line}: ${text.what}`, where: { file, line } });
  };
  const warn = (line: number, what: string, now: string, fix: string): void => add("warning", line, { what, now, fix });
  /** A habit of the author is told once, at the first line that shows it. */
  const warnOnce = (line: number, what: string, fix: string): void => {
    if (said.has(what)) return;
    said.add(what);
    warn(line, what, WORKS_HERE, fix);
  };

  return {
    fault: (line, what, fix) => add("error", line, { what, now: whenBroken, fix }),
    byteOrderMark: () =>
      warnOnce(
        1,
        "the file begins with a byte order mark.",
        "Save it as UTF-8 without BOM if Mosquitto is to read it too.",
      ),
    indentedComment: (line) =>
      warnOnce(
        line,
        "the comment is indented.",
        'Let "#" be the first character if Mosquitto is to read the file too.',
      ),
    tabs: (line) => warnOnce(line, "a tab separates the words.", "Use spaces if Mosquitto is to read the file too."),
    accessAsFilter: (line, word, filter) =>
      warn(
        line,
        `"${word} ${filter}" names no filter.`,
        `So "${filter}" is taken as the topic, to read and write.`,
        `Write the filter behind it: "${word} ${filter} home/#".`,
      ),
    misspeltAccess: (line, word, filter, meant) =>
      warn(
        line,
        `"${word} ${filter}" looks like an access type without a filter.`,
        `"${filter}" is taken as the topic, to read and write.`,
        `Did you mean "${word} ${meant} home/#"? For a topic of that name write "${word} readwrite ${filter}".`,
      ),
    placeholderInTopic: (line, placeholder) =>
      warn(
        line,
        `${placeholder} only works in "pattern" lines;`,
        `here it is a literal "${placeholder}".`,
        'Change "topic" to "pattern".',
      ),
    partialPlaceholder: (line, level) =>
      warn(
        line,
        `in "${level}" the placeholder is only a part of a level.`,
        `As in Mosquitto 2.1, it is taken literally there.`,
        "Make %u or %c a level of its own, between slashes.",
      ),
    commentInName: (line, name) =>
      warn(
        line,
        `"${name}" looks like a user name with a comment behind it.`,
        "All of it is taken as the name.",
        "Put the comment on a line of its own.",
      ),
    patternForEveryone: (line) =>
      warn(
        line,
        "this pattern contains neither %u nor %c.",
        "It applies to everybody, with or without a login.",
        'Use "topic" below a "user" line if it was meant for one user.',
      ),
    finish(rules, firstUser) {
      const early = rules.filter(({ who }) => who.kind === "anonymous");
      const line = early[0]?.origin.line;
      if (line !== undefined) warn(line, ...earlyRules(early.length, firstUser));
      if (rules.length === 0 && !problems.some(isError)) {
        problems.push({
          severity: "warning",
          what: `${file} contains no rules.`,
          now: "As in Mosquitto, an ACL file without rules refuses every topic to every device.",
          fix: "Write rules into it, or do not name it as acl_file if every user may use every topic.",
          where: { file },
        });
      }
    },
    hasError: () => problems.some(isError),
    all: () => problems.toSorted((a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0)),
  };
}

function earlyRules(count: number, firstUser: string | null): readonly [what: string, now: string, fix: string] {
  const [rules, applies, it] =
    count === 1
      ? ["this rule stands", "applies", "it was"]
      : [`this rule and ${count - 1} more stand`, "apply", "they were"];
  const subject = count === 1 ? "it" : "they";
  if (firstUser === null) {
    return [
      `${rules} in a file without a "user" line,`,
      `so ${subject} ${applies} to devices without a login only.`,
      `Write "user" and a name above if ${it} meant for someone, or use "pattern" for everybody.`,
    ];
  }
  return [
    `${rules} before the first "user" line,`,
    `so ${subject} ${applies} to devices without a login only.`,
    `Move ${count === 1 ? "it" : "them"} below "user ${firstUser}" if ${it} meant for ${firstUser}.`,
  ];
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}
