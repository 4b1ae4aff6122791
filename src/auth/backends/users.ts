import { messageOf } from "../../core/errors.ts";
import { allow, deny } from "../../core/reasons.ts";
import type { Authenticator, Credentials, Decision, Deny, Identity } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { decoyFor } from "../decoy.ts";
import { defineBackend } from "../define-backend.ts";
import { createPlainComparer } from "../plain-password.ts";
import { createUserList, type ListedUser } from "../user-list.ts";
import { compileUser, mayUse } from "../users/compile.ts";
import { USERS_SCHEMA, type UsersSettings, type WrittenUser } from "../users/settings.ts";
import { nameIn } from "./certificate.ts";

const NAME = "users";

interface Compiled {
  readonly written: WrittenUser;
  readonly user: ListedUser;
}

/**
 * Users with roles and permissions, who log in by password or by the certificate that the listener has checked: both on
 * the same listener, where it asks for certificates and does without.
 */
export const users = defineBackend<UsersSettings>({
  type: NAME,
  schema: USERS_SCHEMA,
  create(settings, context) {
    const every = compileAll(settings, context);
    const naming = settings.peer_cert_as_username === "dn" ? "subject" : "common-name";
    const list = passwordList(every, context);

    const byCertificate = ({ clientId, username, certificate }: Credentials): Decision<Identity> | null => {
      const name = certificate === null ? null : nameIn(certificate, naming);
      const found = name === null ? undefined : every.get(name);
      if (found === undefined || !mayUse(found.written, "certificate")) return null;
      // one who calls itself otherwise has to prove that it is so
      if (username !== null && username !== name) return null;
      const { proof, brings } = found.user;
      return allow(NAME, { clientId, username: name, superuser: false, source: NAME, proof, ...brings });
    };

    return {
      ...list,

      authenticate(credentials, signal) {
        const { username } = credentials;
        const proven = byCertificate(credentials);
        if (proven !== null) return proven;
        const found = username === null ? undefined : every.get(username);
        if (found === undefined || mayUse(found.written, "password")) return list.authenticate(credentials, signal);
        const needed = certificateNeeded(found.written);
        // as late as a wrong password
        return list.pretend === undefined ? needed : list.pretend(credentials).then(() => needed);
      },

      recheck({ username, proof }) {
        const found = username === null ? undefined : every.get(username);
        if (found === undefined) {
          return deny(NAME, { kind: "unknown_user", sentence: `user ${username} was removed from the users` });
        }
        if (found.user.proof !== proof) {
          return deny(NAME, { kind: "wrong_password", sentence: `the entry of user ${username} was changed` });
        }
        return allow(NAME, undefined);
      },
    };
  },
});

/** @throws Error that names the place of what is wrong: "users/users/3 has no password". */
function compileAll({ users, roles = [] }: UsersSettings, context: BackendContext): ReadonlyMap<string, Compiled> {
  const deps = { ...context, roles, comparePlain: createPlainComparer() };
  const every = new Map<string, Compiled>();
  for (const [index, written] of users.entries()) {
    const place = `${NAME}/users/${index}`;
    if (every.has(written.username)) throw new Error(`${place} has the name of another user`);
    try {
      every.set(written.username, { written, user: compileUser(written, deps) });
    } catch (error) {
      throw new Error(`${place} has ${messageOf(error)}`, { cause: error });
    }
  }
  return every;
}

/** Those who log in by password. */
function passwordList(every: ReadonlyMap<string, Compiled>, { verify }: BackendContext): Authenticator {
  const chosen = [...every.values()].filter(({ written }) => mayUse(written, "password"));
  const decoy = decoyFor(chosen.flatMap(({ written: { password_hash: hash } }) => hash ?? []));
  return createUserList({
    name: NAME,
    place: "the users",
    users: new Map(chosen.map(({ written, user }) => [written.username, user])),
    decoy: decoy === null ? null : (password) => verify(decoy, password),
  });
}

function certificateNeeded({ username }: WrittenUser): Deny {
  return deny(NAME, {
    kind: "cert_missing",
    sentence: `user ${username} logs in by its certificate only`,
    hint: "Give the device a certificate in this name, and let it connect to a listener that asks for one.",
  });
}
