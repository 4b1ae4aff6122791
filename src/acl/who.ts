import { BlockList, isIP } from "node:net";
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

/** Says why a text is neither an address nor a network, as the end of a sentence; null when it is one. */
export function networkFault(text: string): string | null {
  return subnetOf(text) === null ? "it is no address, and no network such as 10.0.0.0/8" : null;
}

function equal(noun: string, wanted: string, of: (identity: Identity) => string | null): WhoTest {
  const why = `the rule is for ${noun} ${wanted}`;
  return (identity) => (of(identity) === wanted ? null : why);
}

function network(text: string): WhoTest {
  const subnet = subnetOf(text);
  const list = new BlockList();
  // a network that cannot be read holds nobody
  if (subnet !== null) list.addSubnet(subnet.address, subnet.prefix, subnet.family);
  return ({ address }) => {
    const plain = address === undefined ? "" : unmapped(address);
    const family = familyOf(plain);
    if (family === null) return `the rule is for ${text}, and the address of this client is not known`;
    return list.check(plain, family) ? null : `the rule is for ${text}, and this client comes from ${plain}`;
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

interface Subnet {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Reads "10.0.0.1", "10.0.0.0/8", "::1" and "fd00::/8"; null for anything else. */
function subnetOf(text: string): Subnet | null {
  const [written = "", bits, ...more] = text.split("/");
  const address = unmapped(written);
  const family = familyOf(address);
  if (family === null || more.length > 0) return null;
  const most = family === "ipv4" ? 32 : 128;
  if (bits === undefined) return { address, prefix: most, family };
  // what is written in IPv6 counts its bits in IPv6
  const prefix = Number(bits) - (address === written ? 0 : 96);
  return /^\d{1,3}$/.test(bits) && prefix >= 0 && prefix <= most ? { address, prefix, family } : null;
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}

/** An IPv4 address that a socket for both versions shows as IPv6. */
function unmapped(address: string): string {
  return /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.groups?.["v4"] ?? address;
}
