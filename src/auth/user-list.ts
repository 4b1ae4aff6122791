import { allow, deny, ignore } from "../core/reasons.ts";
import type { Authenticator, Decision, Identity } from "../core/types.ts";

/** A user whose stored password is in memory. */
export interface ListedUser {
  /** Digest of the stored password: another one after it was changed. */
  readonly proof: string;
  matches(password: Uint8Array): boolean | Promise<boolean>;
}

/** What a list of users decides with. */
interface UserList {
  /** The authenticator's name. */
  readonly name: string;
  /** As sentences call the list: "the logins". */
  readonly place: string;
  readonly users: ReadonlyMap<string, ListedUser>;
  /** Checks a password in vain; null when a check of this list takes no time worth hiding. */
  readonly decoy: ((password: Uint8Array) => Promise<boolean>) | null;
}

/** Makes the authenticator of a list of users. It answers at once when the stored password can be compared at once. */
export function createUserList({ name, place, users, decoy }: UserList): Authenticator {
  const list: Authenticator = {
    name,

    authenticate({ clientId, username, password }) {
      if (username === null) return ignore(name, { kind: "no_credentials", sentence: "sent no user name" });
      const user = users.get(username);
      if (user === undefined) {
        return ignore(name, { kind: "unknown_user", sentence: `${username} is not in ${place}` });
      }
      if (password === null) {
        return deny(name, { kind: "wrong_password", sentence: `sent no password for user ${username}` });
      }
      const decide = (isRight: boolean): Decision<Identity> =>
        isRight
          ? allow(name, { clientId, username, superuser: false, source: name, proof: user.proof })
          : deny(name, { kind: "wrong_password", sentence: `wrong password for user ${username}` });
      const isRight = user.matches(password);
      return typeof isRight === "boolean" ? decide(isRight) : isRight.then(decide);
    },

    recheck({ username, proof }) {
      const user = username === null ? undefined : users.get(username);
      if (user === undefined) {
        return deny(name, { kind: "unknown_user", sentence: `user ${username} was removed from ${place}` });
      }
      if (user.proof !== proof) {
        return deny(name, { kind: "wrong_password", sentence: `the password of user ${username} was changed` });
      }
      return allow(name, undefined);
    },
  };
  if (decoy === null) return list;
  return {
    ...list,
    async pretend({ password }) {
      if (password !== null) await decoy(password);
    },
  };
}
