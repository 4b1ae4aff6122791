import type { Authenticator } from "../core/types.ts";
import type { BackendContext } from "./backend.ts";
import { decoyFor } from "./decoy.ts";
import { createPlainComparer, type PlainComparer } from "./plain-password.ts";
import { scramCredential } from "./scram-credential.ts";
import { createUserList, type ListedUser } from "./user-list.ts";

/** A user with a password in a file of the owner's. */
export interface StoredLogin {
  readonly username: string;
  readonly password: string;
  /** The password is a hash that `parsePasswordHash` knows. */
  readonly preHashed: boolean;
}

/** The schema of a list of them. */
export const STORED_LOGINS = {
  type: "array",
  items: {
    type: "object",
    required: ["username", "password", "preHashed"],
    additionalProperties: false,
    properties: {
      username: { type: "string" },
      password: { type: "string" },
      preHashed: { type: "boolean" },
    },
  },
} as const;

/** Makes the authenticator of a list; `place` is what sentences call it. Of two users with one name the last counts. */
export function createStoredLogins(
  { name, place, logins }: { readonly name: string; readonly place: string; readonly logins: readonly StoredLogin[] },
  context: BackendContext,
): Authenticator {
  const comparePlain = createPlainComparer();
  const decoy = decoyFor(logins.filter(({ preHashed }) => preHashed).map(({ password }) => password));
  return createUserList({
    name,
    place,
    users: new Map(logins.map((login) => [login.username, listedUser(login, context, comparePlain)])),
    decoy: decoy === null ? null : (password) => context.verify(decoy, password),
  });
}

function listedUser(
  { username, password, preHashed }: StoredLogin,
  { digest, verify }: BackendContext,
  comparePlain: PlainComparer,
): ListedUser {
  return {
    // with the name in it, so that equal passwords do not show
    proof: digest(JSON.stringify([username, password, preHashed])),
    matches: preHashed ? (sent) => verify(password, sent) : comparePlain(password),
    // an empty password lets nobody in by whatever way
    scram: preHashed || password === "" ? null : scramCredential(username, password, digest),
  };
}
