import { findApiKey, type ApiKey } from "../auth/api-keys.ts";
import type { RecordEvent } from "../core/events.ts";
import type { Sender } from "../core/publishing.ts";
import { utf8Text } from "../core/text.ts";
import type { Credentials, Identity, Reason } from "../core/types.ts";
import type { Snapshot } from "../snapshot/types.ts";
import { createAttempts } from "./attempts.ts";
import type { Refusal } from "./types.ts";

/** What the login chain says of somebody. */
export type Login = (
  credentials: Credentials,
) => Promise<
  { readonly verdict: "allow"; readonly identity: Identity } | { readonly verdict: "deny"; readonly reason: Reason }
>;

export interface CallerDeps {
  readonly login: Login;
  readonly current: () => Snapshot;
  readonly record: RecordEvent;
  readonly now: () => number;
}

/** One request, as far as it matters who sends it. */
export interface Call {
  readonly authorization: string | undefined;
  readonly address: string;
  /** Name of the place where it came in: "http 8080". */
  readonly listener: string;
}

export interface Caller {
  readonly sender: Sender;
  /** The only topics it publishes to; empty: all that the rules allow. */
  readonly filters: readonly string[];
}

/** Finds out who calls. */
export interface Callers {
  /** Why a call is not worth reading; null: it is. */
  refusal(call: Call): Refusal | null;
  identify(call: Call, clientId: string): Promise<Caller | Refusal>;
}

/** A name and a password, or the id of a key and its secret. */
interface Presented {
  readonly name: string;
  readonly password: Buffer;
  /** No: it can only be a key. */
  readonly isBasic: boolean;
}

const KEY_SOURCE = "api-keys";

/** Makes the part that asks for logins and keys. */
export function createCallers({ login, current, record, now }: CallerDeps): Callers {
  const attempts = createAttempts(now);

  const byKey = (key: ApiKey, { address, listener }: Call): Caller | null => {
    const { id: clientId, username, filters } = key;
    if (current().logins.bars({ clientId, username }) !== null) return null;
    const identity = {
      clientId,
      username,
      superuser: false,
      source: KEY_SOURCE,
      proof: null,
      listener,
      address,
      rules: null,
    };
    return { sender: { identity, client: { clientId, username, address, listener } }, filters };
  };

  return {
    refusal({ authorization, address }) {
      const waitS = attempts.waitS(address);
      if (waitS > 0) return { kind: "too many failures", waitS };
      return presentedBy(authorization) === null ? { kind: "login" } : null;
    },
    async identify(call, clientId) {
      const presented = presentedBy(call.authorization);
      if (presented === null) return { kind: "login" };
      const { address, listener } = call;
      const { name, password, isBasic } = presented;
      const end = await attempts.begin(address);
      if (typeof end === "number") return { kind: "too many failures", waitS: end };
      let hasFailed = false;
      const fail = (reason: Reason, username: string): Refusal => {
        hasFailed = true;
        record({ kind: "refused", client: { clientId, username, address, listener }, reason });
        return { kind: "login" };
      };
      try {
        const key = findApiKey(current().http?.keys?.value ?? [], name, password.toString("latin1"));
        if (key !== null) return byKey(key, call) ?? fail(BARRED, key.username);
        if (!isBasic) return fail(WRONG_KEY, name);
        const answer = await login({ clientId, username: name, password, certificate: null, listener, address });
        if (answer.verdict === "allow") {
          const { identity } = answer;
          return {
            sender: { identity, client: { clientId, username: identity.username, address, listener } },
            filters: [],
          };
        }
        if (answer.reason.kind === "auth_unavailable") return { kind: "unavailable", sentence: answer.reason.sentence };
        return fail(answer.reason, name);
      } finally {
        end(hasFailed);
      }
    },
  };
}

const BARRED: Reason = { kind: "not_allowed", sentence: "the user of this API key is disabled" };
const WRONG_KEY: Reason = { kind: "wrong_password", sentence: "no API key has this id and secret" };

/** `Basic <base64 of name:password>` or `Bearer <id>:<secret>`; null: neither. */
function presentedBy(authorization: string | undefined): Presented | null {
  const [, scheme = "", rest = ""] = /^(basic|bearer) +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (scheme === "") return null;
  const isBasic = scheme.toLowerCase() === "basic";
  const bytes = Buffer.from(rest, isBasic ? "base64" : "latin1");
  const colon = bytes.indexOf(0x3a);
  const name = colon === -1 ? null : utf8Text(bytes.subarray(0, colon));
  return name === null ? null : { name, password: bytes.subarray(colon + 1), isBasic };
}
