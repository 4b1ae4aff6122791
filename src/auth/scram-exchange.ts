import { randomBytes } from "node:crypto";
import { allow, deny, isAllowed } from "../core/reasons.ts";
import { createSlots } from "../core/slots.ts";
import type {
  Credentials,
  Decision,
  Exchange,
  ExchangeStep,
  Reason,
  ScramCredential,
  ScramKeys,
  ScramLogin,
} from "../core/types.ts";
import { findTampering, serverFinal, serverFirst, type ServerFirst } from "./scram.ts";
import { scramCredential } from "./scram-credential.ts";
import { readClientFinal, readClientFirst } from "./scram-message.ts";

interface DeskDeps {
  /** Finds a user by name; nothing is proven yet. */
  readonly find: (credentials: Credentials) => Decision<ScramLogin>;
  /** Keyed digest, the same for the life of the process. */
  readonly digest: (text: string) => string;
}

/** Where clients prove themselves by SCRAM-SHA-256. */
interface ScramDesk {
  /** A user name that the credentials have already must be the one of the exchange. */
  begin(credentials: Credentials): Exchange;
}

/** What was answered to a client's first message. */
interface Challenged {
  readonly challenge: ServerFirst;
  readonly username: string;
  readonly found: Decision<ScramLogin>;
  /** For a name that cannot log in this way, one that looks like any other. */
  readonly credential: ScramCredential;
}

/** The name of the method in CONNECT and AUTH, as IANA has it. */
export const SCRAM = "SCRAM-SHA-256";

/** Key computations at one time, beside those of stored hashes, and how many may wait. */
const SLOTS = 1;
const PLACES = 1000;

const NONCE_BYTES = 18;

/** Makes the desk of one login chain. */
export function createScramDesk({ find, digest }: DeskDeps): ScramDesk {
  const slots = createSlots(SLOTS, PLACES, "too many authentications are waiting");
  /** One computation for each name: who guesses at one must not make the others wait. */
  const computing = new Map<string, Promise<ScramKeys>>();

  const keysOf = ({ username, credential }: Challenged): Promise<ScramKeys> => {
    const running = computing.get(username) ?? compute(username, credential);
    computing.set(username, running);
    return running;
  };
  // nobody aborts it: when one client leaves, others may wait for the same
  const { signal } = new AbortController();
  const compute = (username: string, credential: ScramCredential): Promise<ScramKeys> =>
    slots.run(credential.keys, signal).finally(() => computing.delete(username));

  return {
    begin(credentials) {
      let wasInvited = false;
      let challenged: Challenged | null = null;

      const open = (data: Uint8Array): ExchangeStep => {
        const first = readClientFirst(data);
        if (first.kind !== "client-first") return deny(SCRAM, first);
        const { username, authzid } = first;
        const conflict = findConflict(username, authzid, credentials.username);
        if (conflict !== null) return deny(SCRAM, conflict);
        const found = find({ ...credentials, username });
        const credential = isAllowed(found) ? found.value.credential : scramCredential(username, username, digest);
        const challenge = serverFirst(first, randomBytes(NONCE_BYTES).toString("base64"), credential);
        challenged = { challenge, username, found, credential };
        return { verdict: "continue", data: Buffer.from(challenge.message) };
      };

      const finish = async (data: Uint8Array, state: Challenged): Promise<ExchangeStep> => {
        const final = readClientFinal(data);
        if (final.kind !== "client-final") return deny(SCRAM, final);
        const tampering = findTampering(state.challenge, final);
        if (tampering !== null) return deny(SCRAM, tampering);
        const signature = serverFinal(state.challenge, final, await keysOf(state));
        const { found, username } = state;
        // only now: whoever asks for a name that cannot log in gets the same answer, as late
        if (!isAllowed(found)) return deny(found.by, found.reason);
        if (signature === null) return deny(found.by, wrongPassword(username));
        return allow(found.by, { identity: found.value.identity, data: Buffer.from(signature) });
      };

      return {
        answer(data) {
          if (challenged !== null) return finish(data ?? NOTHING, challenged);
          // a client may leave its first message for the first AUTH; it is invited to send it (RFC 4422, 5.1)
          if (data === null && !wasInvited) {
            wasInvited = true;
            return { verdict: "continue", data: NOTHING };
          }
          return open(data ?? NOTHING);
        },
      };
    },
  };
}

const NOTHING = Buffer.alloc(0);

/** Why a client cannot be who it says it is, before it proves anything. */
function findConflict(username: string, authzid: string | null, expected: string | null): Reason | null {
  if (authzid !== null && authzid !== username) {
    return { kind: "not_allowed", sentence: `authenticates as ${username} and wants to act as ${authzid}` };
  }
  if (expected !== null && expected !== username) {
    return { kind: "not_allowed", sentence: `authenticates as ${username} and calls itself ${expected}` };
  }
  return null;
}

function wrongPassword(username: string): Reason {
  return { kind: "wrong_password", sentence: `wrong password for user ${username}` };
}
