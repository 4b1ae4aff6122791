import { expect, test } from "vitest";
import { createListenerChains } from "../../src/auth/listener-chains.ts";
import { IMPORTED } from "../../src/core/imported.ts";
import { allow, deny, ignore } from "../../src/core/reasons.ts";
import type { Identity, LoginChain } from "../../src/core/types.ts";

/** A chain that knows these users. */
function chainFor(name: string, users: readonly string[]): LoginChain {
  const known = ({ username }: Identity) =>
    users.includes(username ?? "")
      ? allow(name, undefined)
      : deny(name, { kind: "unknown_user", sentence: `${name} does not know ${username}` });
  return {
    name,
    authenticate: () => ignore(name, { kind: "unknown_user", sentence: "not asked" }),
    recheck: known,
    mayReturn: known,
    bars: () => null,
    exchange: () => null,
  };
}

test.each([
  ["logins", "1883", "ann", "allow by general"],
  ["logins", "8883", "ann", "deny by own"],
  ["logins", "8883", "bob", "allow by own"],
  // it was imported: by which listener it will come is not known
  [IMPORTED, "", "ann", "allow by general"],
  [IMPORTED, "", "bob", "allow by own"],
  [IMPORTED, "", "eve", "deny by general"],
])("a session of %s from listener %j waits for %s: %s", (source, listener, username, answer) => {
  const chains = createListenerChains(chainFor("general", ["ann"]), new Map([["8883", chainFor("own", ["bob"])]]));
  const { verdict, by } = chains.mayReturn({
    clientId: "c",
    username,
    superuser: false,
    source,
    proof: null,
    listener,
  });
  expect(`${verdict} by ${by}`).toBe(answer);
});
