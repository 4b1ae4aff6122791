import { allow, deny, ignore } from "../../core/reasons.ts";
import type { Authenticator, Credentials, Decision, Identity, Reason } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { decoyFor } from "../decoy.ts";
import { encodedHash, HASH_ALGORITHMS, matchPassword, parseHashAlgorithm } from "../hash-algorithm.ts";
import type { PlaceholderName } from "../placeholders.ts";
import type { RowRules } from "./acl-rows.ts";
import type { Row } from "./row.ts";
import { isRowOf, isSuperuserRow, storedPassword } from "./user-row.ts";

/** What a kind of database finds for a client. Everything throws BackendError when there is no answer. */
interface DatabaseLogin {
  /** The type of the stage. */
  readonly name: string;
  /** As EMQ writes it: "sha256", "salt,sha256", "bcrypt", "pbkdf2,sha256,1000,20". */
  readonly passwordHash: string;
  readonly context: BackendContext;
  /** The row with the password; null: it has no such user. */
  readonly user: (credentials: Credentials, signal: AbortSignal) => Promise<Row | null>;
  /** The row that says whether a user is a superuser, where that of the password does not. */
  readonly superuser: (credentials: Credentials, signal: AbortSignal) => Promise<Row | null>;
  /** null: the database has no rules. */
  readonly rules: ((identity: Identity, signal: AbortSignal) => Promise<RowRules>) | null;
  readonly close: () => Promise<void>;
}

/** What can stand for a client in questions about its password, and in those about its rules. */
export const LOGIN_NAMES: readonly PlaceholderName[] = [
  "username",
  "clientid",
  "peerhost",
  "cert_common_name",
  "cert_subject",
];
export const RULE_NAMES: readonly PlaceholderName[] = ["username", "clientid", "peerhost"];

/** Faulty rows that are named in the log; the same ones come with every login. */
const MAX_FAULTS = 100;

/**
 * Makes the authenticator of users in a database, whichever kind it is.
 * @throws Error when the settings cannot be used.
 */
export function createDatabaseLogin(input: DatabaseLogin): Authenticator {
  const { name, passwordHash, context, rules: findRules } = input;
  const algorithm = parseHashAlgorithm(passwordHash);
  if (algorithm === null) {
    throw new Error(`${name}: password_hash: "${passwordHash}" is not one of ${HASH_ALGORITHMS}`);
  }
  const named = new Set<string>();
  /** Takes as long as a password of this database; null until one was seen, and where it takes no time. */
  let decoy: string | null = null;

  const authenticate = async (credentials: Credentials, signal: AbortSignal): Promise<Decision<Identity>> => {
    const { clientId, username, password } = credentials;
    if (username === null) return ignore(name, says("no_credentials", "sent no user name"));
    const row = await input.user(credentials, signal);
    if (row === null || !isRowOf(row, credentials)) {
      return ignore(name, says("unknown_user", `${username} is not in the database`));
    }
    const stored = storedPassword(row);
    if (stored === null) return deny(name, says("wrong_password", `user ${username} has no password in the database`));
    if (password === null) return deny(name, says("wrong_password", `sent no password for user ${username}`));
    const encoded = encodedHash(algorithm, stored);
    decoy ??= encoded === null ? null : decoyFor([encoded]);
    const match = await matchPassword(algorithm, stored, password, context.verify);
    if (match === "unusable") return deny(name, unusable(username, passwordHash));
    if (match === "wrong") return deny(name, says("wrong_password", `wrong password for user ${username}`));
    let superuser = isMarked(row);
    if (!superuser) {
      const marked = await input.superuser(credentials, signal);
      superuser = marked !== null && isSuperuserRow(marked);
    }
    const proof = context.digest(JSON.stringify([username, stored.hash, stored.salt]));
    return allow(name, { clientId, username, superuser, source: name, proof });
  };

  const login: Authenticator = {
    name,
    authenticate,
    async pretend({ password }) {
      if (decoy !== null && password !== null) await context.verify(decoy, password);
    },
    close: input.close,
  };
  if (findRules === null) return login;
  return {
    ...login,
    async rights(identity, signal) {
      const { rules, faults } = await findRules(identity, signal);
      const { clientId, username } = identity;
      for (const fault of faults) {
        if (named.has(fault) || named.size >= MAX_FAULTS) continue;
        named.add(fault);
        context.log.warn(
          { clientId, username },
          `The rules of ${name} for the client ${clientId}: ${fault}. The other rules count. Correct this one.`,
        );
      }
      return rules;
    },
  };
}

function isMarked(row: Row): boolean {
  return Object.hasOwn(row, "is_superuser") && isSuperuserRow(row);
}

function unusable(username: string, passwordHash: string): Reason {
  return {
    kind: "wrong_password",
    sentence: `what the database has for user ${username} is no password of the kind ${passwordHash}`,
    hint: "Store the password of this user as password_hash says, or correct password_hash.",
  };
}

function says(kind: Reason["kind"], sentence: string): Reason {
  return { kind, sentence };
}
