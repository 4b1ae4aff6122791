import { allow, deny, ignore } from "../core/reasons.ts";
import type { Authenticator, Credentials, Decision, Identity, Reason, ScramCredential } from "../core/types.ts";

/** A user whose stored password is in memory. */
export interface ListedUser {
  /** Digest of the stored password: another one after it was changed. */
  readonly proof: string;
  matches(password: Uint8Array): boolean | Promise<boolean>;
  /** null: its password is stored as a hash, of which SCRAM cannot compute anything. */
  readonly scram: ScramCredential | null;
  /** What it may do beyond logging in. Missing: what rules elsewhere allow. */
  readonly brings?: Pick<Identity, "rules" | "prefix">;
}

/** What a list of users decides with. */
interface UserList {
  /** The authenticator's name. */
  readonly name: string;
  /** As sentences call the list: "the logins". */
  readonly place: string;
  readonly users: Pick<ReadonlyMap<string, ListedUser>, "get">;
  /** Checks a password in vain; null when a check of this list takes no time worth hiding. */
  readonly decoy: ((password: Uint8Array) => Promise<boolean>) | null;
}

/** Makes the authenticator of a list of users. It answers at once when the stored password can be compared at once. */
export function createUserList({ name, place, users, decoy }: UserList): Authenticator {
  const identityOf = ({ clientId, username }: Credentials, { proof, brings }: ListedUser): Identity => {
    return { clientId, username, superuser: false, source: name, proof, ...brings };
  };
  const list: Authenticator = {
    name,

    authenticate(credentials) {
      const { username, password } = credentials;
      if (username === null) return ignore(name, { kind: "no_credentials", sentence: "sent no user name" });
      const user = users.get(username);
      if (user === undefined) {
        return ignore(name, { kind: "unknown_user", sentence: `${username} is not in ${place}` });
      }
      if (password === null) {
        return deny(name, { kind: "wrong_password", sentence: `sent no password for user ${username}` });
      }
      const decide = (isRight: boolean): Decision<Identity> =>
        // the stored password may have changed while it was checked
        isRight && users.get(username)?.proof === user.proof
          ? allow(name, identityOf(credentials, user))
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

    brings(username) {
      const user = users.get(username);
      return user === undefined ? null : (user.brings ?? {});
    },

    scram(credentials) {
      const { username } = credentials;
      const user = username === null ? undefined : users.get(username);
      if (user === undefined) {
        return ignore(name, { kind: "unknown_user", sentence: `${username} is not in ${place}` });
      }
      if (user.scram === null) return deny(name, storedAsHash(username));
      return allow(name, { identity: identityOf(credentials, user), credential: user.scram });
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

function storedAsHash(username: string | null): Reason {
  return {
    kind: "not_allowed",
    sentence: `the password of user ${username} is stored as a hash, which SCRAM-SHA-256 cannot be checked against`,
    hint: "Let the device log in with name and password, or write the password in plain text in the options.",
  };
}
