import { isIP } from "node:net";
import { networkTest, unmapped } from "../core/network.ts";
import type { Identity, Who } from "../core/types.ts";
import { compilePattern } from "./pattern/pattern.ts";

/** Says why a rule is not for a client, in plain words; null: it is. */
export type WhoTest = (identity: Identity) => string | null;

/**
 * Makes the test of whom a rule is for.
 * @throws PatternError for a pattern that cannot be used; formats refuse it where it is written.
 */
export function compileWho(who: Who): WhoTest {
  switch (who.kind) {
    case "everyone":
      return () => null;
    case "anonymous":
      return ({ username }) => (username === null ? null : "the rule is for clients without a user name");
    case "user":
      return equal("user", who.name, ({ username }) => username);
    case "client":
      return equal("client", who.id, ({ clientId }) => clientId);
    case "listener":
      return equal("listener", who.name, ({ listener }) => listener ?? null);
    case "network":
      return network(who.network);
    case "pattern":
      return pattern(who);
    case "all-of": {
      const tests = who.who.map(compileWho);
      return (identity) => firstOf(tests, identity);
    }
    case "any-of":
      return anyOf(who.who.map(compileWho));
  }
}

function equal(noun: string, wanted: string, of: (identity: Identity) => string | null): WhoTest {
  const why = `the rule is for ${noun} ${wanted}`;
  return (identity) => (of(identity) === wanted ? null : why);
}

function network(text: string): WhoTest {
  // a network that cannot be read holds nobody
  const holds = networkTest(text) ?? (() => false);
  return ({ address = "" }) => {
    const plain = unmapped(address);
    if (isIP(plain) === 0) return `the rule is for ${text}, and the address of this client is not known`;
    return holds(plain) ? null : `the rule is for ${text}, and this client comes from ${plain}`;
  };
}

const OF = { username: "user name", clientId: "client id", listener: "listener" } as const;

function pattern({ of, pattern: source }: Who & { readonly kind: "pattern" }): WhoTest {
  const finds = compilePattern(source);
  return (identity) => {
    const value = identity[of] ?? null;
    if (value === null) return `the rule is for a ${OF[of]} with ${source}, and this client has none`;
    return finds(value) ? null : `the rule is for a ${OF[of]} with ${source}`;
  };
}

function firstOf(tests: readonly WhoTest[], identity: Identity): string | null {
  for (const test of tests) {
    const why = test(identity);
    if (why !== null) return why;
  }
  return null;
}

function anyOf(tests: readonly WhoTest[]): WhoTest {
  return (identity) => {
    const reasons = tests.map((test) => test(identity));
    if (reasons.includes(null)) return null;
    return reasons.length === 0 ? "the rule is for nobody" : reasons.join("; ");
  };
}
