import { IMPORTED } from "../core/imported.ts";
import { isAllowed } from "../core/reasons.ts";
import type { Credentials, LoginChain } from "../core/types.ts";
import { nameIn } from "./backends/certificate.ts";

/**
 * Makes one chain of that of the whole broker and those that listeners have of their own: what counts is where a client
 * came in.
 */
export function createListenerChains(general: LoginChain, own: ReadonlyMap<string, LoginChain>): LoginChain {
  if (own.size === 0) return general;
  const chainOf = ({ listener }: { readonly listener?: string }): LoginChain =>
    (listener === undefined ? undefined : own.get(listener)) ?? general;
  return {
    name: general.name,
    authenticate: (credentials, signal) => chainOf(credentials).authenticate(credentials, signal),
    // who is not asked for a login comes in by no listener that has logins of its own
    bars: (who) => general.bars(who),
    recheck: (identity) => chainOf(identity).recheck(identity),
    mayReturn(identity) {
      const asked = chainOf(identity).mayReturn(identity);
      if (identity.source !== IMPORTED || isAllowed(asked)) return asked;
      // by which listener it will come is not known
      return [...own.values()].map((chain) => chain.mayReturn(identity)).find(isAllowed) ?? asked;
    },
    exchange: (method, credentials) => chainOf(credentials).exchange(method, credentials),
    renew: (identity, signal) => chainOf(identity).renew?.(identity, signal) ?? null,
  };
}

/**
 * Puts the name of the certificate in the place of what CONNECT says before anybody is asked, so that whoever is
 * reserved, disabled or without a fit name is kept out by that name.
 */
export function namedByCertificate(chain: LoginChain, naming: "common-name" | "subject"): LoginChain {
  const named = (credentials: Credentials): Credentials => ({
    ...credentials,
    username: credentials.certificate === null ? null : nameIn(credentials.certificate, naming),
    password: null,
  });
  return {
    ...chain,
    authenticate: (credentials, signal) => chain.authenticate(named(credentials), signal),
    // there is no password to prove
    exchange: () => null,
  };
}
