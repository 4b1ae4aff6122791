import { parsePasswordHash } from "../../core/password-hash.ts";
import { topicFault } from "../../core/topic.ts";
import type { BackendContext } from "../backend.ts";
import type { PlainComparer } from "../plain-password.ts";
import { scramCredential } from "../scram-credential.ts";
import type { ListedUser } from "../user-list.ts";
import { type Role, rulesOf } from "./permissions.ts";
import type { WrittenUser } from "./settings.ts";

interface CompileDeps extends Pick<BackendContext, "digest" | "verify"> {
  readonly roles: readonly Role[];
  readonly comparePlain: PlainComparer;
}

/**
 * Makes a user that can be asked of one that is written.
 * @throws Error with what is wrong; no name and no password is in it.
 */
export function compileUser(user: WrittenUser, { roles, comparePlain, digest, verify }: CompileDeps): ListedUser {
  const { username, password, password_hash: hash, publish_prefix: prefix = null } = user;
  if (hash !== undefined && parsePasswordHash(hash) === null) throw new Error("a password_hash of no known kind");
  if (mayUse(user, "password") && password === undefined && hash === undefined) throw new Error("no password");
  if (prefix !== null && (topicFault(prefix) !== null || prefix.startsWith("$"))) {
    throw new Error("a publish_prefix that no topic can begin with");
  }
  const rules = rulesOf(user, roles);
  return {
    // with all that it brings: who logged in before has the rights of then
    proof: digest(JSON.stringify([username, password, hash, rules, prefix, user.grants])),
    matches: hash === undefined ? comparePlain(password ?? "") : (sent) => verify(hash, sent),
    scram: password === undefined ? null : scramCredential(username, password, digest),
    brings: { rules, prefix },
  };
}

/** Whether a user may log in in a way. */
export function mayUse({ grants = ["password"] }: WrittenUser, grant: "password" | "certificate"): boolean {
  return grants.includes(grant);
}
