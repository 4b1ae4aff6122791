import type { BackendContext } from "../backend.ts";
import { decoyFor } from "../decoy.ts";
import { defineBackend } from "../define-backend.ts";
import { createPlainComparer, type PlainComparer } from "../plain-password.ts";
import { scramCredential } from "../scram-credential.ts";
import { createUserList, type ListedUser } from "../user-list.ts";

interface Settings {
  /** Of two entries with one name the last counts, as in the official add-on. */
  readonly logins: readonly Login[];
}

interface Login {
  readonly username: string;
  readonly password: string;
  /** The password is a hash that `parsePasswordHash` knows. */
  readonly preHashed: boolean;
}

/** Users listed in the options. */
export const logins = defineBackend<Settings>({
  type: "logins",
  schema: {
    type: "object",
    required: ["logins"],
    additionalProperties: false,
    properties: {
      logins: {
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
      },
    },
  },
  create({ logins }, context) {
    const comparePlain = createPlainComparer();
    const decoy = decoyFor(logins.filter(({ preHashed }) => preHashed).map(({ password }) => password));
    return createUserList({
      name: "logins",
      place: "the logins",
      users: new Map(logins.map((login) => [login.username, listedUser(login, context, comparePlain)])),
      decoy: decoy === null ? null : (password) => context.verify(decoy, password),
    });
  },
});

function listedUser(
  { username, password, preHashed }: Login,
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
