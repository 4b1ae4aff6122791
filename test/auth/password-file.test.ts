import { describe, expect, test } from "vitest";
import { parsePasswordFile } from "../../src/auth/password-file.ts";
import { sentence } from "../../src/core/problem.ts";
import { pbkdf2Hash, sha512Hash } from "./context.ts";

const RESERVED = ["homeassistant", "addons"];
const H1 = pbkdf2Hash("one");
const H2 = sha512Hash("two");
const BCRYPT = "$2b$10$abcdefghijklmnopqrstuuqB133muLbebjZ9nczmeCmyhpAaUpSbK";

describe("entries that can be used", () => {
  test.each([
    ["an empty file", "", []],
    ["one line without a line end", `alice:${H1}`, [["alice", H1]]],
    [
      "line ends of Windows",
      `alice:${H1}\r\nbob:${H2}\r\n`,
      [
        ["alice", H1],
        ["bob", H2],
      ],
    ],
    ["a byte order mark", `\ufeffalice:${H1}\n`, [["alice", H1]]],
    ["a comment behind a byte order mark", `\ufeff# users\nalice:${H1}\n`, [["alice", H1]]],
    ["comments and blank lines", `# users\n#bob:${H2}\n\n   \nalice:${H1}\n`, [["alice", H1]]],
    ["blanks around name and hash", `  alice \t: ${H1}  \n`, [["alice", H1]]],
    ["blanks within a name", `kitchen plug:${H1}\n`, [["kitchen plug", H1]]],
    ["more fields behind the hash", `alice:${H1}:1000:x\n`, [["alice", H1]]],
    [
      "names that objects have already",
      `__proto__:${H1}\nconstructor:${H2}\n`,
      [
        ["__proto__", H1],
        ["constructor", H2],
      ],
    ],
    ["bcrypt", `alice:${BCRYPT}\n`, [["alice", BCRYPT]]],
    [
      "names that differ in case",
      `alice:${H1}\nAlice:${H2}\n`,
      [
        ["alice", H1],
        ["Alice", H2],
      ],
    ],
  ])("%s", (_name, text, expected) => {
    const { entries, problems } = parsePasswordFile(text, "passwords", RESERVED);
    expect(entries).toEqual(expected.map(([username, password]) => ({ username, password, preHashed: true })));
    expect(problems).toEqual([]);
  });

  test("reserved names are only those that are given", () => {
    const { entries, problems } = parsePasswordFile(`homeassistant:${H1}\n`, "passwords", []);
    expect(entries).toEqual([{ username: "homeassistant", password: H1, preHashed: true }]);
    expect(problems).toEqual([]);
  });
});

