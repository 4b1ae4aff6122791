import { describe, expect, test } from "vitest";
import { carryOver } from "../../src/cli/carry-over.ts";
import type { Problem } from "../../src/core/types.ts";
import { confFile } from "../settings/compose.ts";

const problem = (what: string, where: Problem["where"], severity: Problem["severity"] = "warning"): Problem => ({
  severity,
  what,
  now: "The line is ignored.",
  fix: "Remove it.",
  ...(where === undefined ? {} : { where }),
});

describe("what carries over", () => {
  test("is said line by line, and what stands nowhere comes last", () => {
    const included = confFile("b.conf", "\npsk_file x\n");
    const main = confFile("a.conf", "listener 1883\n\nuser mosquitto\ninclude_dir more\nallow_anonymous true\n", [
      included,
    ]);
    const problems = [
      problem("The ACL file is empty.", undefined, "error"),
      problem('b.conf line 2: "psk_file" is refused.', { file: "b.conf", line: 2 }, "error"),
      problem('a.conf line 3: "user" has no effect.', { file: "a.conf", line: 3 }),
    ];
    expect(carryOver([main], problems)).toEqual([
      'ok: a.conf line 1: "listener" is carried out.',
      'warning: a.conf line 3: "user" has no effect. The line is ignored. Remove it.',
      'ok: a.conf line 4: "include_dir" is carried out.',
      'error: b.conf line 2: "psk_file" is refused. The line is ignored. Remove it.',
      'ok: a.conf line 5: "allow_anonymous" is carried out.',
      "error: The ACL file is empty. The line is ignored. Remove it.",
      "3 of 5 lines carried out as written.",
    ]);
  });

  test("shows no value: some of them are passwords", () => {
    const conf = confFile("a.conf", "connection x\nremote_password secret\n");
    expect(carryOver([conf], []).join("\n")).not.toContain("secret");
  });

  test("has each problem of a line, once", () => {
    const where = { file: "a.conf", line: 1 };
    const conf = confFile("a.conf", "listener 1883\n");
    const two = [problem("One.", where), problem("Two.", where)];
    expect(carryOver([conf], two)).toEqual([
      "warning: One. The line is ignored. Remove it.",
      "warning: Two. The line is ignored. Remove it.",
      "0 of 1 line carried out as written.",
    ]);
  });
});
