import { expect, test } from "vitest";
import type { Authenticator } from "../../../src/core/types.ts";
import { client } from "../context.ts";
import { sha256 } from "../sql/tables.ts";
import { ask } from "./failures.ts";

/** A database with alice (alice-pw), with "broken" and "empty", whose stored passwords are none, and with odd names. */
export interface LoginSubject {
  readonly name: string;
  readonly login: () => Authenticator;
  /** More users whose stored password is of another kind. */
  readonly unfit?: readonly string[];
  /** Users without a stored password, where the database can hold such. */
  readonly without?: readonly string[];
  /** A name full of what means something to this database, beside "müller 🔑"; the password of both is odd-pw. */
  readonly odd: string;
}

/** What a login by a database must do, whichever it is. */
export function databaseLogins({ name, login, unfit = [], without = [], odd }: LoginSubject): void {
  test("with the right password is taken by name, and gives away nothing that is stored", async () => {
    const decision = await ask(login());
    expect(decision).toMatchObject({
      verdict: "allow",
      by: name,
      value: { clientId: "plug-1", username: "alice", superuser: false, source: name },
    });
    expect(JSON.stringify(decision)).not.toContain(sha256("alice-pw"));
  });

  const unfitSentence = (user: string): string =>
    `what the database has for user ${user} is no password of the kind sha256`;
  test.each<readonly [string, string | null, string]>([
    ["alice", "wrong", "wrong password for user alice"],
    ["alice", "", "wrong password for user alice"],
    ["alice", sha256("alice-pw"), "wrong password for user alice"],
    ["alice", null, "sent no password for user alice"],
    ["broken", "xyz", unfitSentence("broken")],
    ["empty", "", unfitSentence("empty")],
    ...unfit.map((user) => [user, "", unfitSentence(user)] as const),
    ...without.flatMap((user) =>
      ["", "x"].map((password) => [user, password, `user ${user} has no password in the database`] as const),
    ),
  ])("of %s with %j is refused", async (username, password, sentence) => {
    const decision = await ask(login(), client(username, password));
    expect(decision).toMatchObject({ verdict: "deny", by: name, reason: { kind: "wrong_password", sentence } });
  });

  test.each([odd, "müller 🔑"])("of somebody called %j", async (username) => {
    expect((await ask(login(), client(username, "odd-pw"))).verdict).toBe("allow");
    expect((await ask(login(), client(username, "alice-pw"))).verdict).toBe("deny");
  });

  test("without a user name is not its business", async () => {
    const decision = await ask(login(), client(null, "alice-pw"));
    expect(decision).toMatchObject({ verdict: "ignore", by: name, reason: { kind: "no_credentials" } });
  });
}
