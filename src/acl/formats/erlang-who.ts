import { closest } from "../../core/suggest.ts";
import type { Who } from "../../core/types.ts";
import { compilePattern } from "../pattern/pattern.ts";
import { PatternError } from "../pattern/syntax.ts";
import { networkFault } from "../../core/network.ts";
import { ErlangFault } from "./erlang-lexer.ts";
import type { ErlangTerm } from "./erlang-terms.ts";

const SHAPE = 'Write all, {user, "meter"}, {clientid, "m1"} or {ipaddr, "10.0.0.0/8"}, for example.';

/** Reads whom a rule is for. */
export function whoOf(term: ErlangTerm): Who {
  if (term.kind === "atom" && term.text === "all") return { kind: "everyone" };
  const [word, value, ...more] = term.kind === "tuple" ? term.items : [];
  if (word?.kind !== "atom" || value === undefined)
    throw new ErlangFault("it is not clear whom this rule is for.", SHAPE, term);
  if (more.length > 0) throw tooMany(word, term);
  switch (word.text) {
    case "user":
    case "username":
      return named(value, "username", (name) => ({ kind: "user", name }));
    case "client":
    case "clientid":
      return named(value, "clientId", (id) => ({ kind: "client", id }));
    case "listener":
      return named(value, "listener", (name) => ({ kind: "listener", name }));
    case "ipaddr":
      return networkOf(value);
    case "ipaddrs":
      return { kind: "any-of", who: listOf(value).map(networkOf) };
    case "and":
      return { kind: "all-of", who: listOf(value).map(whoOf) };
    case "or":
      return { kind: "any-of", who: listOf(value).map(whoOf) };
    case "security_profile":
      return profileOf(value);
    default:
      throw unknown(word, word.text);
  }
}

const WORDS = ["user", "username", "client", "clientid", "listener", "ipaddr", "ipaddrs", "and", "or"];

function unknown(term: ErlangTerm, word: string): ErlangFault {
  if (word === "zone" || word === "client_attr") {
    const fix = "Name users, client ids, addresses or listeners instead.";
    return new ErlangFault(`a rule cannot be for a ${word}: there is none here.`, fix, term);
  }
  const meant = closest(word, WORDS);
  const fix = meant === null ? SHAPE : `Did you mean "${meant}"? (${WORDS.join(", ")})`;
  return new ErlangFault(`"${word}" is not known.`, fix, term);
}

function tooMany(word: ErlangTerm & { readonly kind: "atom" }, term: ErlangTerm): ErlangFault {
  return word.text === "client_attr"
    ? unknown(term, word.text)
    : new ErlangFault(`"${word.text}" has too many parts.`, SHAPE, term);
}

/** A text, {re, Pattern}, or all: even clients without that name. */
function named(term: ErlangTerm, of: "username" | "clientId" | "listener", exactly: (text: string) => Who): Who {
  if (term.kind === "string") return exactly(term.text);
  if (term.kind === "atom" && term.text === "all") return { kind: "everyone" };
  const [word, pattern] = term.kind === "tuple" && term.items.length === 2 ? term.items : [];
  if (word?.kind !== "atom" || word.text !== "re" || pattern?.kind !== "string") {
    throw new ErlangFault("a name is missing here.", 'Write it in quotes, or {re, "^plug-"} for a pattern.', term);
  }
  try {
    compilePattern(pattern.text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new ErlangFault(
      `the pattern "${pattern.text}" cannot be used: ${error.message}.`,
      "Write it in another way, or name the clients one by one.",
      pattern,
    );
  }
  return { kind: "pattern", of, pattern: pattern.text };
}

function networkOf(term: ErlangTerm): Who {
  const fix = 'Write an address such as "127.0.0.1", or a network such as "10.0.0.0/8".';
  if (term.kind !== "string") throw new ErlangFault("an address is missing here.", fix, term);
  const fault = networkFault(term.text);
  if (fault !== null) throw new ErlangFault(`"${term.text}" cannot be used: ${fault}.`, fix, term);
  return { kind: "network", network: term.text };
}

function listOf(term: ErlangTerm): readonly ErlangTerm[] {
  if (term.kind === "list") return term.items;
  throw new ErlangFault("a list is missing here.", "Write it in square brackets.", term);
}

/** EMQX 6 asks which of its profiles is in use; this broker is closed where that one is "hardened". */
function profileOf(term: ErlangTerm): Who {
  if (term.kind === "atom" && (term.text === "hardened" || term.text === "legacy")) {
    return term.text === "hardened" ? { kind: "everyone" } : { kind: "any-of", who: [] };
  }
  throw new ErlangFault("security_profile is hardened or legacy.", "Write one of them.", term);
}