describe("entries that cannot be used are left out and named", () => {
  test.each([
    [
      "bob",
      'passwords line 2: there is no colon between a name and a hash. This entry is ignored. Write "name:hash", or "#" before a comment.',
    ],
    ["j\ufffdrgen:b", "passwords line 2: this is no UTF-8 text. This entry is ignored. Save the file again, as UTF-8."],
    [
      "b\0o\0b\0:\0b\0",
      "passwords line 2: this is no UTF-8 text. This entry is ignored. Save the file again, as UTF-8.",
    ],
    [`:${H2}`, "passwords line 2: the user name is empty. This entry is ignored. Write a name before the colon."],
    [
      "bob:",
      'passwords line 2: there is no hash for "bob". This entry is ignored. Make a hash with "culex passwd" and write it behind the colon.',
    ],
    ...["{SHA}hunter2", "2AB96390C7DBE3439DE74D0C9B0B1767", "$2b$hunter2"].map((damaged) => [
      `bob:${damaged}`,
      'passwords line 2: the password of "bob" is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…). This entry is ignored. Make a hash with "culex passwd" and write it behind the colon.',
    ]),
    [
      "bob:$7$101$hunter2$short==",
      'passwords line 2: the password of "bob" is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…). This entry is ignored. Make a hash with "culex passwd" and write it behind the colon.',
    ],
    [
      "bob:PBKDF2$sha512$0$hunter2$",
      'passwords line 2: the password of "bob" is not a hash this broker knows (PBKDF2$…, $6$…, $7$…, $argon2id$…, $2b$…). This entry is ignored. Make a hash with "culex passwd" and write it behind the colon.',
    ],
    [
      "bob:$argon2id$v=19$m=47104,t=1,p=1$hunter2$x",
      'passwords line 2: the password of "bob" is not an argon2id hash as Mosquitto writes it. This entry is ignored. Make a hash with "culex passwd" and write it behind the colon.',
    ],
    [
      `bob:${BCRYPT.replace("$10$", "$15$")}`,
      'passwords line 2: the bcrypt hash of "bob" has cost 15, and checking it would take minutes. This entry is ignored. Make one with a cost up to 14, or use "culex passwd".',
    ],
    [
      `addons:${H2}`,
      'passwords line 2: the name "addons" is reserved for Home Assistant and other apps. This entry is ignored. Choose another name.',
    ],
    [
      `  HomeAssistant :${H2}`,
      'passwords line 2: the name "HomeAssistant" is reserved for Home Assistant and other apps. This entry is ignored. Choose another name.',
    ],
    [
      `alice:${H2}`,
      'passwords line 2: the name "alice" is on line 1 already. Line 1 counts. Remove one of the two lines.',
    ],
  ])("%s", (line, message) => {
    const { entries, problems } = parsePasswordFile(`alice:${H1}\n${line}\ncarol:${H2}\n`, "passwords", RESERVED);
    expect(entries).toEqual([
      { username: "alice", password: H1, preHashed: true },
      { username: "carol", password: H2, preHashed: true },
    ]);
    expect(problems.map(sentence)).toEqual([message]);
    expect(problems[0]).toMatchObject({ severity: "warning", where: { file: "passwords", line: 2 } });
    expect(message).not.toContain("hunter2");
    expect(message).not.toContain(H2);
  });

  test("all of them are reported, in the order of the file", () => {
    const text = `alice:$plain\nbob\nalice:${H1}\nalice:${H2}\n`;
    const { entries, problems } = parsePasswordFile(text, "passwords", RESERVED);
    expect(entries).toEqual([{ username: "alice", password: H1, preHashed: true }]);
    expect(problems.map(({ where, now }) => [where?.line, now])).toEqual([
      [1, "This entry is ignored."],
      [2, "This entry is ignored."],
      [4, "Line 3 counts."],
    ]);
  });
});

describe("passwords in plain text", () => {
  const fix = 'Whoever sees the file can use them; make hashes with "culex passwd", and write them behind the colons.';

  test.each([
    ["bob:hunter2", "hunter2"],
    ["bob : hunter2 \r", "hunter2"],
    ["bob:hunter2:with:colons", "hunter2:with:colons"],
    ["bob:hunter 2 #x", "hunter 2 #x"],
    ["bob:cafe", "cafe"],
  ])("%j is taken with a warning", (line, password) => {
    const { entries, problems } = parsePasswordFile(`alice:${H1}\n${line}\n`, "passwords", RESERVED);
    expect(entries).toEqual([
      { username: "alice", password: H1, preHashed: true },
      { username: "bob", password, preHashed: false },
    ]);
    expect(problems.map(sentence)).toEqual([
      `passwords line 2: the password is in plain text. It is taken all the same. ${fix}`,
    ]);
    expect(problems[0]).toMatchObject({ severity: "warning", where: { file: "passwords", line: 2 } });
  });

  test.each([
    [3, "3 passwords (lines 1, 2 and 3)"],
    [12, "12 passwords (lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more)"],
  ])("are told once: %i of them", (count, subject) => {
    const text = Array.from({ length: count }, (_, index) => `user${index}:secret${index}\n`).join("");
    expect(parsePasswordFile(text, "passwords", RESERVED).problems.map(sentence)).toEqual([
      `passwords: ${subject} are in plain text. They are taken all the same. ${fix}`,
    ]);
  });

  test("follow the same rules as hashes", () => {
    const { entries, problems } = parsePasswordFile("addons:hunter2\n:hunter2\nbob:\n", "passwords", RESERVED);
    expect(entries).toEqual([]);
    expect(problems).toHaveLength(3);
  });
});
